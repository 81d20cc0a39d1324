package sqs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

type queueNameRequest struct {
	QueueName              string
	QueueOwnerAWSAccountId string
}

func (s *Service) queueURL(_ context.Context, c *call, req *queueNameRequest) (any, error) {
	if req.QueueName == "" {
		return nil, missing("QueueName")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.queues[req.QueueName]
	if !ok || req.QueueOwnerAWSAccountId != "" && req.QueueOwnerAWSAccountId != account {
		return nil, noQueue()
	}
	return queueURLAnswer{c.url(req.QueueName)}, nil
}

type attributesRequest struct {
	QueueUrl       string
	AttributeNames []string
	Attributes     map[string]string
}

type attributesAnswer struct {
	Attributes map[string]string `json:",omitempty"`
}

func (s *Service) queueAttributes(_ context.Context, c *call, req *attributesRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := s.settle(q); err != nil {
		return nil, err
	}
	all := s.describe(q, c.region)
	if slices.Contains(req.AttributeNames, "All") {
		return attributesAnswer{all}, nil
	}
	picked := map[string]string{}
	for _, name := range req.AttributeNames {
		if !knownAttribute(name) {
			return nil, modelFault("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
		if value, ok := all[name]; ok {
			picked[name] = value
		}
	}
	return attributesAnswer{picked}, nil
}

// knownAttribute covers those which a queue may lack as well.
func knownAttribute(name string) bool {
	_, numeric := bounds()[name]
	return numeric || slices.Contains([]string{
		"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
		"SqsManagedSseEnabled", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit",
		"QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOfMessages",
		"ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
	}, name)
}

func (s *Service) describe(q *queue, region string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]string{"SqsManagedSseEnabled": "true"}
	for name, b := range bounds() {
		all[name] = strconv.Itoa(b.preset)
	}
	maps.Copy(all, q.record.Attributes)
	all["QueueArn"] = arnOf(region, q.name)
	all["CreatedTimestamp"] = strconv.FormatInt(q.record.Created, 10)
	all["LastModifiedTimestamp"] = strconv.FormatInt(q.record.Modified, 10)
	all["ApproximateNumberOfMessages"] = strconv.Itoa(q.counts[ready])
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(q.counts[inFlight])
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(q.counts[delayed])
	return all
}

func (s *Service) setQueueAttributes(_ context.Context, _ *call, req *attributesRequest) (any, error) {
	if len(req.Attributes) == 0 {
		return nil, missing("Attributes")
	}
	return s.edit(req.QueueUrl, func(rec *queueRecord, now time.Time) error {
		merged, err := mergeAttributes(rec.Attributes, req.Attributes)
		if err != nil {
			return err
		}
		rec.Attributes, rec.Modified = merged, now.Unix()
		if _, ok := req.Attributes["RedrivePolicy"]; ok {
			return s.verifyRedrive(*rec)
		}
		return nil
	})
}

func (s *Service) verifyRedrive(rec queueRecord) error {
	set, err := parseSettings(rec.Attributes)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checkDeadLetters(rec.Name, set)
}

// edit changes the stored description of a queue.
func (s *Service) edit(address string, update func(rec *queueRecord, now time.Time) error) (any, error) {
	q, err := s.lookup(address)
	if err != nil {
		return nil, err
	}
	now := s.now()
	err = s.journal.commit(func(tx *bbolt.Tx) error {
		if top(tx, bodyBucket).Bucket(key(q.id)) == nil {
			return errGone
		}
		return s.rewrite(tx, q, now, update)
	})
	return empty{}, err
}

// rewrite reads the description from the transaction, so that two edits in one
// batch both count.
func (s *Service) rewrite(tx *bbolt.Tx, q *queue, now time.Time, update func(*queueRecord, time.Time) error) error {
	var rec queueRecord
	if err := readJSON(top(tx, queueBucket).Get([]byte(q.name)), &rec); err != nil {
		return fmt.Errorf("read queue %s: %w", q.name, err)
	}
	if err := update(&rec, now); err != nil {
		return err
	}
	set, err := parseSettings(rec.Attributes)
	if err != nil {
		return err
	}
	tx.OnCommit(func() { s.adopt(q, rec, set) })
	return putJSON(top(tx, queueBucket), []byte(q.name), rec)
}

// adopt puts a durable description into force.
func (s *Service) adopt(q *queue, rec queueRecord, set settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.record, q.settings = rec, set
	q.wake()
}

type listQueuesRequest struct {
	QueueNamePrefix string
	MaxResults      *int
	NextToken       string
}

type listQueuesAnswer struct {
	QueueUrls []string `json:",omitempty"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listQueues(_ context.Context, c *call, req *listQueuesRequest) (any, error) {
	names := s.names(func(q *queue) bool { return strings.HasPrefix(q.name, req.QueueNamePrefix) })
	page, next, err := paginate(names, req.MaxResults, req.NextToken)
	if err != nil {
		return nil, err
	}
	return listQueuesAnswer{c.urls(page), next}, nil
}

type listSourcesRequest struct {
	QueueUrl   string
	MaxResults *int
	NextToken  string
}

// listSourcesAnswer spells its list in lower case, as the model does.
type listSourcesAnswer struct {
	QueueUrls []string `json:"queueUrls"`
	NextToken string   `json:",omitempty"`
}

func (s *Service) listSources(_ context.Context, c *call, req *listSourcesRequest) (any, error) {
	target, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	names := s.names(func(q *queue) bool { return q.feeds(target.name) })
	page, next, err := paginate(names, req.MaxResults, req.NextToken)
	if err != nil {
		return nil, err
	}
	return listSourcesAnswer{c.urls(page), next}, nil
}

// feeds reports whether the queue sends its dead letters to the named one.
func (q *queue) feeds(name string) bool {
	return q.settings.redrive != nil && nameOfARN(q.settings.redrive.Target) == name
}

func (c *call) urls(names []string) []string {
	urls := make([]string, 0, len(names))
	for _, name := range names {
		urls = append(urls, c.url(name))
	}
	return urls
}

func (s *Service) names(want func(*queue) bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name, q := range s.queues {
		if want(q) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// paginate cuts a page of up to 1,000 names; the token is the last name of the
// page before. Without MaxResults there is no token, as in SQS.
func paginate(names []string, limit *int, token string) (page []string, next string, err error) {
	size := 1000
	if limit != nil {
		size = *limit
	}
	if size < 1 || size > 1000 {
		return nil, "", invalidValue("Value %d for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.", size)
	}
	start, found := slices.BinarySearch(names, token)
	if found {
		start++
	}
	page = names[start:min(start+size, len(names))]
	if limit != nil && start+size < len(names) {
		next = page[len(page)-1]
	}
	return page, next, nil
}

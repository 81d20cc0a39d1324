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

// deletePause and purgePause are how long SQS makes callers wait before a name
// can be used again and before the next purge (API reference, 2025-11).
const (
	deletePause = 60 * time.Second
	purgePause  = 60 * time.Second
)

type createQueueRequest struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

type queueURLAnswer struct{ QueueUrl string }

func (s *Service) createQueue(_ context.Context, c *call, req *createQueueRequest) (any, error) {
	if err := checkName(req.QueueName, req.Attributes); err != nil {
		return nil, err
	}
	attributes, err := mergeAttributes(nil, req.Attributes)
	if err != nil {
		return nil, err
	}
	set, err := parseSettings(attributes)
	if err != nil {
		return nil, err
	}
	if err := checkTags(req.Tags); err != nil {
		return nil, err
	}
	rec := queueRecord{Name: req.QueueName, Attributes: attributes, Tags: req.Tags}
	if err := s.register(rec, set); err != nil {
		return nil, err
	}
	return queueURLAnswer{c.url(req.QueueName)}, nil
}

func checkName(name string, attributes map[string]string) error {
	if name == "" {
		return missing("QueueName")
	}
	if strings.HasSuffix(name, ".fifo") || attributes["FifoQueue"] == "true" {
		return refuseFIFO()
	}
	if !validName(name) {
		return invalidValue("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// register creates the queue, or accepts that an equal one exists.
func (s *Service) register(rec queueRecord, set settings) error {
	now := s.now()
	rec.Created, rec.Modified = now.Unix(), now.Unix()
	return s.journal.commit(func(tx *bbolt.Tx) error {
		if data := top(tx, queueBucket).Get([]byte(rec.Name)); data != nil {
			return sameAttributes(data, rec.Attributes)
		}
		if err := s.admit(rec.Name, set, now); err != nil {
			return err
		}
		return s.insert(tx, rec, set)
	})
}

func (s *Service) admit(name string, set settings, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.deleted[name]; ok && now.Sub(at) < deletePause {
		return prefixedFault("QueueDeletedRecently",
			"You must wait 60 seconds after deleting a queue before you can create another with the same name.")
	}
	return s.checkDeadLetters(name, set)
}

// insert stores a queue and, once that is durable, opens it.
func (s *Service) insert(tx *bbolt.Tx, rec queueRecord, set settings) error {
	queues := top(tx, queueBucket)
	id, err := queues.NextSequence()
	if err != nil {
		return err
	}
	rec.ID = id
	if err := createMessages(tx, id); err != nil {
		return err
	}
	if err := putJSON(queues, []byte(rec.Name), rec); err != nil {
		return err
	}
	tx.OnCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.queues[rec.Name] = newQueue(rec, set)
		delete(s.deleted, rec.Name)
	})
	return nil
}

// sameAttributes compares what the caller stated with what holds.
func sameAttributes(stored []byte, stated map[string]string) error {
	var rec queueRecord
	if err := readJSON(stored, &rec); err != nil {
		return fmt.Errorf("read queue: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(stated)) {
		holds, ok := rec.Attributes[name]
		if b, numeric := bounds()[name]; !ok && numeric {
			holds = strconv.Itoa(b.preset)
		}
		if holds != stated[name] {
			return queueExists(name)
		}
	}
	return nil
}

// checkDeadLetters verifies the target of a redrive policy; the caller holds
// the mutex.
func (s *Service) checkDeadLetters(name string, set settings) error {
	if set.redrive == nil {
		return nil
	}
	refuse := func(reason string) error {
		return invalidValue("Value %s for parameter RedrivePolicy is invalid. Reason: %s", set.redrive.Target, reason)
	}
	target, ok := s.queues[nameOfARN(set.redrive.Target)]
	if !ok {
		return refuse("Dead letter target does not exist.")
	}
	if target.name == name {
		return refuse("Dead letter target must be another queue.")
	}
	if !target.settings.allow.admits(name) {
		return refuse("The redrive allow policy of the dead letter target does not permit this queue.")
	}
	return nil
}

type queueRequest struct{ QueueUrl string }

func (s *Service) deleteQueue(_ context.Context, _ *call, req *queueRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	err = s.journal.commit(func(tx *bbolt.Tx) error {
		if err := dropMessages(tx, q.id); err != nil {
			return err
		}
		tx.OnCommit(func() { s.forget(q) })
		return top(tx, queueBucket).Delete([]byte(q.name))
	})
	return empty{}, err
}

func (s *Service) forget(q *queue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.queues, q.name)
	s.deleted[q.name] = s.now()
	q.clear()
	q.wake()
}

func (s *Service) purgeQueue(_ context.Context, _ *call, req *queueRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	if !s.startPurge(q) {
		return nil, prefixedFault("PurgeQueueInProgress",
			"Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	err = s.journal.commit(func(tx *bbolt.Tx) error {
		if err := dropMessages(tx, q.id); err != nil {
			return err
		}
		tx.OnCommit(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			q.clear()
		})
		return createMessages(tx, q.id)
	})
	return empty{}, err
}

func (s *Service) startPurge(q *queue) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if !q.purged.IsZero() && now.Sub(q.purged) < purgePause {
		return false
	}
	q.purged = now
	return true
}

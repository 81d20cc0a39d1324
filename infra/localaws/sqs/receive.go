package sqs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxInFlight is how many messages of a queue may be in flight (SQS quotas, 2025-11).
const maxInFlight = 120_000

type receiveRequest struct {
	QueueUrl                    string
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	AttributeNames              []string
	MessageSystemAttributeNames []string
	MessageAttributeNames       []string
}

type receiveAnswer struct {
	Messages []received `json:",omitempty"`
}

type received struct {
	MessageId              string
	ReceiptHandle          string
	MD5OfBody              string
	Body                   string
	Attributes             map[string]string    `json:",omitempty"`
	MD5OfMessageAttributes string               `json:",omitempty"`
	MessageAttributes      map[string]attribute `json:",omitempty"`
}

// receiveMessage waits, when asked to, until a message is there, the time is
// over, the caller has gone or the service closes; then it answers what it has.
func (s *Service) receiveMessage(ctx context.Context, c *call, req *receiveRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	want, err := req.order(s.settingsOf(q))
	if err != nil {
		return nil, err
	}
	want.region = c.region
	over := time.NewTimer(want.wait)
	defer over.Stop()
	for {
		h, err := s.collect(q, want)
		if err != nil {
			return nil, err
		}
		if len(h.picked) > 0 {
			return req.answer(h), nil
		}
		if want.wait == 0 || !s.await(ctx, h, over.C) {
			return receiveAnswer{}, nil
		}
	}
}

// order is a checked receive request.
type order struct {
	count      int
	visibility time.Duration
	wait       time.Duration
	region     string
}

func (r *receiveRequest) order(set settings) (order, error) {
	o := order{count: 1, visibility: set.visibility, wait: set.wait}
	if n := r.MaxNumberOfMessages; n != nil {
		if *n < 1 || *n > 10 {
			return o, invalidValue("Value %d for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.", *n)
		}
		o.count = *n
	}
	if n := r.VisibilityTimeout; n != nil {
		if *n < 0 || *n > maxVisibility {
			return o, badVisibility(*n)
		}
		o.visibility = seconds(*n)
	}
	if n := r.WaitTimeSeconds; n != nil {
		if *n < 0 || *n > 20 {
			return o, invalidValue("Value %d for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.", *n)
		}
		o.wait = seconds(*n)
	}
	return o, nil
}

// await sleeps until something about the queue has changed or is due to
// change; false means that waiting is over.
func (s *Service) await(ctx context.Context, h *haul, over <-chan time.Time) bool {
	var due <-chan time.Time
	if h.next > 0 {
		// The clock may be one that stands still, so a floor keeps this from spinning.
		d := max(time.UnixMilli(h.next).Sub(s.now()), 10*time.Millisecond)
		t := time.NewTimer(d)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-h.changed:
		return ctx.Err() == nil
	case <-due:
		return true
	case <-over:
	case <-ctx.Done():
	case <-s.life.Done():
	}
	return false
}

func (r *receiveRequest) answer(h *haul) receiveAnswer {
	system := slices.Concat(r.AttributeNames, r.MessageSystemAttributeNames)
	out := receiveAnswer{Messages: make([]received, 0, len(h.picked))}
	for _, p := range h.picked {
		chosen := chooseAttributes(p.record.Attributes, r.MessageAttributeNames)
		out.Messages = append(out.Messages, received{
			MessageId:              p.record.ID,
			ReceiptHandle:          p.handle,
			MD5OfBody:              md5Text(p.record.Body),
			Body:                   p.record.Body,
			Attributes:             p.system(system),
			MessageAttributes:      chosen,
			MD5OfMessageAttributes: md5Attributes(chosen),
		})
	}
	return out
}

// chooseAttributes picks by name, by prefix ("bar.*") or all ("All", ".*").
func chooseAttributes(all map[string]attribute, wanted []string) map[string]attribute {
	chosen := map[string]attribute{}
	for name, a := range all {
		for _, w := range wanted {
			prefix, wild := strings.CutSuffix(w, ".*")
			if w == "All" || w == name || wild && (prefix == "" || strings.HasPrefix(name, prefix)) {
				chosen[name] = a
			}
		}
	}
	return chosen
}

// system returns the requested system attributes.
func (p *delivery) system(names []string) map[string]string {
	all := map[string]string{
		"SenderId":                         p.record.Sender,
		"SentTimestamp":                    strconv.FormatInt(p.state.Sent, 10),
		"ApproximateReceiveCount":          strconv.Itoa(p.state.Count),
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(p.state.First, 10),
		"AWSTraceHeader":                   p.record.Trace,
		"MessageGroupId":                   p.record.Group,
		"DeadLetterQueueSourceArn":         p.record.Source,
	}
	for name, value := range all {
		if value == "" || !slices.Contains(names, name) && !slices.Contains(names, "All") {
			delete(all, name)
		}
	}
	return all
}

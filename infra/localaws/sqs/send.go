package sqs

import (
	"context"
	"time"

	"go.etcd.io/bbolt"
)

// traceHeader is the only system attribute a sender may set.
const traceHeader = "AWSTraceHeader"

// sendEntry is one message to send; Id is used in batches only.
type sendEntry struct {
	Id                      string
	MessageBody             string
	DelaySeconds            *int
	MessageAttributes       map[string]attribute
	MessageSystemAttributes map[string]attribute
	MessageGroupId          string
	MessageDeduplicationId  string
}

type sendRequest struct {
	QueueUrl string
	sendEntry
}

type sendAnswer struct {
	Id                           string `json:",omitempty"`
	MessageId                    string
	MD5OfMessageBody             string
	MD5OfMessageAttributes       string `json:",omitempty"`
	MD5OfMessageSystemAttributes string `json:",omitempty"`
}

func (s *Service) sendMessage(_ context.Context, c *call, req *sendRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	set := s.settingsOf(q)
	if err := req.check(set); err != nil {
		return nil, err
	}
	out := []outgoing{req.outgoing(c, set)}
	if err := s.enqueue(q, out); err != nil {
		return nil, err
	}
	return req.answer(out[0].record.ID), nil
}

func (s *Service) settingsOf(q *queue) settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return q.settings
}

func (e *sendEntry) size() int {
	n := len(e.MessageBody)
	for name, a := range e.MessageAttributes {
		n += a.size(name)
	}
	return n
}

func (e *sendEntry) check(set settings) error {
	if e.MessageBody == "" {
		return missing("MessageBody")
	}
	if bad := firstInvalid(e.MessageBody); bad >= 0 {
		return invalidContents("body", bad)
	}
	if err := checkAttributes(e.MessageAttributes); err != nil {
		return err
	}
	if e.size() > set.maxSize {
		return invalidValue("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", set.maxSize)
	}
	if d := e.DelaySeconds; d != nil && (*d < 0 || *d > 900) {
		return invalidValue("Value %d for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.", *d)
	}
	if e.MessageDeduplicationId != "" {
		return invalidValue("Value %s for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.", e.MessageDeduplicationId)
	}
	if len(e.MessageGroupId) > 128 {
		return invalidValue("Value %s for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.", e.MessageGroupId)
	}
	return checkSystem(e.MessageSystemAttributes)
}

func checkSystem(attributes map[string]attribute) error {
	for name, a := range attributes {
		if name != traceHeader {
			return invalidValue("Message system attribute name '%s' is invalid.", name)
		}
		if a.DataType != "String" || a.StringValue == nil {
			return invalidValue("The message system attribute '%s' must have type String.", name)
		}
	}
	return nil
}

// outgoing is a message on its way into a queue.
type outgoing struct {
	record *record
	delay  time.Duration
}

func (e *sendEntry) outgoing(c *call, set settings) outgoing {
	out := outgoing{
		record: &record{Body: e.MessageBody, Attributes: e.MessageAttributes, Group: e.MessageGroupId, Sender: c.caller},
		delay:  set.delay,
	}
	if e.DelaySeconds != nil {
		out.delay = seconds(*e.DelaySeconds)
	}
	if a, ok := e.MessageSystemAttributes[traceHeader]; ok {
		out.record.Trace = *a.StringValue
	}
	return out
}

func (e *sendEntry) answer(id string) sendAnswer {
	return sendAnswer{
		Id:                           e.Id,
		MessageId:                    id,
		MD5OfMessageBody:             md5Text(e.MessageBody),
		MD5OfMessageAttributes:       md5Attributes(e.MessageAttributes),
		MD5OfMessageSystemAttributes: md5Attributes(e.MessageSystemAttributes),
	}
}

// enqueue gives the messages their ids, stores them and then lets them be seen.
func (s *Service) enqueue(q *queue, out []outgoing) error {
	fresh := s.number(out)
	return s.journal.commit(func(tx *bbolt.Tx) error {
		for i, m := range fresh {
			if err := putMessage(tx, q.id, m.seq, out[i].record, m.state); err != nil {
				return err
			}
		}
		tx.OnCommit(func() { s.reveal(q, fresh) })
		return nil
	})
}

func (s *Service) number(out []outgoing) []*message {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	fresh := make([]*message, 0, len(out))
	for _, o := range out {
		m := &message{seq: s.nextSequence()}
		m.Sent, m.Visible = now.UnixMilli(), now.Add(o.delay).UnixMilli()
		if o.delay > 0 {
			m.Place = delayed
		}
		o.record.ID = s.uuid("message", m.seq)
		fresh = append(fresh, m)
	}
	return fresh
}

// reveal puts stored messages into a queue and wakes those who wait for them.
func (s *Service) reveal(q *queue, fresh []*message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range fresh {
		q.add(m)
	}
	q.wake()
}

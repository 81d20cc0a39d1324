package sqs

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"
)

// errStale is met by a receipt handle that is no longer the latest, or whose
// message is gone.
var errStale = errors.New("receipt handle is stale")

// handleSize is queue, message and turn, 8 bytes each, and half a MAC.
const handleSize = 3*8 + 16

// handle makes the receipt handle of a message's latest receive.
func (s *Service) handle(queue, seq uint64, turn int) string {
	raw := binary.BigEndian.AppendUint64(nil, queue)
	raw = binary.BigEndian.AppendUint64(raw, seq)
	raw = binary.BigEndian.AppendUint64(raw, uint64(turn))
	return base64.StdEncoding.EncodeToString(append(raw, s.mac(raw)...))
}

func (s *Service) mac(raw []byte) []byte {
	h := hmac.New(sha256.New, s.salt)
	_, _ = h.Write(raw) // a hash never fails
	return h.Sum(nil)[:16]
}

// byHandle finds the message a handle was given out for. The error is errStale, or
// the refusal of a text that never was a handle of this queue.
func (s *Service) byHandle(q *queue, handle string) (*message, error) {
	if handle == "" {
		return nil, missing("ReceiptHandle")
	}
	raw, err := base64.StdEncoding.DecodeString(handle)
	if err != nil || len(raw) != handleSize || !hmac.Equal(s.mac(raw[:24]), raw[24:]) {
		return nil, badHandle()
	}
	if binary.BigEndian.Uint64(raw) != q.id {
		return nil, badHandle()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := q.messages[binary.BigEndian.Uint64(raw[8:])]
	if !ok || uint64(m.Turn) != binary.BigEndian.Uint64(raw[16:]) {
		return nil, errStale
	}
	return m, nil
}

type deleteRequest struct {
	QueueUrl      string
	ReceiptHandle string
}

// deleteMessage answers success for a stale handle too, and then deletes
// nothing, as the API reference describes it.
func (s *Service) deleteMessage(_ context.Context, _ *call, req *deleteRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	m, err := s.byHandle(q, req.ReceiptHandle)
	if errors.Is(err, errStale) {
		return empty{}, nil
	}
	if err != nil {
		return nil, err
	}
	return empty{}, s.discard(q, []*message{m})
}

// discard deletes messages for good.
func (s *Service) discard(q *queue, doomed []*message) error {
	if len(doomed) == 0 {
		return nil
	}
	return s.journal.commit(func(tx *bbolt.Tx) error {
		for _, m := range doomed {
			if err := dropMessage(tx, q.id, m.seq); err != nil {
				return err
			}
		}
		tx.OnCommit(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, m := range doomed {
				q.remove(m)
			}
		})
		return nil
	})
}

// visibilityEntry is one change of a visibility timeout, in seconds.
type visibilityEntry struct {
	Id                string
	ReceiptHandle     string
	VisibilityTimeout *int
}

type visibilityRequest struct {
	QueueUrl string
	visibilityEntry
}

// maxVisibility is how long a message may stay invisible from its receive on,
// in seconds (API reference of ChangeMessageVisibility, 2025-11).
const maxVisibility = 43200

func (s *Service) changeVisibility(_ context.Context, _ *call, req *visibilityRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	seq, err := s.extend(q, &req.visibilityEntry)
	if err != nil {
		return nil, err
	}
	return empty{}, s.saveStates(q, []uint64{seq})
}

// extend changes the visibility in memory and returns the message's number.
func (s *Service) extend(q *queue, e *visibilityEntry) (uint64, error) {
	timeout, err := e.timeout()
	if err != nil {
		return 0, err
	}
	m, err := s.byHandle(q, e.ReceiptHandle)
	if errors.Is(err, errStale) {
		return 0, invalidValue("Value %s for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.", e.ReceiptHandle)
	}
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now().UnixMilli()
	q.promote(now)
	if q.messages[m.seq] != m || m.Place != inFlight {
		return 0, prefixedFault("MessageNotInflight", "The message referred to isn't in flight.")
	}
	visible := now + int64(timeout)*1000
	if visible > m.Received+maxVisibility*1000 {
		return 0, invalidValue("Value %d for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [%d seconds].", timeout, maxVisibility)
	}
	q.move(m, inFlight, visible)
	q.promote(now)
	q.wake()
	return m.seq, nil
}

func (e *visibilityEntry) timeout() (int, error) {
	if e.VisibilityTimeout == nil {
		return 0, missing("VisibilityTimeout")
	}
	if n := *e.VisibilityTimeout; n < 0 || n > maxVisibility {
		return 0, badVisibility(n)
	}
	return *e.VisibilityTimeout, nil
}

func badVisibility(n int) error {
	return invalidValue("Value %d for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and %d, if provided.", n, maxVisibility)
}

// saveStates makes the newest states of messages durable.
func (s *Service) saveStates(q *queue, sequences []uint64) error {
	if len(sequences) == 0 {
		return nil
	}
	return s.journal.commit(func(tx *bbolt.Tx) error { return s.putStates(tx, q, sequences) })
}

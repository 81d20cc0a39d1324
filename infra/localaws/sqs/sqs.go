// Package sqs is an embedded Amazon SQS: standard queues over the AWS JSON 1.0
// protocol, kept in bbolt. What it answers follows the SQS API Reference
// (version 2012-11-05, read 2025-11); operations it does not have are refused
// with AWS's own error.
//
// An acknowledged send, delete, receive or visibility change is on disk when
// the answer goes out. Message bodies stay on disk; memory holds an index
// entry of about 200 bytes per message.
package sqs

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"
)

// Service answers SQS requests. It is safe for concurrent use.
type Service struct {
	db         *bbolt.DB
	now        func() time.Time
	seed       uint64
	log        *slog.Logger
	salt       []byte
	operations map[string]operation
	journal    *journal
	requests   atomic.Uint64
	adverse    atomic.Bool

	life context.Context
	stop context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex // guards all below, and the queues themselves
	queues   map[string]*queue
	deleted  map[string]time.Time
	moves    map[uint64]*moveTask
	sequence uint64
	tasks    uint64
}

// New opens the queues kept in db, which the caller owns, opens with fsync on
// and closes after Close. The clock says when messages become visible and
// expire; long polls wait in real time. The seed fixes message ids, receipt
// handles (when db is new) and what adverse mode does. Message move tasks that
// were running go on.
func New(db *bbolt.DB, now func() time.Time, seed uint64, log *slog.Logger) (*Service, error) {
	life, stop := context.WithCancel(context.Background())
	s := &Service{
		db: db, now: now, seed: seed, log: log,
		operations: operations(), journal: newJournal(db),
		life: life, stop: stop,
		queues: map[string]*queue{}, deleted: map[string]time.Time{}, moves: map[uint64]*moveTask{},
	}
	err := db.Update(func(tx *bbolt.Tx) (err error) {
		if s.salt, err = prepare(tx, seed); err != nil {
			return err
		}
		return s.load(tx)
	})
	if err != nil {
		stop()
		return nil, fmt.Errorf("open queues: %w", err)
	}
	s.resumeMoves()
	return s, nil
}

// Close releases long polls, which answer empty, stops message move tasks
// where they are and refuses every later change. It is safe to call twice.
func (s *Service) Close() error {
	s.mu.Lock() // so that no move task starts between the stop and the wait
	s.stop()
	s.mu.Unlock()
	s.work.Wait()
	s.journal.closed.Store(true)
	return nil
}

// SetAdverse turns adverse mode on or off. While it is on, every queue repeats
// about a quarter of its deliveries, now and then after the message was
// deleted, and hands messages out in another order than they came, as SQS
// allows itself to. Which ones depends on the seed and the message alone.
func (s *Service) SetAdverse(on bool) { s.adverse.Store(on) }

// Wake lets every long poll look again: for clocks that were moved by hand.
func (s *Service) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.queues {
		q.wake()
	}
}

// ReleaseInFlight makes every message in flight visible at once without
// touching its receive count: for a start after a kill, when whoever held them
// is gone. Their receipt handles stay valid until the next receive.
func (s *Service) ReleaseInFlight(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	released := s.release(s.now().UnixMilli())
	if len(released) == 0 {
		return nil
	}
	err := s.journal.commit(func(tx *bbolt.Tx) error {
		for q, sequences := range released {
			if err := s.putStates(tx, q, sequences); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("release messages in flight: %w", err)
	}
	return nil
}

func (s *Service) release(now int64) map[*queue][]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	released := map[*queue][]uint64{}
	for _, q := range s.queues {
		for _, m := range q.messages {
			if m.Place == inFlight {
				q.move(m, ready, now)
				released[q] = append(released[q], m.seq)
			}
		}
		q.wake()
	}
	return released
}

// putStates stores the newest state of the messages. Reading it inside the
// transaction keeps the store in step when two changes of one message meet.
func (s *Service) putStates(tx *bbolt.Tx, q *queue, sequences []uint64) error {
	for _, seq := range sequences {
		s.mu.Lock()
		m, ok := q.messages[seq]
		var st state
		if ok {
			st = m.state
		}
		s.mu.Unlock()
		if !ok {
			continue
		}
		if err := putState(tx, q.id, seq, st); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) load(tx *bbolt.Tx) error {
	s.sequence = top(tx, bodyBucket).Sequence()
	s.tasks = top(tx, taskBucket).Sequence()
	err := top(tx, queueBucket).ForEach(func(_, data []byte) error {
		return s.loadQueue(tx, data)
	})
	if err != nil {
		return err
	}
	return s.loadMoves(tx)
}

func (s *Service) loadQueue(tx *bbolt.Tx, data []byte) error {
	var rec queueRecord
	if err := readJSON(data, &rec); err != nil {
		return fmt.Errorf("read queue: %w", err)
	}
	set, err := parseSettings(rec.Attributes)
	if err != nil {
		return fmt.Errorf("read queue %s: %w", rec.Name, err)
	}
	q := newQueue(rec, set)
	s.queues[rec.Name] = q
	return top(tx, stateBucket).Bucket(key(rec.ID)).ForEach(func(k, data []byte) error {
		m := &message{seq: binary.BigEndian.Uint64(k)}
		if err := readJSON(data, &m.state); err != nil {
			return fmt.Errorf("read message %d of queue %s: %w", m.seq, rec.Name, err)
		}
		q.add(m)
		return nil
	})
}

// nextSequence numbers a message; the caller holds the mutex.
func (s *Service) nextSequence() uint64 {
	s.sequence++
	return s.sequence
}

// draw returns a number in [0, n) that depends on the seed and the parts only.
func (s *Service) draw(n uint64, parts ...uint64) uint64 {
	h := sha256.New()
	_, _ = h.Write(key(s.seed)) // a hash never fails
	for _, p := range parts {
		_, _ = h.Write(key(p))
	}
	return binary.BigEndian.Uint64(h.Sum(nil)) % n
}

// uuid derives an id in the form of a random UUID.
func (s *Service) uuid(purpose string, n uint64) string {
	sum := sha256.Sum256(append(append([]byte(purpose), s.salt...), key(n)...))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (s *Service) requestID() string {
	return s.uuid("request", s.requests.Add(1)+uint64(s.now().UnixNano())&math.MaxInt64)
}

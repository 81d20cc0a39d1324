package sqs

import (
	"errors"

	"go.etcd.io/bbolt"
)

// moveStep is how many messages a task without a rate moves per transaction.
const moveStep = 200

// transfer is one message changing its queue.
type transfer struct {
	old    *message
	fresh  *message
	record *record
	target *queue
}

// moveSome moves one portion, and reports whether there may be more.
func (s *Service) moveSome(task *moveTask) (more bool, err error) {
	source, taken, err := s.takeForMove(task)
	if err != nil || len(taken) == 0 {
		return false, err
	}
	moves, err := s.plan(task, source, taken)
	if err == nil {
		err = s.transfer(task, source, moves)
	}
	if err != nil {
		s.reveal(source, taken)
		return false, err
	}
	return true, nil
}

// takeForMove takes visible messages out of the queue in memory, so that
// nobody receives them meanwhile; the store still has them.
func (s *Service) takeForMove(task *moveTask) (*queue, []*message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	source, ok := s.queues[nameOfARN(task.Source)]
	if !ok {
		return nil, nil, noQueue()
	}
	limit := moveStep
	if task.Rate > 0 {
		limit = task.Rate
	}
	source.promote(s.now().UnixMilli())
	var taken []*message
	for m := source.visible.first(); m != nil && len(taken) < limit; m = source.visible.first() {
		source.remove(m)
		taken = append(taken, m)
	}
	return source, taken, nil
}

// plan finds each message's new queue. As in SQS, a message that no redrive
// policy brought here has no way back, and the task fails.
func (s *Service) plan(task *moveTask, source *queue, taken []*message) ([]transfer, error) {
	moves := make([]transfer, 0, len(taken))
	err := s.db.View(func(tx *bbolt.Tx) error {
		for _, m := range taken {
			rec, ok, err := loadRecord(tx, source.id, m.seq)
			if err != nil {
				return err
			}
			if ok {
				moves = append(moves, transfer{old: m, record: rec})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range moves {
		arn := task.Target
		if arn == "" {
			arn = moves[i].record.Source
		}
		if arn == "" {
			return nil, prefixedFault("CouldNotDetermineMessageSource", "A message does not say which queue it came from.")
		}
		target, ok := s.queues[nameOfARN(arn)]
		if !ok {
			return nil, noQueue()
		}
		moves[i].target = target
		moves[i].fresh = s.renew(moves[i].record)
	}
	return moves, nil
}

// renew starts a message's life again with a new id, as a redrive does
// (developer guide, dead-letter queue redrive, 2025-11).
func (s *Service) renew(rec *record) *message {
	now := s.now().UnixMilli()
	m := &message{seq: s.nextSequence(), state: state{Sent: now, Visible: now}}
	rec.ID, rec.Source = s.uuid("message", m.seq), ""
	return m
}

func (s *Service) transfer(task *moveTask, source *queue, moves []transfer) error {
	err := s.journal.commit(func(tx *bbolt.Tx) error {
		for _, t := range moves {
			if err := putMessage(tx, t.target.id, t.fresh.seq, t.record, t.fresh.state); err != nil {
				return err
			}
			if err := dropMessage(tx, source.id, t.old.seq); err != nil {
				return err
			}
		}
		tx.OnCommit(func() { s.arrived(task, moves) })
		return s.putMove(tx, task, int64(len(moves)))
	})
	if errors.Is(err, errGone) {
		return noQueue()
	}
	return err
}

func (s *Service) arrived(task *moveTask, moves []transfer) {
	for _, t := range moves {
		s.reveal(t.target, []*message{t.fresh})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	task.Moved += int64(len(moves))
}

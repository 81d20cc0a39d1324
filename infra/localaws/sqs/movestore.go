package sqs

import (
	"fmt"

	"go.etcd.io/bbolt"
)

func (s *Service) saveMove(task *moveTask) error {
	return s.journal.commit(func(tx *bbolt.Tx) error { return s.putMove(tx, task, 0) })
}

// putMove stores a task, counting what the same transaction moves.
func (s *Service) putMove(tx *bbolt.Tx, task *moveTask, moving int64) error {
	s.mu.Lock()
	rec := task.moveRecord
	s.mu.Unlock()
	rec.Moved += moving
	tasks := top(tx, taskBucket)
	if tasks.Sequence() < rec.Number {
		if err := tasks.SetSequence(rec.Number); err != nil {
			return err
		}
	}
	return putJSON(tasks, key(rec.Number), rec)
}

func (s *Service) loadMoves(tx *bbolt.Tx) error {
	return top(tx, taskBucket).ForEach(func(_, data []byte) error {
		task := new(moveTask)
		if err := readJSON(data, &task.moveRecord); err != nil {
			return fmt.Errorf("read message move task: %w", err)
		}
		if task.Status == moveCancelling {
			task.Status = moveCancelled
		}
		s.moves[task.Number] = task
		return nil
	})
}

// resumeMoves goes on with what a stop interrupted.
func (s *Service) resumeMoves() {
	for _, task := range s.moves {
		if task.active() {
			_ = s.runMove(task) // it fails after Close only
		}
	}
}

package sqs

import (
	"context"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// runMove starts the task's goroutine.
func (s *Service) runMove(task *moveTask) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life.Err() != nil {
		return errClosed
	}
	ctx, cancel := context.WithCancel(s.life)
	task.cancel = cancel
	s.work.Go(func() {
		defer cancel()
		s.moveAll(ctx, task)
	})
	return nil
}

func (s *Service) moveAll(ctx context.Context, task *moveTask) {
	pace := time.NewTicker(time.Second)
	defer pace.Stop()
	for ctx.Err() == nil {
		more, err := s.moveSome(task)
		if err != nil || !more {
			s.finishMove(task, err)
			return
		}
		if task.Rate == 0 {
			continue
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
		}
	}
	if s.life.Err() == nil { // cancelled, not interrupted by Close
		s.finishMove(task, nil)
	}
}

func (s *Service) finishMove(task *moveTask, err error) {
	s.mu.Lock()
	switch {
	case err != nil:
		task.Status, task.Failure = moveFailed, asFault(err).legacy
	case task.Status == moveCancelling:
		task.Status = moveCancelled
	default:
		task.Status = moveCompleted
	}
	s.mu.Unlock()
	if err := s.saveMove(task); err != nil {
		s.log.Error("save message move task", "source", task.Source, "error", err)
	}
	s.pruneMoves(task)
}

// keptMoves is how many tasks per source ListMessageMoveTasks can show.
const keptMoves = 10

// pruneMoves forgets tasks nobody can list any more.
func (s *Service) pruneMoves(task *moveTask) {
	s.mu.Lock()
	var numbers []uint64
	for n, t := range s.moves {
		if nameOfARN(t.Source) == nameOfARN(task.Source) {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	old := numbers[:max(0, len(numbers)-keptMoves)]
	for _, n := range old {
		delete(s.moves, n)
	}
	s.mu.Unlock()
	if len(old) == 0 {
		return
	}
	err := s.journal.commit(func(tx *bbolt.Tx) error {
		for _, n := range old {
			if err := top(tx, taskBucket).Delete(key(n)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.log.Error("forget message move tasks", "source", task.Source, "error", err)
	}
}

package sqs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// States of a message move task.
const (
	moveRunning    = "RUNNING"
	moveCompleted  = "COMPLETED"
	moveCancelling = "CANCELLING"
	moveCancelled  = "CANCELLED"
	moveFailed     = "FAILED"
)

// moveRecord is a message move task as stored. Started is Unix milliseconds,
// Rate messages per second (0 = as fast as it goes).
type moveRecord struct {
	Number  uint64 `json:"number"`
	Source  string `json:"source"`
	Target  string `json:"target,omitempty"`
	Rate    int    `json:"rate,omitempty"`
	Started int64  `json:"started"`
	ToMove  int64  `json:"toMove"`
	Moved   int64  `json:"moved"`
	Status  string `json:"status"`
	Failure string `json:"failure,omitempty"`
}

// moveTask is a task in memory; the service's mutex guards it.
type moveTask struct {
	moveRecord
	cancel context.CancelFunc
}

func (t *moveTask) active() bool { return t.Status == moveRunning || t.Status == moveCancelling }

type startMoveRequest struct {
	SourceArn                    string
	DestinationArn               string
	MaxNumberOfMessagesPerSecond *int
}

type moveHandle struct{ TaskHandle string }

// startMove moves the messages of a dead-letter queue to DestinationArn, or
// back to the queues a redrive policy took them from.
func (s *Service) startMove(_ context.Context, _ *call, req *startMoveRequest) (any, error) {
	rate, err := req.rate()
	if err != nil {
		return nil, err
	}
	source, err := s.moveSource(req)
	if err != nil {
		return nil, err
	}
	if err := s.settle(source); err != nil {
		return nil, err
	}
	task, err := s.openMove(source, req, rate)
	if err != nil {
		return nil, err
	}
	if err := s.saveMove(task); err != nil {
		return nil, err
	}
	return moveHandle{task.handle()}, s.runMove(task)
}

func (r *startMoveRequest) rate() (int, error) {
	if r.MaxNumberOfMessagesPerSecond == nil {
		return 0, nil
	}
	n := *r.MaxNumberOfMessagesPerSecond
	if n < 1 || n > 500 {
		return 0, invalidValue("Value %d for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500, if provided.", n)
	}
	return n, nil
}

func (s *Service) moveSource(req *startMoveRequest) (*queue, error) {
	if req.SourceArn == "" {
		return nil, missing("SourceArn")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	source, ok := s.queues[nameOfARN(req.SourceArn)]
	if !ok {
		return nil, noResource("SourceArn")
	}
	if req.DestinationArn != "" {
		target, ok := s.queues[nameOfARN(req.DestinationArn)]
		if !ok {
			return nil, noResource("DestinationArn")
		}
		if target == source {
			return nil, invalidValue("Source queue arn and destination queue arn cannot be the same.")
		}
	}
	for _, q := range s.queues {
		if q.feeds(source.name) {
			return source, nil
		}
	}
	return nil, invalidValue("Source queue must be configured as a Dead Letter Queue.")
}

// openMove registers the task, one at a time per source.
func (s *Service) openMove(source *queue, req *startMoveRequest, rate int) (*moveTask, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.moves {
		if t.active() && nameOfARN(t.Source) == source.name {
			return nil, unsupported("There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
	}
	s.tasks++
	task := &moveTask{moveRecord: moveRecord{
		Number: s.tasks, Source: req.SourceArn, Target: req.DestinationArn, Rate: rate,
		Started: s.now().UnixMilli(), ToMove: int64(source.counts[ready]), Status: moveRunning,
	}}
	s.moves[task.Number] = task
	return task, nil
}

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
		if err := json.Unmarshal(data, &task.moveRecord); err != nil {
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

type taskID struct {
	TaskID    string `json:"taskId"`
	SourceArn string `json:"sourceArn"`
}

func (t *moveTask) handle() string {
	data, err := json.Marshal(taskID{fmt.Sprintf("%032d", t.Number), t.Source})
	if err != nil {
		return "" // two texts always marshal
	}
	return base64.StdEncoding.EncodeToString(data)
}

type listMovesRequest struct {
	SourceArn  string
	MaxResults *int
}

type listMovesAnswer struct{ Results []moveResult }

type moveResult struct {
	TaskHandle                        string `json:",omitempty"`
	Status                            string
	SourceArn                         string
	DestinationArn                    string `json:",omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int64
	ApproximateNumberOfMessagesToMove int64
	FailureReason                     string `json:",omitempty"`
	StartedTimestamp                  int64
}

func (s *Service) listMoves(_ context.Context, _ *call, req *listMovesRequest) (any, error) {
	limit := 1
	if req.MaxResults != nil {
		limit = *req.MaxResults
	}
	if limit < 1 || limit > 10 {
		return nil, invalidValue("Value %d for parameter MaxResults is invalid. Reason: Must be between 1 and 10, if provided.", limit)
	}
	if req.SourceArn == "" {
		return nil, missing("SourceArn")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := nameOfARN(req.SourceArn)
	if _, ok := s.queues[name]; !ok {
		return nil, noResource("SourceArn")
	}
	answer := listMovesAnswer{Results: []moveResult{}}
	for n := s.tasks; n > 0 && len(answer.Results) < limit; n-- {
		if t, ok := s.moves[n]; ok && nameOfARN(t.Source) == name {
			answer.Results = append(answer.Results, t.result())
		}
	}
	return answer, nil
}

func (t *moveTask) result() moveResult {
	r := moveResult{
		Status: t.Status, SourceArn: t.Source, DestinationArn: t.Target, MaxNumberOfMessagesPerSecond: t.Rate,
		ApproximateNumberOfMessagesMoved: t.Moved, ApproximateNumberOfMessagesToMove: t.ToMove,
		FailureReason: t.Failure, StartedTimestamp: t.Started,
	}
	if t.Status == moveRunning {
		r.TaskHandle = t.handle()
	}
	return r
}

type cancelMoveRequest struct{ TaskHandle string }

type cancelMoveAnswer struct{ ApproximateNumberOfMessagesMoved int64 }

func (s *Service) cancelMove(_ context.Context, _ *call, req *cancelMoveRequest) (any, error) {
	if req.TaskHandle == "" {
		return nil, missing("TaskHandle")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.moves {
		if t.handle() != req.TaskHandle {
			continue
		}
		if t.Status != moveRunning {
			return nil, unsupported("Only active tasks can be cancelled.")
		}
		t.Status = moveCancelling
		t.cancel()
		return cancelMoveAnswer{t.Moved}, nil
	}
	return nil, noResource("TaskHandle")
}

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

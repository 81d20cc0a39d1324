package sqs

import "context"

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

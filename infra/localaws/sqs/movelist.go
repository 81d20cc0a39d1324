package sqs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

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

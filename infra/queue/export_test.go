package queue

import (
	"context"
	"time"
)

// NewImpatient is New without pauses between attempts.
func NewImpatient(api API, addresses map[string]Address) *Queues {
	q := New(api, addresses)
	q.pause = func(context.Context, time.Duration) error { return nil }
	return q
}

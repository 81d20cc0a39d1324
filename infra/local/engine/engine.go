// Package engine runs what a SAM template describes on one machine: it creates
// tables and queues, serves the HTTP API, and calls the functions for queue
// messages, stream records and schedules, with the events and the retries that
// AWS has. Functions are called through Config.Invoke, so they may live in this
// process or in processes of their own.
//
// Where it differs from AWS, on purpose:
//   - A failed queue message becomes visible again after 1, 2, 4 … seconds
//     instead of after the visibility timeout, since a developer is waiting.
//     The receive count rises as it does on AWS.
//   - A shard of a stream is worked on by one batch at a time, whatever the
//     ParallelizationFactor.
//   - A rate() schedule fires at start and then at every interval; a failed
//     scheduled call is not repeated before the next one.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/manystall/manystall/infra/sam"
)

// Invoke calls a function by the name of its folder with an event (JSON) and
// returns its answer (JSON). The context ends at the function's timeout.
type Invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)

// Checkpoints keeps how far each shard of a stream has been read.
type Checkpoints interface {
	// Load returns what was saved under key, or "" when nothing was.
	Load(ctx context.Context, key string) (string, error)
	Save(ctx context.Context, key, seq string) error
}

// Config is what an engine works with. Fields not marked optional are required.
type Config struct {
	Template    *sam.Template
	Tables      TableClient
	Streams     StreamClient
	Queues      QueueClient
	Invoke      Invoke
	Checkpoints Checkpoints
	// StreamChanged, if set, returns a channel that closes at the next write to
	// a stream; readers then look at once instead of four times a second.
	StreamChanged func() <-chan struct{}
	// NewID returns unique ids for requests and events.
	NewID func() string
	// Log is optional; without it nothing is logged.
	Log *slog.Logger
	// Now and After are the clock; optional, time.Now and time.After without.
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
	// Region and AccountID stand in events; optional, us-east-1 and 000000000000.
	Region, AccountID string
	// Grace is how long calls begun may go on after Run was told to stop;
	// optional, 10 s.
	Grace time.Duration
}

// Engine runs one template. It is safe for concurrent use.
type Engine struct {
	Config
	routes []route

	mu     sync.Mutex
	queues map[string]address
}

// New checks the configuration and the template's filters and schedules.
func New(c Config) (*Engine, error) {
	if c.Template == nil || c.Tables == nil || c.Streams == nil || c.Queues == nil ||
		c.Invoke == nil || c.Checkpoints == nil || c.NewID == nil {
		return nil, errors.New("new engine: template, clients, invoke, checkpoints and ids are required")
	}
	c.setDefaults()
	e := &Engine{Config: c, queues: map[string]address{}}
	e.routes = compileRoutes(c.Template)
	for _, f := range c.Template.Functions {
		if err := checkTriggers(f); err != nil {
			return nil, fmt.Errorf("function %s: %w", f.Name, err)
		}
	}
	return e, nil
}

func (c *Config) setDefaults() {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.StreamChanged == nil {
		c.StreamChanged = func() <-chan struct{} { return nil }
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.AccountID == "" {
		c.AccountID = "000000000000"
	}
	if c.Grace == 0 {
		c.Grace = 10 * time.Second
	}
}

func checkTriggers(f sam.Function) error {
	for _, t := range f.Queues {
		if _, err := compileFilters(t.Filters); err != nil {
			return fmt.Errorf("event %s: %w", t.Event, err)
		}
	}
	for _, t := range f.Streams {
		if _, err := compileFilters(t.Filters); err != nil {
			return fmt.Errorf("event %s: %w", t.Event, err)
		}
	}
	for _, s := range f.Schedules {
		if _, err := parseSchedule(s.Expression, s.Zone); err != nil {
			return fmt.Errorf("event %s: %w", s.Event, err)
		}
	}
	return nil
}

// Handler is the HTTP API of the template.
func (e *Engine) Handler() http.Handler { return http.HandlerFunc(e.serve) }

// Run works on all triggers until ctx ends, then lets what has begun come to
// its end, and returns nil. After Grace the context of what is still going on
// ends too; a function that does not heed its context holds Run up. It is an
// error to run before Prepare has succeeded.
func (e *Engine) Run(ctx context.Context) error {
	for _, q := range e.Template.Queues {
		if _, ok := e.address(q.LogicalID); !ok {
			return fmt.Errorf("run: queue %s has no address; call Prepare first", q.LogicalID)
		}
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var all sync.WaitGroup
	for _, f := range e.Template.Functions {
		for _, t := range f.Queues {
			if t.Enabled {
				all.Go(func() { e.drain(ctx, work, f, t) })
			}
		}
		for _, t := range f.Streams {
			if t.Enabled {
				all.Go(func() { e.follow(ctx, work, f, t) })
			}
		}
		for _, s := range f.Schedules {
			if s.Enabled {
				all.Go(func() { e.keepTime(ctx, work, f, s) })
			}
		}
	}
	<-ctx.Done()
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-e.After(e.Grace):
		stop()
		<-done
	}
	return nil
}

// pause waits for d and returns false when ctx ended before.
func (e *Engine) pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-e.After(d):
		return true
	}
}

// backoff is the wait before attempt n+1 (n from 1): it doubles from first up
// to most.
func backoff(n int, first, most time.Duration) time.Duration {
	d := first
	for i := 1; i < n && d < most; i++ {
		d *= 2
	}
	return min(d, most)
}

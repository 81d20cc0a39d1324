package sqs

import (
	"errors"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"
)

// errClosed is what a change meets after Close.
var errClosed = errors.New("sqs is closed")

// journalBatch bounds how many changes share one transaction, so that one
// fsync never waits for an unbounded amount of work.
const journalBatch = 512

// change edits the store inside a transaction. It may run twice: when a
// neighbour in its batch fails, every change of the batch is repeated alone.
type change func(tx *bbolt.Tx) error

// journal commits changes durably, many per fsync under load and at once when
// idle. It needs no goroutine of its own: whoever gets the turn commits for
// everybody who queued while the previous fsync was running.
type journal struct {
	db     *bbolt.DB
	turn   chan struct{}
	closed atomic.Bool

	mu      sync.Mutex
	waiting []*entry
}

type entry struct {
	change change
	done   chan error
}

func newJournal(db *bbolt.DB) *journal {
	return &journal{db: db, turn: make(chan struct{}, 1)}
}

// commit returns once the change is on disk or has failed.
func (j *journal) commit(c change) error {
	if j.closed.Load() {
		return errClosed
	}
	e := &entry{change: c, done: make(chan error, 1)}
	j.mu.Lock()
	j.waiting = append(j.waiting, e)
	j.mu.Unlock()
	for {
		select {
		case err := <-e.done:
			return err
		case j.turn <- struct{}{}:
			j.flush(j.take())
			<-j.turn
		}
	}
}

func (j *journal) take() []*entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := min(len(j.waiting), journalBatch)
	batch := j.waiting[:n:n]
	j.waiting = j.waiting[n:]
	return batch
}

func (j *journal) flush(batch []*entry) {
	if len(batch) == 0 {
		return
	}
	err := j.db.Update(func(tx *bbolt.Tx) error {
		for _, e := range batch {
			if err := e.change(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || len(batch) == 1 {
		for _, e := range batch {
			e.done <- err
		}
		return
	}
	for _, e := range batch {
		e.done <- j.db.Update(e.change)
	}
}

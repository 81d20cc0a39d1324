package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
)

// maxBatch bounds how many writes share a commit, and so how long the first
// of them waits for the last.
const maxBatch = 256

type job struct {
	ctx  context.Context
	fn   func(*Tx) error
	done chan error
	err  error
}

// Update runs fn in a write transaction and returns when it is on disk. fn
// sees every earlier write, also those that share its commit, and may run
// more than once: it must not keep anything from an earlier run. An error of
// fn is returned and undoes what fn wrote, and nothing else. A context that
// ends before fn has begun gives its error; after that it is ignored.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	j := &job{ctx: ctx, fn: fn, done: make(chan error, 1)}
	select {
	case d.jobs <- j:
		return <-j.done
	case <-d.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commitLoop is the only writer of the file.
func (d *DB) commitLoop() {
	defer close(d.stopped)
	for {
		select {
		case j := <-d.jobs:
			d.commit(d.collect(j))
		case <-d.closing:
			return
		}
	}
}

// collect takes everything that waits. It gives way once, so that callers who
// were woken by the last commit can get in line for this one.
func (d *DB) collect(first *job) []*job {
	batch := []*job{first}
	runtime.Gosched()
	for len(batch) < maxBatch {
		select {
		case j := <-d.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit runs the jobs in one transaction. If one has to be undone after it
// wrote something, the transaction is rolled back and the others start again.
func (d *DB) commit(batch []*job) {
	for len(batch) > 0 {
		undone, err := d.attempt(batch)
		if undone == nil {
			finish(batch, err)
			return
		}
		undone.done <- undone.err
		batch = without(batch, undone)
	}
}

// attempt runs the jobs and commits what they wrote. If they wrote nothing,
// because their conditions failed, there is nothing to wait for the disk for.
func (d *DB) attempt(batch []*job) (undone *job, err error) {
	btx, err := d.bolt.Begin(true)
	if err != nil {
		return nil, err
	}
	defer func() { _ = btx.Rollback() }() // after a commit it does nothing
	var dirty, streamed bool
	var past map[string][]pastRow
	if d.past.active() {
		past = map[string][]pastRow{}
	}
	for _, j := range batch {
		tx := d.wrap(btx)
		tx.past = past
		if j.err = j.run(tx); j.err != nil && tx.dirty {
			return j, nil
		}
		dirty, streamed = dirty || tx.dirty, streamed || tx.streamed
	}
	if !dirty {
		return nil, nil
	}
	if err := btx.Commit(); err != nil {
		return nil, err
	}
	d.past.add(past, d.options.Now())
	if streamed {
		d.signal.wake()
	}
	return nil, nil
}

func finish(batch []*job, err error) {
	for _, j := range batch {
		if err != nil {
			j.err = fmt.Errorf("commit: %w", err)
		}
		j.done <- j.err
	}
}

func without(batch []*job, undone *job) []*job {
	out := make([]*job, 0, len(batch))
	for _, j := range batch {
		if j != undone {
			out = append(out, j)
		}
	}
	return out
}

// run calls fn and turns a panic into an error, so that one bad request does
// not take the others with it.
func (j *job) run(tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			tx.dirty = true
			err = errors.Join(fmt.Errorf("panic in a write: %v", p), errors.New(string(debug.Stack())))
		}
	}()
	if err := j.ctx.Err(); err != nil {
		return err
	}
	return j.fn(tx)
}

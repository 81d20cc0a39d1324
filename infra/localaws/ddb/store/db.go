// Package store keeps DynamoDB tables, their indexes and their streams in one
// bbolt file. Writes of concurrent callers are committed together: whoever
// arrives while the disk is busy shares the next commit, and nobody waits when
// it is idle. A write that was acknowledged survives a kill and a power loss.
package store

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/manystall/manystall/infra/localaws/bolt"
)

// ErrClosed is returned for writes after Close.
var ErrClosed = errors.New("database is closed")

// Options are the settings of a DB.
type Options struct {
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Shards is how many open shards a new stream has; 2 if zero.
	Shards int
	// NoSync leaves out fsync. For tests only: a power loss may destroy the
	// file.
	NoSync bool
}

// DB is one open file. It is safe for concurrent use.
type DB struct {
	bolt    *bbolt.DB
	options Options
	jobs    chan *job
	closing chan struct{}
	stopped chan struct{}
	once    sync.Once
	tables  sync.Map // name -> *cacheEntry[*Table]
	streams sync.Map // label -> *cacheEntry[*Stream]
	signal  signal
	past    history
}

// Open opens the file and makes it if there is none. Only one process can
// have it open; Open waits a second for another one to leave. A torn or corrupt
// file is refused with bolt.ErrDamaged.
func Open(path string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Shards <= 0 {
		o.Shards = 2
	}
	file, err := bolt.Open(path, o.NoSync)
	if err != nil {
		return nil, err
	}
	err = file.Update(func(tx *bbolt.Tx) error {
		for _, name := range []string{bucketTables, bucketStreams, bucketTokens, bucketTokenTimes} {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", path, err), file.Close())
	}
	d := &DB{bolt: file, options: o, jobs: make(chan *job), closing: make(chan struct{}), stopped: make(chan struct{})}
	d.signal.reset()
	go d.commitLoop()
	return d, nil
}

// Close finishes the writes that have begun and closes the file. Later writes
// get ErrClosed.
func (d *DB) Close() error {
	d.once.Do(func() { close(d.closing) })
	<-d.stopped
	if err := d.bolt.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// View runs fn on a consistent snapshot that holds every acknowledged write.
func (d *DB) View(fn func(*Tx) error) error {
	err := d.bolt.View(func(tx *bbolt.Tx) error { return fn(d.wrap(tx)) })
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

func (d *DB) wrap(tx *bbolt.Tx) *Tx { return &Tx{tx: tx, db: d, Now: d.options.Now()} }

// Changes is closed by the next commit that writes to a stream. Ask for it
// before reading the stream: whatever is written after the call closes it.
func (d *DB) Changes() <-chan struct{} { return d.signal.wait() }

// signal wakes everyone who waits, once.
type signal struct {
	mu sync.Mutex
	ch chan struct{}
}

func (s *signal) reset() { s.ch = make(chan struct{}) }

func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ch
}

func (s *signal) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.ch)
	s.reset()
}

// cacheEntry is a decoded description and the bytes it was decoded from.
type cacheEntry[T any] struct {
	raw   string
	value T
}

// cached decodes raw unless the same bytes were decoded before, so that a
// description is as old as the transaction that reads it and never older.
func cached[T any](cache *sync.Map, key string, raw []byte, decode func([]byte) (T, error)) (T, error) {
	if e, ok := cache.Load(key); ok {
		if entry := e.(*cacheEntry[T]); entry.raw == string(raw) {
			return entry.value, nil
		}
	}
	value, err := decode(raw)
	if err != nil {
		return value, fmt.Errorf("decode description of %s: %w", key, err)
	}
	cache.Store(key, &cacheEntry[T]{raw: string(raw), value: value})
	return value, nil
}

// Package localaws is the AWS of one machine: DynamoDB, DynamoDB Streams and
// SQS over the AWS JSON protocol, kept in a folder. It is spoken to over HTTP
// by any AWS client, or in the same process without a socket.
package localaws

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"

	"github.com/manystall/manystall/infra/localaws/bolt"
	"github.com/manystall/manystall/infra/localaws/ddb"
	"github.com/manystall/manystall/infra/localaws/sqs"
)

// Config are the settings of a Server.
type Config struct {
	// Path is the folder for the databases; it is made if there is none.
	Path string
	// Now is the clock that data is judged by; time.Now if nil.
	Now func() time.Time
	// Seed makes ids and choices repeatable.
	Seed uint64
	// Adverse makes the services do what AWS allows itself to do, by Seed: see
	// SetAdverse of sqs.Service and ddb.Service.
	Adverse bool
	// Region is named in ARNs; us-east-1 if empty.
	Region string
	// Shards is how many open shards a new stream has; 2 if zero.
	Shards int
	// Sweep is how often, in real time, expired items and old stream records
	// are removed: 10 s if zero, never by itself if negative.
	Sweep time.Duration
	// NoSync leaves out fsync: for tests that are not about durability.
	NoSync bool
	// Log takes failures of the server itself; slog.Default if nil.
	Log *slog.Logger
}

// Server is an open set of services. It is safe for concurrent use.
type Server struct {
	tables *ddb.Service
	queues *sqs.Service
	disk   *bbolt.DB // of the queues
	log    *slog.Logger
	stop   context.CancelFunc
	work   sync.WaitGroup
	once   sync.Once
	err    error
}

// Open opens the services of a folder. Only one process can have a folder
// open: a second one gets an error after a second. A torn or corrupt file is
// named in an error that is bolt.ErrDamaged, and not served.
func Open(c Config) (*Server, error) {
	c = c.withDefaults()
	if err := os.MkdirAll(c.Path, 0o700); err != nil {
		return nil, fmt.Errorf("open local AWS: %w", err)
	}
	tables, err := ddb.New(ddb.Config{Path: filepath.Join(c.Path, "dynamodb.db"), Now: c.Now, Region: c.Region,
		Shards: c.Shards, Log: c.Log, Seed: c.Seed, NoSync: c.NoSync})
	if err != nil {
		return nil, fmt.Errorf("open local AWS: %w", err)
	}
	s := &Server{tables: tables, log: c.Log}
	if err := s.openQueues(c); err != nil {
		return nil, errors.Join(fmt.Errorf("open local AWS: %w", err), tables.Close())
	}
	if !c.NoSync {
		syncFolder(c.Path)
	}
	life, stop := context.WithCancel(context.Background())
	s.stop = stop
	if c.Sweep > 0 {
		s.work.Go(func() { s.sweep(life, c.Sweep) })
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Sweep == 0 {
		c.Sweep = 10 * time.Second
	}
	return c
}

func (s *Server) openQueues(c Config) error {
	disk, err := bolt.Open(filepath.Join(c.Path, "sqs.db"), c.NoSync)
	if err != nil {
		return err
	}
	queues, err := sqs.New(disk, c.Now, c.Seed, c.Log)
	if err != nil {
		return errors.Join(err, disk.Close())
	}
	s.queues, s.disk = queues, disk
	s.SetAdverse(c.Adverse)
	return nil
}

// SetAdverse turns adverse mode of all services on or off.
func (s *Server) SetAdverse(on bool) {
	s.queues.SetAdverse(on)
	s.tables.SetAdverse(on)
}

// syncFolder makes the new files' names survive a power loss. Not every
// system can sync a folder; those that cannot do not need to.
func syncFolder(path string) {
	folder, err := os.Open(path)
	if err != nil {
		return
	}
	_ = folder.Sync()
	_ = folder.Close()
}

// Close ends long polls, finishes writes that have begun and closes the files.
// Later requests are refused. It is safe to call twice.
func (s *Server) Close() error {
	s.once.Do(func() {
		s.stop()
		s.work.Wait()
		s.err = errors.Join(s.queues.Close(), s.disk.Close(), s.tables.Close())
	})
	return s.err
}

// DynamoDB is the service behind DynamoDB and its streams.
func (s *Server) DynamoDB() *ddb.Service { return s.tables }

// SQS is the service behind the queues.
func (s *Server) SQS() *sqs.Service { return s.queues }

// StreamChanged is closed by the next write to any stream. Ask for it before
// reading the streams: whatever is written after the call closes it, so a
// reader that finds nothing and then waits for it misses nothing.
func (s *Server) StreamChanged() <-chan struct{} { return s.tables.Changes() }

// SweepTTL removes expired items now, and returns how many.
func (s *Server) SweepTTL(ctx context.Context) (int, error) { return s.tables.SweepTTL(ctx) }

// sweep removes what has had its time.
func (s *Server) sweep(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		_, err := s.tables.SweepTTL(ctx)
		if err := errors.Join(err, s.tables.Trim(ctx)); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "sweep of expired data", "error", err)
		}
	}
}

// ServeHTTP hands a request to its service by the X-Amz-Target header.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.") {
		s.queues.ServeHTTP(w, r)
		return
	}
	s.tables.ServeHTTP(w, r)
}

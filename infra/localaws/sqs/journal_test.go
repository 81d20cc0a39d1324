package sqs

import (
	"errors"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
)

func openJournal(t *testing.T) *journal {
	t.Helper()
	db, err := bbolt.Open(t.TempDir()+"/j.db", 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return newJournal(db)
}

// TestJournalGroups holds the turn until everybody has queued, as a slow fsync
// would, and expects one transaction for all.
func TestJournalGroups(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	j.turn <- struct{}{}
	var work sync.WaitGroup
	ids := make(chan int, 100)
	for range 100 {
		work.Go(func() {
			err := j.commit(func(tx *bbolt.Tx) error {
				ids <- tx.ID()
				_, err := tx.CreateBucketIfNotExists([]byte("x"))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	for queued := 0; queued < 100; {
		j.mu.Lock()
		queued = len(j.waiting)
		j.mu.Unlock()
	}
	<-j.turn
	work.Wait()
	close(ids)
	used := map[int]bool{}
	for id := range ids {
		used[id] = true
	}
	if len(used) != 1 {
		t.Errorf("100 changes took %d transactions", len(used))
	}
}

// TestJournalBadNeighbour: one refused change must not refuse its batch.
func TestJournalBadNeighbour(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	bad := errors.New("refused")
	changes := []change{
		func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("a")); return err },
		func(*bbolt.Tx) error { return bad },
		func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err },
	}
	var batch []*entry
	for _, c := range changes {
		batch = append(batch, &entry{change: c, done: make(chan error, 1)})
	}
	j.flush(batch)
	for i, want := range []error{nil, bad, nil} {
		if got := <-batch[i].done; !errors.Is(got, want) {
			t.Errorf("change %d: %v, want %v", i, got, want)
		}
	}
}

func TestJournalClosed(t *testing.T) {
	t.Parallel()
	j := openJournal(t)
	j.closed.Store(true)
	if err := j.commit(func(*bbolt.Tx) error { return nil }); !errors.Is(err, errClosed) {
		t.Errorf("error = %v", err)
	}
}

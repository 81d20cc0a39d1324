package feed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/feed"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/publish"
)

const space commerce.WorkspaceID = "ws_feed"

var errKilled = errors.New("killed")

// bench is a workspace with a catalog that is fetched. killAt ends the process
// at a change of a blob.
type bench struct {
	*testing.T
	*feed.Writer
	clock  *porttest.Clock
	kept   map[string]string
	tasks  []port.JobTask
	steps  int
	killAt int
}

func newBench(t *testing.T, products int) *bench {
	t.Helper()
	b := &bench{T: t, clock: porttest.NewClock(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)), kept: map[string]string{}}
	store, ids := localtest.Open(t, b.clock.Now).Store, &localtest.IDs{}
	b.Writer = &feed.Writer{Store: store, Blobs: blobs{bench: b}, Queue: b, Encode: b.encode, Wanted: publish.Wanted, Now: b.clock.Now, NewID: ids.Next}
	_, err := store.PutWorkspace(t.Context(), port.Workspace{ID: space, Currency: "EUR"})
	b.must(err)
	a := port.Account{ID: "acc", Space: space, Channel: commerce.Facebook, Kind: "marketplace", Remote: "1", Target: "tgt", State: port.AccountActive}
	_, err = store.Connect(t.Context(), a, &port.Target{ID: "tgt", Space: space, Kind: "meta", Remote: "9", Writer: "acc", Feed: true, Accounts: map[commerce.Channel]commerce.AccountID{commerce.Facebook: "acc"}})
	b.must(err)
	for i := range products {
		b.product(i)
	}
	return b
}

func (b *bench) product(i int) {
	b.Helper()
	p := commerce.Product{ID: commerce.ProductID(fmt.Sprintf("p%03d", i)), Title: "A thing", CreatedAt: b.clock.Now().Add(-time.Duration(i) * time.Second)}
	_, err := b.Store.PutProduct(b.Context(), space, port.ProductWrite{Product: p})
	b.must(err)
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// encode writes a line a product; each page takes a while.
func (b *bench) encode(w io.Writer, _ json.RawMessage, changes []channel.Change, first bool) error {
	b.clock.Advance(10 * time.Second)
	if first {
		_, _ = io.WriteString(w, "id\n")
	}
	for _, c := range changes {
		_, _ = fmt.Fprintln(w, c.Product.ID)
	}
	return nil
}

func (b *bench) Send(_ context.Context, queue string, messages ...port.Outgoing) error {
	for _, m := range messages {
		task, ok := m.Body.(port.JobTask)
		if !ok || queue != port.ImportQueue {
			return fmt.Errorf("sent %T to %s", m.Body, queue)
		}
		b.tasks = append(b.tasks, task)
	}
	return nil
}

// work takes steps until none is asked for; a killed one comes again.
func (b *bench) work() {
	b.Helper()
	for n := 0; len(b.tasks) > 0; n++ {
		if n > 50 {
			b.Fatal("the work never ends")
		}
		task := b.tasks[0]
		job, err := b.Store.Job(b.Context(), space, task.Job)
		b.must(err)
		if job.State != "running" {
			b.tasks = b.tasks[1:]
			continue
		}
		if err := b.Step(b.Context(), job, task.Hops); err != nil {
			if !errors.Is(err, errKilled) {
				b.Fatal(err)
			}
			continue
		}
		b.tasks = b.tasks[1:]
	}
}

func (b *bench) target() port.Target {
	b.Helper()
	t, err := b.Store.Target(b.Context(), space, "tgt")
	b.must(err)
	return t
}

// blobs are kept in memory.
type blobs struct {
	port.Blobs
	*bench
}

func (s blobs) step(do func()) error {
	if s.steps++; s.steps == s.killAt {
		return errKilled
	}
	do()
	if s.steps == -s.killAt {
		return errKilled
	}
	return nil
}

func (s blobs) PutBlob(_ context.Context, key, _ string, data []byte) error {
	return s.step(func() { s.kept[key] = string(data) })
}

func (s blobs) Blob(_ context.Context, key string, _ int64) ([]byte, error) {
	data, ok := s.kept[key]
	if !ok {
		return nil, fault.New(fault.NotFound, "blob_not_found", "There is no blob %s.", key)
	}
	return []byte(data), nil
}

func (s blobs) DeleteBlob(_ context.Context, key string) error {
	return s.step(func() { delete(s.kept, key) })
}

// A feed is written in steps, whole and once, wherever it is killed.
func TestFeedIsWrittenInSteps(t *testing.T) {
	t.Parallel()
	for kill := -7; kill < 8; kill++ {
		b := newBench(t, 210)
		b.killAt = kill
		b.must(b.Start(t.Context(), space, "tgt"))
		b.work()
		file := b.target().FeedFile
		data := b.kept[file.Blob]
		if lines := strings.Fields(data); len(lines) != 211 || lines[0] != "id" || int64(len(data)) != file.Bytes || file.Tag == "" || file.At.IsZero() {
			t.Fatalf("killed at %d: %d lines in %+v", kill, len(lines), file)
		}
		if len(b.kept) != 1 {
			t.Errorf("killed at %d: left over are %d files", kill, len(b.kept))
		}
	}
}

// The old file stays until there is a newer one than the next; one without
// changes keeps its tag.
func TestFilesTakeEachOthersPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	var files []port.FeedFile
	for i := range 4 {
		if i > 1 {
			b.product(10 + i)
		}
		b.must(b.Start(t.Context(), space, "tgt"))
		b.work()
		files = append(files, b.target().FeedFile)
	}
	if files[0] != files[1] || files[1].Tag == files[2].Tag || files[2].Tag == files[3].Tag {
		t.Errorf("files %+v", files)
	}
	if len(b.kept) != 2 || b.kept[files[2].Blob] == "" || b.kept[files[3].Blob] == "" {
		t.Errorf("kept are %d files", len(b.kept))
	}
	tgt := b.target()
	tgt.Feed = false
	_, err := b.Store.PutTarget(t.Context(), tgt)
	b.must(err)
	b.must(b.Start(t.Context(), space, "tgt"))
	b.work()
	if b.target().FeedFile != files[3] {
		t.Error("a file nobody fetches was written")
	}
	if _, err := b.Whole(t.Context(), port.Account{ID: "acc", Space: space, Channel: commerce.Facebook, Target: "tgt"}, 5); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
}

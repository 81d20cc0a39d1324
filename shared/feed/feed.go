// Package feed writes a seller's catalog as a file that a marketplace fetches
// by itself: the way that costs no calls. A file is written in resumable steps
// and takes the place of the one before as a whole.
package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// Kind is the kind of a job that writes a feed.
	Kind = "feed"
	// stepTime bounds one step: the handler has 30 s.
	stepTime = 15 * time.Second
	// Most is the largest file in bytes; it is put together in memory.
	Most = 200 << 20
	// listLag is how long a product may be missing in the list of products,
	// which is an index.
	listLag = 5 * time.Second
	pageOf  = 100
)

// Store is what this room needs of storage.
type Store interface {
	port.Catalog
	Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error)
	Account(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error)
	Target(ctx context.Context, w commerce.WorkspaceID, id commerce.TargetID) (port.Target, error)
	PutTarget(ctx context.Context, t port.Target) (port.Target, error)
	Levels(ctx context.Context, w commerce.WorkspaceID, ids []commerce.VariantID) (map[commerce.VariantID]commerce.StockLevel, error)
}

// Writer writes feeds. Safe for concurrent use.
type Writer struct {
	Store Store
	Blobs port.Blobs
	Queue port.Sender
	// Encode writes products as lines of a file; first begins it.
	Encode func(w io.Writer, settings json.RawMessage, changes []channel.Change, first bool) error
	// Wanted says which channels of a target show a product.
	Wanted func(t port.Target, p commerce.Product) map[commerce.Channel]bool
	Now    func() time.Time
	NewID  func() string
}

// Start begins to write the file of a target anew.
func (k *Writer) Start(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID) error {
	job := port.Job{
		ID: commerce.JobID("fed_" + k.NewID()), Space: w, Kind: Kind, State: port.JobRunning,
		Params: map[string]string{"target": string(t)}, Problems: []port.RowProblem{}, CreatedAt: k.Now(),
	}
	job, err := k.Store.PutJob(ctx, job)
	if err != nil {
		return fmt.Errorf("begin the feed of %s: %w", t, err)
	}
	return k.next(ctx, job, 0, listLag)
}

func (k *Writer) next(ctx context.Context, j port.Job, hops int, after time.Duration) error {
	return k.Queue.Send(ctx, port.ImportQueue, port.Outgoing{Body: port.JobTask{V: port.MessageVersion, Space: j.Space, Job: j.ID, Hops: hops}, Delay: after})
}

// Step writes the next part of a file, or puts the parts together. A part that
// a crash left behind is written again.
func (k *Writer) Step(ctx context.Context, job port.Job, hops int) error {
	t, err := k.Store.Target(ctx, job.Space, commerce.TargetID(job.Params["target"]))
	if fault.Is(err, fault.NotFound) || (err == nil && (!t.Feed || t.Writer == "")) {
		job.State, job.Reason, job.EndedAt = port.JobDone, "Nobody fetches this feed any more.", k.Now()
		return k.put(ctx, &job)
	}
	if err != nil {
		return fmt.Errorf("target of %s: %w", job.ID, err)
	}
	a, err := k.Store.Account(ctx, job.Space, t.Writer)
	if err != nil {
		return fmt.Errorf("writer of %s: %w", t.ID, err)
	}
	parts, _ := strconv.Atoi(job.Params["parts"])
	if parts > 0 && job.Cursor == "" {
		return k.finish(ctx, job, t, parts)
	}
	if err := k.part(ctx, &job, a, parts); err != nil || job.State != port.JobRunning {
		return err
	}
	return k.next(ctx, job, hops+1, 0)
}

// put stores a job; another run of the same step was faster when it has moved.
func (k *Writer) put(ctx context.Context, job *port.Job) error {
	put, err := k.Store.PutJob(ctx, *job)
	if fault.Is(err, fault.Conflict) {
		job.State = "moved"
		return nil
	}
	if err == nil {
		*job = put
	}
	return err
}

// part writes as many products as a step has time for.
func (k *Writer) part(ctx context.Context, job *port.Job, a port.Account, n int) error {
	var out bytes.Buffer
	until := k.Now().Add(stepTime)
	cursor := job.Cursor
	for first := n == 0; ; first = false {
		next, products, err := k.page(ctx, &out, a, cursor, first)
		if err != nil {
			return err
		}
		job.Rows += products
		if cursor = next; cursor == "" || !k.Now().Before(until) || out.Len() > Most/8 {
			break
		}
	}
	if err := k.Blobs.PutBlob(ctx, partKey(job.ID, n), "text/csv", out.Bytes()); err != nil {
		return fmt.Errorf("keep part %d of %s: %w", n, job.ID, err)
	}
	job.Cursor, job.Params["parts"] = cursor, strconv.Itoa(n+1)
	return k.put(ctx, job)
}

func partKey(job commerce.JobID, n int) string { return fmt.Sprintf("tmp/feeds/%s/%d.csv", job, n) }

// finish puts the parts together and shows the file instead of the one before.
// The one before stays until the next: its address may have been given out.
func (k *Writer) finish(ctx context.Context, job port.Job, t port.Target, parts int) error {
	if job.Params["shown"] == "" {
		if err := k.together(ctx, &job, t, parts); err != nil {
			return err
		}
		job.Params["shown"] = "yes"
		if err := k.put(ctx, &job); err != nil || job.State != port.JobRunning {
			return err
		}
	}
	for n := range parts {
		if err := k.Blobs.DeleteBlob(ctx, partKey(job.ID, n)); err != nil {
			return fmt.Errorf("clear part %d of %s: %w", n, job.ID, err)
		}
	}
	job.State, job.EndedAt = port.JobDone, k.Now()
	return k.put(ctx, &job)
}

// together makes one file of the parts, unless nothing changed: whoever has it
// need not fetch it again.
func (k *Writer) together(ctx context.Context, job *port.Job, t port.Target, parts int) error {
	var out bytes.Buffer
	for n := range parts {
		part, err := k.Blobs.Blob(ctx, partKey(job.ID, n), Most)
		if err != nil {
			return fmt.Errorf("part %d of %s: %w", n, job.ID, err)
		}
		if out.Write(part); out.Len() > Most {
			job.State, job.EndedAt = port.JobFailed, k.Now()
			job.Reason = fmt.Sprintf("The catalog is larger than a feed of %d MB.", Most>>20)
			return nil
		}
	}
	sum := sha256.Sum256(out.Bytes())
	file := port.FeedFile{Blob: "feeds/" + string(t.ID) + "/" + string(job.ID) + ".csv", Tag: hex.EncodeToString(sum[:16]), Bytes: int64(out.Len()), At: k.Now()}
	if file.Tag == t.FeedFile.Tag {
		return nil
	}
	return k.show(ctx, t, file, out.Bytes())
}

func (k *Writer) show(ctx context.Context, t port.Target, file port.FeedFile, data []byte) error {
	if err := k.Blobs.PutBlob(ctx, file.Blob, "text/csv; charset=utf-8", data); err != nil {
		return fmt.Errorf("keep the feed of %s: %w", t.ID, err)
	}
	for range 5 {
		old := t.FeedFile
		if old.Blob == file.Blob { // a crash came after this
			return nil
		}
		t.FeedFile, t.FeedFile.Before = file, old.Blob
		_, err := k.Store.PutTarget(ctx, t)
		if err == nil {
			if old.Before != "" {
				return k.Blobs.DeleteBlob(ctx, old.Before)
			}
			return nil
		}
		if !fault.Is(err, fault.Conflict) {
			return fmt.Errorf("show the feed of %s: %w", t.ID, err)
		}
		if t, err = k.Store.Target(ctx, t.Space, t.ID); err != nil {
			return fmt.Errorf("target %s: %w", t.ID, err)
		}
	}
	return fault.New(fault.Temporary, "target_contended", "The target %s changes too fast to be written now.", t.ID)
}

// Whole is the file of an account in one go, for catalogs that fit into most
// bytes; a larger one is a fault of kind TooLarge.
func (k *Writer) Whole(ctx context.Context, a port.Account, most int) ([]byte, error) {
	var out bytes.Buffer
	for cursor, first := "", true; first || cursor != ""; first = false {
		var err error
		if cursor, _, err = k.page(ctx, &out, a, cursor, first); err != nil {
			return nil, err
		}
		if out.Len() > most {
			return nil, fault.New(fault.TooLarge, "feed_too_large", "The catalog is too large to be answered at once. Choose “feed” for this connection's catalog: then its file is written ahead.")
		}
	}
	return out.Bytes(), nil
}

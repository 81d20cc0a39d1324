package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// rowMax is how much of a call its row holds; a larger one lies in a blob.
	rowMax = 200 << 10
	// blobMax is far above what 5,000 listings take: about 500 bytes each.
	blobMax = 64 << 20
)

// detail is the part of a call that grows with its listings. It never changes
// once the call has begun.
type detail struct {
	Listings []commerce.ListingID                 `json:"listings"`
	Intent   map[string]string                    `json:"intent,omitempty"`
	Items    map[commerce.ListingID]port.CallItem `json:"items"`
}

// beginCall stores a call for the first time, a large one in a blob beside its
// row. The blob goes by itself after a week, whatever happens: the marks of the
// call stay until its listings have their outcome.
func (r *run) beginCall(ctx context.Context, c port.Call) error {
	raw, err := json.Marshal(detail{c.Listings, c.Intent, c.Items})
	if err != nil {
		return err
	}
	if len(raw) > rowMax {
		c.Blob = "tmp/calls/" + commerce.Derive("call", string(r.space), string(r.target.ID), c.ID)
		if err := r.Blobs.PutBlob(ctx, c.Blob, "application/json", raw); err != nil {
			return err
		}
	}
	return r.keepCall(ctx, c)
}

// keepCall stores what has changed of a call.
func (r *run) keepCall(ctx context.Context, c port.Call) error {
	row := c
	if c.Blob != "" {
		row.Listings, row.Intent, row.Items = nil, nil, nil
	}
	if err := r.Store.PutCall(ctx, r.space, r.target.ID, row); err != nil {
		return err
	}
	r.calls[c.ID] = c
	return nil
}

// endCall forgets a call.
func (r *run) endCall(ctx context.Context, id string) error {
	c := r.calls[id]
	delete(r.calls, id)
	if err := r.Store.DeleteCall(ctx, r.space, r.target.ID, id); err != nil {
		return err
	}
	if c.Blob != "" {
		return r.Blobs.DeleteBlob(ctx, c.Blob)
	}
	return nil
}

// whole is a call with its listings. One whose blob has gone was left alone for
// a week: it is forgotten, and its marks are worked anew.
func (r *run) whole(ctx context.Context, id string) (c port.Call, found bool, err error) {
	c = r.calls[id]
	if c.Blob == "" || c.Items != nil {
		return c, true, nil
	}
	raw, err := r.Blobs.Blob(ctx, c.Blob, blobMax)
	if fault.Is(err, fault.NotFound) {
		return c, false, r.endCall(ctx, id)
	}
	var d detail
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		return c, false, fmt.Errorf("read call %s: %w", id, err)
	}
	c.Listings, c.Intent, c.Items = d.Listings, d.Intent, d.Items
	r.calls[id] = c
	return c, true, nil
}

// busy are the products in open calls: an item is never in two at a time.
func (r *run) busy(ctx context.Context) (map[commerce.ProductID]bool, error) {
	busy := map[commerce.ProductID]bool{}
	for _, id := range r.openIDs() {
		c, found, err := r.whole(ctx, id)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		for _, l := range c.Listings[min(c.Settled, len(c.Listings)):] {
			busy[c.Items[l].Product] = true
		}
	}
	return busy, nil
}

// openIDs are the open calls, the oldest first.
func (r *run) openIDs() []string {
	ids := make([]string, 0, len(r.calls))
	for id := range r.calls {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(r.calls[a].BeganAt.Compare(r.calls[b].BeganAt), cmp.Compare(a, b))
	})
	return ids
}

// saver stores what must survive a crash in the middle of a write. What is
// already a fact is stored even if the slice is over by now.
type saver struct {
	*run
	jobs map[commerce.ListingID]*job
}

func (r *run) saver(jobs []*job) *saver {
	s := &saver{run: r, jobs: make(map[commerce.ListingID]*job, len(jobs))}
	for _, j := range jobs {
		s.jobs[j.change.Listing.ID] = j
	}
	return s
}

// Begin stores a call before it goes out.
func (s *saver) Begin(ctx context.Context, c channel.Call) error {
	c.BeganAt, c.Items = s.Now(), make(map[commerce.ListingID]port.CallItem, len(c.Listings))
	for _, id := range c.Listings {
		j, ok := s.jobs[id]
		if !ok {
			return unknownListing()
		}
		c.Items[id] = j.item()
	}
	if err := s.beginCall(ctx, c); err != nil {
		return fmt.Errorf("store call %s before it goes out: %w", c.Kind, err)
	}
	return nil
}

// item is what a call has to know of a job.
func (j *job) item() port.CallItem {
	shown := with(nil, j.shown, j.change.Groups)
	if j.shown[commerce.GroupStock] == gone {
		shown = j.shown
	}
	return port.CallItem{Product: j.product.ID, Groups: j.change.Groups, Shown: shown, Marks: j.marks}
}

// Sent stores the token of an asynchronous call.
func (s *saver) Sent(ctx context.Context, id, token string, checkAt time.Time) error {
	c, ok := s.calls[id]
	if !ok {
		return fault.New(fault.Internal, "unknown_call", "A connector named a call it never began.")
	}
	c.Token, c.CheckAt = token, checkAt
	return s.keepCall(context.WithoutCancel(ctx), c)
}

// Created stores remote ids as soon as they exist.
func (s *saver) Created(ctx context.Context, res channel.Result) error {
	j, ok := s.jobs[res.Listing]
	if !ok {
		return unknownListing()
	}
	put, err := s.put(context.WithoutCancel(ctx), s.merge(j.change.Listing, res))
	if err != nil {
		return err
	}
	s.listings[put.ID], j.change.Listing = put, put
	return nil
}

func unknownListing() error {
	return fault.New(fault.Internal, "unknown_listing", "A connector named a listing it was not given.")
}

// End forgets a call.
func (s *saver) End(ctx context.Context, id string) error {
	return s.endCall(context.WithoutCancel(ctx), id)
}

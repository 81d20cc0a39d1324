package channeltest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

var errDead = errors.New("the process is dead")

// books are what the product has stored about its listings and open calls. It
// is the saver of Apply and outlives a connector; nothing can be stored while
// the process is dead.
type books struct {
	w World

	mu       sync.Mutex
	listings map[commerce.ListingID]commerce.Listing
	groups   map[commerce.ListingID][]commerce.Group // of the change that is being written
	calls    map[string]channel.Call
	begun    int
}

var _ channel.Saver = (*books)(nil)

func newBooks(w World) *books {
	return &books{w: w, listings: map[commerce.ListingID]commerce.Listing{}, groups: map[commerce.ListingID][]commerce.Group{}, calls: map[string]channel.Call{}}
}

func (b *books) now() time.Time { return b.w.Env().Now() }

func (b *books) Begin(_ context.Context, c channel.Call) error {
	if b.w.Dead() {
		return errDead
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c.BeganAt, c.Items = b.now(), map[commerce.ListingID]port.CallItem{}
	for _, id := range c.Listings {
		c.Items[id] = port.CallItem{Product: b.listings[id].Product, Groups: slices.Clone(b.groups[id])}
	}
	c.Intent = maps.Clone(c.Intent)
	b.calls[c.ID] = c
	b.begun++
	return nil
}

func (b *books) Sent(_ context.Context, id, token string, checkAt time.Time) error {
	if b.w.Dead() {
		return errDead
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok := b.calls[id]
	if !ok {
		return errors.New("a token for a call that was never begun")
	}
	c.Token, c.CheckAt = token, checkAt
	b.calls[id] = c
	return nil
}

func (b *books) Created(_ context.Context, r channel.Result) error {
	if b.w.Dead() {
		return errDead
	}
	b.merge(r)
	return nil
}

func (b *books) End(_ context.Context, id string) error {
	if b.w.Dead() {
		return errDead
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.calls, id)
	return nil
}

// merge lays a result over a listing, as the product does.
func (b *books) merge(r channel.Result) commerce.Listing {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.listings[r.Listing]
	if r.Remote != "" {
		l.Remote = r.Remote
	}
	if len(r.Items) > 0 {
		l.Items = maps.Clone(l.Items)
		if l.Items == nil {
			l.Items = map[commerce.VariantID]commerce.RemoteID{}
		}
		maps.Copy(l.Items, r.Items)
	}
	if r.Extra != nil {
		l.Extra = r.Extra
	}
	l.Views = maps.Clone(l.Views)
	for c, v := range r.Views {
		old := l.Views[c]
		next := commerce.View{Channel: c, Wanted: old.Wanted, State: v.State, Review: v.Review, Problems: v.Problems, URL: v.URL, Waiting: v.Waiting, Since: old.Since}
		if next.URL == "" {
			next.URL = old.URL
		}
		if next.State == "" {
			next.State = old.State
		}
		if next.State != old.State {
			next.Since = b.now()
		}
		l.Views[c] = next
	}
	l.Version++
	b.listings[r.Listing] = l
	return l
}

func (b *books) listing(id commerce.ListingID) commerce.Listing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.listings[id]
}

func (b *books) put(l commerce.Listing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listings[l.ID] = l
}

// writing notes the groups of a change before it is handed to Apply.
func (b *books) writing(id commerce.ListingID, groups []commerce.Group) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.groups[id] = groups
}

// open are the calls whose outcome is not known, oldest first.
func (b *books) open() []channel.Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.SortedFunc(maps.Values(b.calls), func(x, y channel.Call) int { return x.BeganAt.Compare(y.BeganAt) })
}

func (b *books) postpone(c channel.Call, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.CheckAt = at
	b.calls[c.ID] = c
}

func (b *books) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.calls, id)
}

// busy says whether a listing is part of an open call.
func (b *books) busy(id commerce.ListingID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if slices.Contains(c.Listings, id) {
			return true
		}
	}
	return false
}

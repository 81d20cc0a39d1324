package dynamo

import (
	"context"
	"reflect"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// Listing implements port.Catalog.
func (s *Store) Listing(ctx context.Context, w commerce.WorkspaceID, id commerce.ListingID) (commerce.Listing, error) {
	return load[commerce.Listing](ctx, s, listingKey(w, id), "listing", string(id))
}

// Listings implements port.Catalog. It reads consistently; missing ones are
// left out.
func (s *Store) Listings(ctx context.Context, w commerce.WorkspaceID, ids []commerce.ListingID) ([]commerce.Listing, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = listingKey(w, id)
	}
	return loadAll[commerce.Listing](ctx, s, keys, true)
}

// attrTitle is the title the views of a listing show.
const attrTitle = "title"

func listingPut(w commerce.WorkspaceID, l commerce.Listing, title string, read int64) op {
	r := row{key: listingKey(w, l.ID), entity: "listing", version: l.Version, record: l, extra: item{attrTitle: text(title)}}
	return put(r).ifVersion(read, moved("listing", string(l.ID)))
}

// viewRow is a listing on a channel as lists show it.
func viewRow(w commerce.WorkspaceID, l commerce.Listing, v commerce.View, title string) row {
	return row{
		key: viewKey(w, l.ID, v.Channel), entity: "view", view: port.ListingItem{
			Listing: l.ID, Product: l.Product, Title: title, Channel: v.Channel, State: v.State,
			Problems: v.Problems, URL: v.URL, Waiting: v.Waiting, Since: v.Since,
		},
		g1: viewEntry(w, v.Channel, l.CreatedAt, l.ID), g2: viewStateEntry(w, l.ID, v),
	}
}

// ListListings implements port.Catalog: newest listing first, or latest change
// first where a state is asked for.
func (s *Store) ListListings(ctx context.Context, w commerce.WorkspaceID, f port.ListingFilter, p port.Page) (port.List[port.ListingItem], error) {
	var asked []commerce.Channel
	if f.Channel != "" {
		asked = []commerce.Channel{f.Channel}
	}
	l := list{name: join("listings", part(string(f.Channel)), part(string(f.State))), space: w, index: indexG1}
	for _, c := range s.over(asked) {
		if f.State == "" {
			l.sources = append(l.sources, source{pk: in(w, "lst", part(string(c)))})
		} else {
			l.index = indexG2
			l.sources = append(l.sources, source{in(w, "lst", "s", part(string(f.State))), part(string(c)) + "#"})
		}
	}
	return viewPage[port.ListingItem](ctx, s, l, p)
}

// Views implements port.Catalog. It costs 0.5 for each view of up to 4 KB,
// whatever the listing behind it weighs.
func (s *Store) Views(ctx context.Context, w commerce.WorkspaceID, ids []port.ViewID) ([]port.ListingItem, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = viewKey(w, id.Listing, id.Channel)
	}
	found, err := s.batchGet(ctx, keys, false)
	if err != nil {
		return nil, err
	}
	views := make([]port.ListingItem, 0, len(found))
	for _, k := range keys {
		it, ok := found[k]
		if !ok {
			continue
		}
		view, err := decodeView[port.ListingItem](it)
		if err != nil {
			return nil, err
		}
		views = append(views, view)
		delete(found, k)
	}
	return views, nil
}

// PutListing implements port.Catalog. The listing is read first: what has not
// changed of its views and remote ids is not written again. Remote ids are
// facts that never stop being so; they go ahead of the transaction, which
// could not hold those of a large product.
func (s *Store) PutListing(ctx context.Context, w commerce.WorkspaceID, l port.ListingWrite) (commerce.Listing, error) {
	next := l.Listing
	next.Version++
	old, title, err := s.listingBefore(ctx, w, l.Listing)
	if err != nil {
		return l.Listing, err
	}
	if err := s.batchWrite(ctx, remotePuts(w, old, next)); err != nil {
		return l.Listing, err
	}
	ops := []op{listingPut(w, next, l.Title, l.Listing.Version)}
	for c, v := range next.Views {
		if before, ok := old.Views[c]; !ok || title != l.Title || !reflect.DeepEqual(before, v) {
			ops = append(ops, put(viewRow(w, next, v, l.Title)))
		}
	}
	for c := range old.Views {
		if _, still := next.Views[c]; !still {
			ops = append(ops, remove(viewKey(w, next.ID, c)))
		}
	}
	for _, m := range uniqueMarks(l.Drop) {
		ops = append(ops, markDrop(m))
	}
	if l.EndCall != "" {
		ops = append(ops, remove(callKey(w, next.Target, l.EndCall)))
	}
	if err := s.write(ctx, ops...); err != nil {
		return l.Listing, err
	}
	return next, nil
}

// listingBefore is the listing as stored and the title its views show; it must
// have the version that was read.
func (s *Store) listingBefore(ctx context.Context, w commerce.WorkspaceID, l commerce.Listing) (commerce.Listing, string, error) {
	it, err := s.get(ctx, listingKey(w, l.ID))
	if err != nil {
		return commerce.Listing{}, "", err
	}
	var old commerce.Listing
	if it != nil {
		old, err = decode[commerce.Listing](it)
	}
	if err == nil && old.Version != l.Version {
		err = moved("listing", string(l.ID))
	}
	return old, textOf(it, attrTitle), err
}

// remoteRecord says what a remote id stands for, and which it is: the stream
// tells the record, not its key.
type remoteRecord struct {
	port.RemoteRef
	port.RemoteName
}

// remotePuts are the rows of remote ids that were not known before.
func remotePuts(w commerce.WorkspaceID, old, next commerce.Listing) []op {
	var ops []op
	add := func(kind port.RemoteKind, id commerce.RemoteID, variant commerce.VariantID) {
		ref := remoteRecord{
			port.RemoteRef{Listing: next.ID, Product: next.Product, Variant: variant},
			port.RemoteName{Target: next.Target, Kind: kind, ID: id},
		}
		ops = append(ops, put(row{key: remoteKey(w, next.Target, kind, id), entity: "remote", record: ref}))
	}
	if next.Remote != "" && next.Remote != old.Remote {
		add(port.RemoteListing, next.Remote, "")
	}
	for variant, id := range next.Items {
		if id != "" && id != old.Items[variant] {
			add(port.RemoteItem, id, variant)
		}
	}
	return ops
}

// Resolve implements port.Catalog. Ids a listing had before still resolve: old
// orders name them.
func (s *Store) Resolve(ctx context.Context, w commerce.WorkspaceID, t commerce.TargetID, kind port.RemoteKind, ids []commerce.RemoteID) (map[commerce.RemoteID]port.RemoteRef, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = remoteKey(w, t, kind, id)
	}
	found, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return nil, err
	}
	known := make(map[commerce.RemoteID]port.RemoteRef, len(found))
	for i, id := range ids {
		if it, ok := found[keys[i]]; ok {
			if known[id], err = decode[port.RemoteRef](it); err != nil {
				return nil, err
			}
		}
	}
	return known, nil
}

package metagraph

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// goneKey is where a listing remembers the variants whose items were deleted at
// Meta: their ids stay known, for orders that name them later.
const goneKey = "gone"

// memory is what is known of a listing's items. An item's id is the SKU its
// variant had when it was created, for ever.
type memory struct {
	items map[commerce.VariantID]commerce.RemoteID
	gone  map[commerce.VariantID]bool
}

func recall(l commerce.Listing) memory {
	m := memory{items: l.Items, gone: map[commerce.VariantID]bool{}}
	for v := range strings.SplitSeq(l.Extra[goneKey], ",") {
		if v != "" {
			m.gone[commerce.VariantID(v)] = true
		}
	}
	return m
}

// there says whether a variant has an item at Meta.
func (m memory) there(v commerce.VariantID) bool { return m.items[v] != "" && !m.gone[v] }

// alive lists the variants that have items, sorted.
func (m memory) alive() []commerce.VariantID {
	var ids []commerce.VariantID
	for v := range m.items {
		if m.there(v) {
			ids = append(ids, v)
		}
	}
	slices.Sort(ids)
	return ids
}

// extra is the listing's memory after items were made and removed; nil when
// nothing changed.
func (m memory) extra(l commerce.Listing, made, removed []commerce.VariantID) map[string]string {
	if len(made) == 0 && len(removed) == 0 {
		return nil
	}
	gone := make(map[commerce.VariantID]bool, len(m.gone)+len(removed))
	for v := range m.gone {
		gone[v] = true
	}
	for _, v := range removed {
		gone[v] = true
	}
	for _, v := range made {
		delete(gone, v)
	}
	next := map[string]string{}
	for k, v := range l.Extra {
		next[k] = v
	}
	ids := make([]string, 0, len(gone))
	for v := range gone {
		ids = append(ids, string(v))
	}
	slices.Sort(ids)
	next[goneKey] = strings.Join(ids, ",")
	if len(ids) == 0 {
		delete(next, goneKey)
	}
	return next
}

// intent is what a batch does to the items of one listing besides updating
// them, in the form a call remembers it: "+variant:item" for created,
// "-variant:item" for deleted ones, "=remote" for the listing's id, joined by
// commas, which no SKU for Meta contains.
type intent struct {
	remote  string
	made    map[commerce.VariantID]string
	removed map[commerce.VariantID]string
}

func (i intent) encode() string {
	var parts []string
	add := func(sign string, m map[commerce.VariantID]string) {
		for v, id := range m {
			parts = append(parts, sign+string(v)+":"+id)
		}
	}
	add("+", i.made)
	add("-", i.removed)
	slices.Sort(parts)
	if i.remote != "" {
		parts = append(parts, "="+i.remote)
	}
	return strings.Join(parts, ",")
}

func decodeIntent(text string) intent {
	i := intent{made: map[commerce.VariantID]string{}, removed: map[commerce.VariantID]string{}}
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		v, id, _ := strings.Cut(part[1:], ":")
		switch part[0] {
		case '=':
			i.remote = part[1:]
		case '+':
			i.made[commerce.VariantID(v)] = id
		case '-':
			i.removed[commerce.VariantID(v)] = id
		}
	}
	return i
}

// wantedOn lists the channels that want the change, in a fixed order.
func wantedOn(c channel.Change) []commerce.Channel {
	var on []commerce.Channel
	for _, name := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		if c.Wanted[name] {
			on = append(on, name)
		}
	}
	return on
}

package metagraph

import (
	"maps"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// What a listing remembers: goneKey are variants whose items were deleted at
// Meta, their ids stay known for orders that name them later; toldKey is what
// Meta was told of each item, so that only fields that differ are sent.
const (
	goneKey = "gone"
	toldKey = "told"
)

// memory is what is known of a listing's items. An item's id is the SKU its
// variant had when it was created, for ever.
type memory struct {
	items map[commerce.VariantID]commerce.RemoteID
	gone  map[commerce.VariantID]bool
	told  map[commerce.VariantID]traits
}

func recall(l commerce.Listing) memory {
	m := memory{items: l.Items, gone: map[commerce.VariantID]bool{}, told: decodeTold(l.Extra[toldKey])}
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

// aliveIDs are the ids of a listing's items, sorted.
func aliveIDs(l commerce.Listing) []string {
	var ids []string
	for _, v := range recall(l).alive() {
		ids = append(ids, string(l.Items[v]))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// take notes what became of a step.
func (m memory) take(s step, succeeded bool) {
	switch {
	case s.method == made && succeeded:
		m.told[s.variant] = traits{}.told(s.sent)
		delete(m.gone, s.variant)
	case s.method == made:
		delete(m.told, s.variant)
	case s.method == gone && succeeded:
		m.gone[s.variant] = true
		delete(m.told, s.variant)
	case s.method == gone:
	case succeeded:
		m.told[s.variant] = m.told[s.variant].told(s.sent)
	default:
		m.told[s.variant] = m.told[s.variant].doubted(s.sent)
	}
}

// extra is the memory in the form a listing carries it, beside what others
// have put there.
func (m memory) extra(l commerce.Listing) map[string]string {
	next := maps.Clone(l.Extra)
	if next == nil {
		next = map[string]string{}
	}
	ids := make([]string, 0, len(m.gone))
	for v := range m.gone {
		ids = append(ids, string(v))
	}
	slices.Sort(ids)
	next[goneKey], next[toldKey] = strings.Join(ids, ","), encodeTold(m.told)
	maps.DeleteFunc(next, func(_, value string) bool { return value == "" })
	return next
}

// encodeTold writes "variant:traits" joined by commas. Traits that all variants
// share stand once, without a variant, in front.
func encodeTold(told map[commerce.VariantID]traits) string {
	var parts []string
	common := shared(told)
	if len(common) > 0 {
		parts = append(parts, ":"+common.encode())
	}
	for _, v := range slices.Sorted(maps.Keys(told)) {
		own := maps.Clone(told[v])
		maps.DeleteFunc(own, func(letter byte, d string) bool { return common[letter] == d })
		parts = append(parts, string(v)+":"+own.encode())
	}
	return strings.Join(parts, ",")
}

func shared(told map[commerce.VariantID]traits) traits {
	var common traits
	for _, t := range told {
		if common == nil {
			common = maps.Clone(t)
			continue
		}
		maps.DeleteFunc(common, func(letter byte, d string) bool { return t[letter] != d })
	}
	if len(told) < 2 {
		return nil
	}
	return common
}

func decodeTold(text string) map[commerce.VariantID]traits {
	told := map[commerce.VariantID]traits{}
	common := traits{}
	for part := range strings.SplitSeq(text, ",") {
		v, encoded, ok := strings.Cut(part, ":")
		switch {
		case !ok:
		case v == "":
			common = decodeTraits(encoded)
		default:
			told[commerce.VariantID(v)] = common.told(decodeTraits(encoded))
		}
	}
	return told
}

// The methods of a step, as an intent writes them.
const (
	made    = '+'
	updated = '~'
	gone    = '-'
)

// step is what a call does to one item.
type step struct {
	method  byte
	variant commerce.VariantID
	id      string
	sent    traits // of made and updated
}

// intent is what a call does to the items of one listing, in the form a call
// remembers it: "+variant:item:traits" for created, "~…" for updated,
// "-variant:item" for deleted ones, "=remote" for the listing's id, and "*"
// where the rest of the listing follows in another call; joined by commas,
// which no SKU for Meta contains.
type intent struct {
	steps  []step
	remote string
	part   bool
}

func (i intent) encode() string {
	var b strings.Builder
	for _, s := range i.steps {
		b.WriteByte(s.method)
		b.WriteString(string(s.variant) + ":" + s.id)
		if s.method != gone {
			b.WriteString(":" + s.sent.encode())
		}
		b.WriteByte(',')
	}
	if i.part {
		b.WriteString("*,")
	}
	if i.remote != "" {
		b.WriteString("=" + i.remote)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func decodeIntent(text string) intent {
	var i intent
	for part := range strings.SplitSeq(text, ",") {
		if part == "" {
			continue
		}
		switch part[0] {
		case '=':
			i.remote = part[1:]
		case '*':
			i.part = true
		case made, updated, gone:
			v, rest, _ := strings.Cut(part[1:], ":")
			id, encoded, _ := strings.Cut(rest, ":")
			i.steps = append(i.steps, step{method: part[0], variant: commerce.VariantID(v), id: id, sent: decodeTraits(encoded)})
		}
	}
	return i
}

func (i intent) ids() []string {
	ids := make([]string, 0, len(i.steps))
	for _, s := range i.steps {
		ids = append(ids, s.id)
	}
	return ids
}

func (i intent) has(method byte) bool {
	return slices.ContainsFunc(i.steps, func(s step) bool { return s.method == method })
}

// touches says whether a field of a group went out with an update.
func (i intent) touches(groups ...commerce.Group) bool {
	for _, f := range fields() {
		if slices.Contains(groups, f.group) && slices.ContainsFunc(i.steps, func(s step) bool { _, sent := s.sent[f.letter]; return sent }) {
			return true
		}
	}
	return false
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

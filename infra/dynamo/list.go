package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// list is a list over one or several parts of an index, merged. The sort keys
// of all its sources, without their prefixes, are one total order that names
// each row once; a position in it is a position in every source, so that a
// cursor is one such position.
type list struct {
	name    string // of the list and its filter: a cursor fits no other
	space   commerce.WorkspaceID
	index   string
	forward bool // oldest or lowest first
	sources []source
}

// source is one partition of a list, and what its sort keys begin with.
type source struct{ pk, prefix string }

// hit is a row of a list and its position.
type hit struct {
	position string
	item     item
}

// page reads the next rows of a list. A limit outside 1..100 or a cursor that
// was not handed out for this list is a fault of kind Invalid.
func (s *Store) page(ctx context.Context, l list, p port.Page) ([]item, string, error) {
	if p.Limit < 1 || p.Limit > 100 {
		return nil, "", invalidField("limit", "limit_invalid", "The limit is %d; it must be 1 to 100.", p.Limit)
	}
	after, err := l.position(p.Cursor)
	if err != nil {
		return nil, "", err
	}
	parts := make([][]hit, len(l.sources))
	err = each(ctx, numbers(len(l.sources)), func(ctx context.Context, i int) (err error) {
		parts[i], err = s.hits(ctx, l, l.sources[i], after, p.Limit+1)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	hits := slices.Concat(parts...)
	slices.SortFunc(hits, func(a, b hit) int {
		if l.forward {
			return strings.Compare(a.position, b.position)
		}
		return strings.Compare(b.position, a.position)
	})
	next := ""
	if len(hits) > p.Limit {
		hits = hits[:p.Limit]
		next = l.cursor(hits[p.Limit-1].position)
	}
	items := make([]item, len(hits))
	for i, h := range hits {
		items[i] = h.item
	}
	return items, next, nil
}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// hits reads rows of one source behind a position. Both ends of a Query's span
// are included, so that one more is asked for and the position itself left out.
func (s *Store) hits(ctx context.Context, l list, from source, after string, limit int) ([]hit, error) {
	p := span{index: l.index, pk: from.pk, from: from.prefix, to: from.prefix + last, forward: l.forward, limit: limit + 1}
	switch {
	case after != "" && l.forward:
		p.from += after
	case after != "":
		p.to = from.prefix + after
	}
	found, err := s.query(ctx, p)
	if err != nil {
		return nil, err
	}
	_, sk := p.attrs()
	hits := make([]hit, 0, len(found))
	for _, it := range found {
		if at := strings.TrimPrefix(textOf(it, sk), from.prefix); at != after {
			hits = append(hits, hit{at, it})
		}
	}
	return hits, nil
}

// checkSize is the length of the digest that binds a cursor to its list. It
// catches mistakes; what protects other workspaces is that a cursor is only
// ever a position within partitions the request itself names.
const checkSize = 9

func (l list) check(position string) []byte {
	sum := sha256.Sum256([]byte(join("1", l.name, part(string(l.space)), position)))
	return sum[:checkSize]
}

func (l list) cursor(position string) string {
	return base64.RawURLEncoding.EncodeToString(append(l.check(position), position...))
}

func (l list) position(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || base64.RawURLEncoding.EncodeToString(raw) != cursor || len(raw) <= checkSize || len(raw) > checkSize+1024 || !utf8.Valid(raw[checkSize:]) ||
		string(l.check(string(raw[checkSize:]))) != string(raw[:checkSize]) {
		return "", invalidField("cursor", "cursor_invalid", "The cursor does not belong to this list; begin without one.")
	}
	return string(raw[checkSize:]), nil
}

func invalidField(field, code, format string, args ...any) error {
	e := fault.New(fault.Invalid, code, format, args...)
	e.Field = field
	return e
}

// viewPage reads a page of a list whose index entries hold all that is shown.
func viewPage[T any](ctx context.Context, s *Store, l list, p port.Page) (port.List[T], error) {
	items, next, err := s.page(ctx, l, p)
	if err != nil {
		return port.List[T]{}, err
	}
	shown := make([]T, 0, len(items))
	for _, it := range items {
		one, err := decodeView[T](it)
		if err != nil {
			return port.List[T]{}, err
		}
		shown = append(shown, one)
	}
	return port.List[T]{Items: shown, Next: next}, nil
}

// recordPage reads a page of a list whose index entries are keys only.
func recordPage[T any](ctx context.Context, s *Store, l list, p port.Page) (port.List[T], error) {
	items, next, err := s.page(ctx, l, p)
	if err != nil {
		return port.List[T]{}, err
	}
	keys := make([]key, len(items))
	for i, it := range items {
		keys[i] = keyOf(it)
	}
	records, err := loadAll[T](ctx, s, keys, false)
	return port.List[T]{Items: records, Next: next}, err
}

// over is the channels a list goes over: those asked for, each once, or all.
func (s *Store) over(asked []commerce.Channel) []commerce.Channel {
	if len(asked) == 0 {
		return s.channels
	}
	asked = slices.Clone(asked)
	slices.Sort(asked)
	return slices.Compact(asked)
}

// known refuses a channel no list over all channels would show.
func (s *Store) known(c commerce.Channel) error {
	if slices.Contains(s.channels, c) {
		return nil
	}
	return invalidField("channel", "channel_unknown", "The channel %q is not one of this installation; name it in the store's options.", c)
}

func channelNames(channels []commerce.Channel) string {
	names := make([]string, len(channels))
	for i, c := range channels {
		names[i] = part(string(c))
	}
	return strings.Join(names, ",")
}

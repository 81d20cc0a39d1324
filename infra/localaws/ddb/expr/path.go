package expr

import (
	"strconv"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Step is one piece of a document path: a name, or an index into a list.
type Step struct {
	// Name is the attribute or map key; empty for an index.
	Name string
	// Index is the position in a list, -1 for a name.
	Index int
}

// Path leads from an item to a value inside it. The first step is a name.
type Path []Step

// IsIndex says whether the step is a list index.
func (s Step) IsIndex() bool { return s.Index >= 0 }

// String is the path the way DynamoDB prints it, for example "[a, [1], b]".
func (p Path) String() string {
	pieces := make([]string, len(p))
	for i, s := range p {
		pieces[i] = s.Name
		if s.IsIndex() {
			pieces[i] = "[" + strconv.Itoa(s.Index) + "]"
		}
	}
	return "[" + strings.Join(pieces, ", ") + "]"
}

// Find is the value at the path.
func (p Path) Find(it attr.Item) (attr.Value, bool) {
	v, ok := it[p[0].Name]
	for _, s := range p[1:] {
		if !ok {
			break
		}
		v, ok = s.in(v)
	}
	return v, ok
}

// in takes one step into a list or a map.
func (s Step) in(v attr.Value) (attr.Value, bool) {
	if s.IsIndex() {
		if v.Kind != attr.L || s.Index >= len(v.List) {
			return attr.Value{}, false
		}
		return v.List[s.Index], true
	}
	if v.Kind != attr.M {
		return attr.Value{}, false
	}
	w, ok := v.Map[s.Name]
	return w, ok
}

// relation says how two paths collide: one may be the other's ancestor, or
// they may treat one value both as a list and as a map.
type relation uint8

const (
	apart relation = iota
	overlapping
	conflicting
)

func relate(a, b Path) relation {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		if a[i].IsIndex() != b[i].IsIndex() {
			return conflicting
		}
		return apart
	}
	return overlapping
}

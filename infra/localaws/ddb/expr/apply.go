package expr

import (
	"maps"
	"slices"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// The refusals that depend on the item, in the words of DynamoDB.
const (
	ErrNoAttribute = attr.Invalid("The provided expression refers to an attribute that does not exist in the item")
	ErrBadPath     = attr.Invalid("The document path provided in the update expression is invalid for update")
	ErrBadOperand  = attr.Invalid("An operand in the update expression has an incorrect data type")
)

// change is what one action does to an item once its operands are known.
type change struct {
	path   Path
	value  attr.Value
	remove bool
}

// Apply is the item after the update; the given one is left alone. Every
// operand is read from the given item, whatever the other actions do. Errors
// are attr.Invalid.
func (u *Update) Apply(it attr.Item) (attr.Item, error) {
	changes := make([]change, 0, len(u.actions))
	for _, a := range u.actions {
		c, ok, err := a.resolve(it)
		if err != nil {
			return nil, err
		}
		if ok {
			changes = append(changes, c)
		}
	}
	slices.SortStableFunc(changes, inOrder)
	root := attr.Value{Kind: attr.M, Map: it}
	if len(changes) == 0 {
		root.Map = maps.Clone(it)
	}
	for _, c := range changes {
		next, err := c.on(root, c.path)
		if err != nil {
			return nil, err
		}
		root = next
	}
	return root.Map, nil
}

// inOrder puts removals last and from the back, so that no index moves before
// it was used, and writes from the front, so that elements beyond the end of
// a list are appended in the order of their indexes.
func inOrder(a, b change) int {
	if a.remove != b.remove {
		if b.remove {
			return -1
		}
		return 1
	}
	order := slices.CompareFunc(a.path, b.path, func(s, t Step) int { return s.Index - t.Index })
	if a.remove {
		return -order
	}
	return order
}

// resolve reads an action's operands; ok is false when nothing is to be done.
func (a action) resolve(it attr.Item) (c change, ok bool, err error) {
	c = change{path: a.path}
	if a.section == "REMOVE" {
		c.remove = true
		return c, true, nil
	}
	v, err := a.value.compute(it)
	if err != nil {
		return c, false, err
	}
	c.value = v
	if a.section == "SET" {
		return c, true, nil
	}
	old, exists := a.path.Find(it)
	if a.section == "DELETE" {
		return c.without(old, exists)
	}
	if exists {
		c.value, err = sum(old, v)
	}
	return c, err == nil, err
}

// without turns DELETE into a write of the smaller set, or into a removal when
// nothing is left. Removing a missing attribute still checks the path.
func (c change) without(old attr.Value, exists bool) (change, bool, error) {
	if !exists {
		c.remove = true
		return c, true, nil
	}
	if old.Kind != c.value.Kind {
		return c, false, ErrBadOperand
	}
	c.value = old.Minus(c.value)
	c.remove = len(c.value.List) == 0
	return c, true, nil
}

// sum is what ADD leaves: the sum of numbers or the union of sets.
func sum(old, v attr.Value) (attr.Value, error) {
	switch {
	case old.Kind != v.Kind:
		return attr.Value{}, ErrBadOperand
	case v.Kind == attr.N:
		n, err := old.Num.Add(v.Num)
		return attr.Num(n), err
	}
	return old.Union(v), nil
}

// compute is the value of the right side of SET.
func (n *node) compute(it attr.Item) (attr.Value, error) {
	switch n.op {
	case opValue:
		return n.value, nil
	case opPath:
		v, ok := n.path.Find(it)
		if !ok {
			return v, ErrNoAttribute
		}
		return v, nil
	case "if_not_exists":
		if v, ok := n.args[0].path.Find(it); ok {
			return v, nil
		}
		return n.args[1].compute(it)
	}
	a, err := n.args[0].compute(it)
	if err != nil {
		return a, err
	}
	b, err := n.args[1].compute(it)
	if err != nil {
		return b, err
	}
	return combine(n.op, a, b)
}

func combine(op string, a, b attr.Value) (attr.Value, error) {
	if op == "list_append" {
		if a.Kind != attr.L || b.Kind != attr.L {
			return attr.Value{}, ErrBadOperand
		}
		return attr.Value{Kind: attr.L, List: slices.Concat(a.List, b.List)}, nil
	}
	if a.Kind != attr.N || b.Kind != attr.N {
		return attr.Value{}, ErrBadOperand
	}
	add := attr.Number.Add
	if op == "-" {
		add = attr.Number.Sub
	}
	n, err := add(a.Num, b.Num)
	return attr.Num(n), err
}

// on copies the value along the path and makes the change at its end.
func (c change) on(v attr.Value, path Path) (attr.Value, error) {
	step, last := path[0], len(path) == 1
	switch {
	case step.IsIndex() && v.Kind == attr.L:
		return c.onList(v, path)
	case step.IsIndex() || v.Kind != attr.M:
		return v, ErrBadPath
	case !last:
		child, ok := v.Map[step.Name]
		if !ok {
			return v, ErrBadPath
		}
		child, err := c.on(child, path[1:])
		return withKey(v, step.Name, child), err
	case c.remove:
		out := attr.Value{Kind: attr.M, Map: maps.Clone(v.Map)}
		delete(out.Map, step.Name)
		return out, nil
	}
	return withKey(v, step.Name, c.value), nil
}

func withKey(v attr.Value, name string, child attr.Value) attr.Value {
	out := attr.Value{Kind: attr.M, Map: make(map[string]attr.Value, len(v.Map)+1)}
	maps.Copy(out.Map, v.Map)
	out.Map[name] = child
	return out
}

func (c change) onList(v attr.Value, path Path) (attr.Value, error) {
	i, last := path[0].Index, len(path) == 1
	out := attr.Value{Kind: attr.L, List: slices.Clone(v.List)}
	switch {
	case i >= len(v.List) && !last:
		return v, ErrBadPath
	case i >= len(v.List) && c.remove:
		return v, nil
	case i >= len(v.List):
		out.List = append(out.List, c.value)
	case !last:
		child, err := c.on(v.List[i], path[1:])
		if err != nil {
			return v, err
		}
		out.List[i] = child
	case c.remove:
		out.List = slices.Delete(out.List, i, i+1)
	default:
		out.List[i] = c.value
	}
	return out, nil
}

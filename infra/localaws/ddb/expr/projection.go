package expr

import (
	"slices"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Projection is a parsed list of the paths to return.
type Projection struct{ paths []Path }

// ParseProjection reads a ProjectionExpression. Errors are attr.Invalid.
func ParseProjection(source string, env *Env) (*Projection, error) {
	p, err := newParser("ProjectionExpression", source, env)
	if err != nil {
		return nil, err
	}
	var paths []Path
	for p.broken == nil {
		path := p.document().path
		p.checkPath(paths, path)
		paths = append(paths, path)
		if !p.accept(",") {
			break
		}
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return &Projection{paths: paths}, nil
}

// checkPath refuses a path that collides with one before it.
func (p *parser) checkPath(earlier []Path, path Path) {
	if p.broken != nil || p.worst.rank < rankOverlap {
		return
	}
	for _, other := range earlier {
		paths := "must remove or rewrite one of these paths; path one: " + other.String() + ", path two: " + path.String()
		switch relate(other, path) {
		case overlapping:
			p.fault(rankOverlap, "Two document paths overlap with each other; "+paths)
		case conflicting:
			p.fault(rankConflict, "Two document paths conflict with each other; "+paths)
		}
	}
}

// Names are the top-level attributes that the projection touches.
func (pr *Projection) Names() []string {
	var names []string
	for _, path := range pr.paths {
		if !slices.Contains(names, path[0].Name) {
			names = append(names, path[0].Name)
		}
	}
	return names
}

// Apply is the item with nothing but the projected paths. List elements move
// together in their order.
func (pr *Projection) Apply(it attr.Item) attr.Item { return project(it, pr.paths) }

// selection is the part of a document that is wanted: all of it, or some of
// its children.
type selection struct {
	all      bool
	children map[Step]*selection
}

func (s *selection) child(step Step) *selection {
	if s.children == nil {
		s.children = map[Step]*selection{}
	}
	c := s.children[step]
	if c == nil {
		c = &selection{}
		s.children[step] = c
	}
	return c
}

func project(it attr.Item, paths []Path) attr.Item {
	root := &selection{}
	for _, path := range paths {
		if _, ok := path.Find(it); !ok {
			continue
		}
		s := root
		for _, step := range path {
			s = s.child(step)
		}
		s.all = true
	}
	out := attr.Item{}
	for step, s := range root.children {
		out[step.Name] = s.pick(it[step.Name])
	}
	return out
}

func (s *selection) pick(v attr.Value) attr.Value {
	if s.all {
		return v
	}
	if v.Kind == attr.L {
		out := attr.Value{Kind: attr.L}
		for i, element := range v.List {
			if c, ok := s.children[Step{Index: i}]; ok {
				out.List = append(out.List, c.pick(element))
			}
		}
		return out
	}
	out := attr.Value{Kind: attr.M, Map: map[string]attr.Value{}}
	for step, c := range s.children {
		out.Map[step.Name] = c.pick(v.Map[step.Name])
	}
	return out
}

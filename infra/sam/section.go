package sam

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// section reads the fields of one resolved mapping and remembers which were
// asked for: what is left over at close is unknown, and an error.
type section struct {
	*reading
	path string
	node *yaml.Node
	used map[string]bool
}

func (r *reading) section(path string, n *yaml.Node) *section {
	s := &section{reading: r, path: path, node: n, used: map[string]bool{}}
	if n != nil && n.Kind != yaml.MappingNode {
		r.add(n, "%s must be a mapping", path)
		s.node = nil
	}
	return s
}

func (s *section) raw(key string) *yaml.Node {
	s.used[key] = true
	return child(s.node, key)
}

func (s *section) ignore(keys ...string) {
	for _, k := range keys {
		s.used[k] = true
	}
}

func (s *section) close() {
	if s.node == nil {
		return
	}
	for i := 0; i+1 < len(s.node.Content); i += 2 {
		if k := s.node.Content[i]; !s.used[k.Value] {
			s.add(k, "%s: %s is not known here; remove it or teach infra/sam about it", s.path, k.Value)
		}
	}
}

// at is the node to blame for a field: the field, or the section without it.
func (s *section) at(key string) *yaml.Node {
	if n := child(s.node, key); n != nil {
		return n
	}
	return s.node
}

func (s *section) text(key, otherwise string) string {
	n := s.raw(key)
	if n == nil {
		return otherwise
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		s.add(n, "%s.%s must be text", s.path, key)
		return otherwise
	}
	return n.Value
}

func (s *section) required(key string) string {
	if s.raw(key) == nil {
		s.add(s.node, "%s needs %s", s.path, key)
		return ""
	}
	return s.text(key, "")
}

func (s *section) must(key, want string) {
	if got := s.required(key); got != want && got != "" {
		s.add(s.at(key), "%s.%s is %q, must be %q", s.path, key, got, want)
	}
}

// oneOf reads text that must be among the choices, of which the first is the
// default.
func (s *section) oneOf(key string, choices ...string) string {
	got := s.text(key, choices[0])
	for _, c := range choices {
		if got == c {
			return got
		}
	}
	s.add(s.at(key), "%s.%s is %q, must be one of %s", s.path, key, got, strings.Join(choices, ", "))
	return choices[0]
}

// bound is a whole number's default and limits, both included.
type bound struct{ otherwise, low, high int }

func (s *section) number(key string, b bound) int {
	n := s.raw(key)
	if n == nil {
		return b.otherwise
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		s.add(n, "%s.%s must be a whole number", s.path, key)
		return b.otherwise
	}
	if v < b.low || v > b.high {
		s.add(n, "%s.%s is %d, must be from %d to %d", s.path, key, v, b.low, b.high)
		return b.otherwise
	}
	return v
}

func (s *section) seconds(key string, b bound) time.Duration {
	return time.Duration(s.number(key, b)) * time.Second
}

func (s *section) flag(key string, otherwise bool) bool {
	n := s.raw(key)
	if n == nil {
		return otherwise
	}
	switch n.Value {
	case "true":
		return true
	case "false":
		return false
	}
	s.add(n, "%s.%s must be true or false", s.path, key)
	return otherwise
}

// list returns the elements; a single value counts as a list of one where
// CloudFormation allows it.
func (s *section) list(key string) []*yaml.Node {
	n := s.raw(key)
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	s.add(n, "%s.%s must be a list", s.path, key)
	return nil
}

func (s *section) texts(key string) []string {
	n := s.raw(key)
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var all []string
	for _, e := range s.list(key) {
		if e.Kind != yaml.ScalarNode {
			s.add(e, "%s.%s must hold text only", s.path, key)
			continue
		}
		all = append(all, e.Value)
	}
	return all
}

func (s *section) sub(key string) *section {
	return s.section(s.path+"."+key, s.raw(key))
}

func (s *section) has(key string) bool { return child(s.node, key) != nil }

// children are the fields of a mapping of mappings, in order.
func (s *section) children() []*section {
	if s.node == nil {
		return nil
	}
	var all []*section
	for i := 0; i+1 < len(s.node.Content); i += 2 {
		k := s.node.Content[i]
		s.used[k.Value] = true
		all = append(all, s.section(s.path+"."+k.Value, s.node.Content[i+1]))
	}
	return all
}

// items are the elements of a list of mappings.
func (s *section) items(key string) []*section {
	var all []*section
	for i, n := range s.list(key) {
		all = append(all, s.section(s.path+"."+key+"["+strconv.Itoa(i)+"]", n))
	}
	return all
}

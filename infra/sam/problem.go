package sam

import (
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Problem is one thing wrong in a template.
type Problem struct {
	File string
	Line int
	Text string
}

// Error has the form "template.yaml:123: text".
func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// problems collects what is wrong, so that one run names everything.
type problems struct {
	file string
	list []*Problem
}

func (p *problems) add(n *yaml.Node, format string, args ...any) {
	line := 1
	if n != nil && n.Line > 0 {
		line = n.Line
	}
	one := Problem{File: p.file, Line: line, Text: fmt.Sprintf(format, args...)}
	// A value used in several places (Globals, a condition) is read in each.
	for _, old := range p.list {
		if *old == one {
			return
		}
	}
	p.list = append(p.list, &one)
}

func (p *problems) any() bool { return len(p.list) > 0 }

func (p *problems) err() error {
	slices.SortStableFunc(p.list, func(a, b *Problem) int { return a.Line - b.Line })
	all := make([]error, 0, len(p.list))
	for _, one := range p.list {
		all = append(all, one)
	}
	return errors.Join(all...)
}

package sam

import "go.yaml.in/yaml/v3"

// globals returns the Globals.Function section, or nil. The fields it may have
// are those of SAM's list that this package reads in a function.
func (r *reading) globals(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	s := r.section("Globals", n)
	f := s.raw("Function")
	s.close()
	if f == nil {
		return nil
	}
	fields := r.section("Globals.Function", f)
	fields.ignore("Handler", "Runtime", "CodeUri", "Timeout", "MemorySize", "Environment",
		"Architectures", "RecursiveLoop", "LoggingConfig", "PermissionsBoundary", "Tags", "Tracing")
	fields.close()
	return f
}

// merge lays a resource's own properties over the global ones as SAM does:
// mappings are joined, lists appended, everything else replaced.
func (r *reading) merge(global, own *yaml.Node) *yaml.Node {
	if global == nil {
		return own
	}
	if own == nil {
		return global
	}
	if global.Kind != own.Kind || r.computed(global) || r.computed(own) {
		return own
	}
	switch own.Kind {
	case yaml.SequenceNode:
		out := shell(own)
		out.Content = append(append(out.Content, global.Content...), own.Content...)
		return out
	case yaml.MappingNode:
		return r.mergeMaps(global, own)
	}
	return own
}

func (r *reading) mergeMaps(global, own *yaml.Node) *yaml.Node {
	out := shell(own)
	for i := 0; i+1 < len(global.Content); i += 2 {
		k := global.Content[i]
		out.Content = append(out.Content, k, r.merge(global.Content[i+1], child(own, k.Value)))
	}
	for i := 0; i+1 < len(own.Content); i += 2 {
		if k := own.Content[i]; child(global, k.Value) == nil {
			out.Content = append(out.Content, k, own.Content[i+1])
		}
	}
	return out
}

func (r *reading) computed(n *yaml.Node) bool {
	_, _, ok := r.intrinsic(n)
	return ok
}

package sam

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	defaultRegion    = "us-east-1"
	defaultAccount   = "000000000000"
	defaultPartition = "aws"
	defaultStack     = "manystall"
)

// reading is one pass over one template.
type reading struct {
	*problems
	root     *yaml.Node
	resolver Resolver
	given    map[string]string
	variable func(name string) (string, bool)
	pseudo   map[string]string

	parameters map[string]string
	mappings   *yaml.Node
	conditions *yaml.Node
	// decided holds the conditions already worked out; open ones are in work.
	decided map[string]bool
	open    map[string]bool

	resources map[string]*yaml.Node
	types     map[string]string
	order     []string
	// owner leads from a resolved ARN back to the resource it belongs to.
	owner map[string]string
}

func newReading(p *problems, root *yaml.Node, o Options) *reading {
	pick := func(v, otherwise string) string {
		if v == "" {
			return otherwise
		}
		return v
	}
	region, account := pick(o.Region, defaultRegion), pick(o.AccountID, defaultAccount)
	partition, stack := pick(o.Partition, defaultPartition), pick(o.StackName, defaultStack)
	return &reading{
		problems: p, root: root, resolver: o.Resolver, given: o.Parameters, variable: o.Variable,
		pseudo: map[string]string{
			"AWS::Region": region, "AWS::AccountId": account,
			"AWS::Partition": partition, "AWS::StackName": stack,
			"AWS::StackId":   "arn:" + partition + ":cloudformation:" + region + ":" + account + ":stack/" + stack + "/local",
			"AWS::URLSuffix": "amazonaws.com",
		},
		parameters: map[string]string{}, decided: map[string]bool{}, open: map[string]bool{},
		resources: map[string]*yaml.Node{}, types: map[string]string{}, owner: map[string]string{},
	}
}

// template reads the sections in the order in which they depend on each other.
func (r *reading) template() *Template {
	s := r.section("template", r.root)
	s.ignore("AWSTemplateFormatVersion", "Description", "Metadata")
	s.must("Transform", "AWS::Serverless-2016-10-31")
	r.readParameters(s.raw("Parameters"))
	r.mappings = s.raw("Mappings")
	r.conditions = s.raw("Conditions")
	r.checkConditions()
	globals := r.globals(s.raw("Globals"))
	resources := s.raw("Resources")
	outputs := s.raw("Outputs")
	s.close()
	if resources == nil || resources.Kind != yaml.MappingNode || len(resources.Content) == 0 {
		r.add(r.root, "the template has no Resources")
		return nil
	}
	r.indexResources(resources)
	t := &Template{Parameters: r.parameters, Outputs: map[string]string{}}
	for _, id := range r.order {
		r.readResource(t, id, globals)
	}
	r.checkTriggers(t)
	r.readOutputs(t, outputs)
	return t
}

// indexResources notes every resource's type first, since resources refer to
// each other in any order. Those whose Condition is false are not kept.
func (r *reading) indexResources(all *yaml.Node) {
	for i := 0; i+1 < len(all.Content); i += 2 {
		id, body := all.Content[i], all.Content[i+1]
		if !plainName(id.Value) {
			r.add(id, "a logical id has letters and digits only, not %q", id.Value)
			continue
		}
		kind := child(body, "Type")
		if kind == nil || kind.Kind != yaml.ScalarNode {
			r.add(id, "resource %s has no Type", id.Value)
			continue
		}
		if c := child(body, "Condition"); c != nil && !r.condition(c, c.Value) {
			continue
		}
		r.resources[id.Value], r.types[id.Value] = body, kind.Value
		r.order = append(r.order, id.Value)
	}
}

func (r *reading) readOutputs(t *Template, all *yaml.Node) {
	if all == nil {
		return
	}
	for _, one := range r.section("Outputs", all).children() {
		one.ignore("Description", "Export")
		if c := one.raw("Condition"); c != nil && !r.condition(c, c.Value) {
			one.ignore("Value")
			continue
		}
		v := r.eval(one.raw("Value"))
		one.close()
		if v == nil || v.Kind != yaml.ScalarNode {
			r.add(one.node, "%s needs a Value that is text", one.path)
			continue
		}
		t.Outputs[strings.TrimPrefix(one.path, "Outputs.")] = v.Value
	}
}

func plainName(s string) bool {
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// child returns a field of a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

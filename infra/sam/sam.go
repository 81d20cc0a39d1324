// Package sam reads an AWS SAM template and tells, in typed values, what it
// describes: functions with their triggers, tables, queues, buckets and keys.
//
// It knows the part of SAM and CloudFormation this repository uses and refuses
// the rest: an unknown resource type, property or intrinsic function is an
// error that names file and line, so that nothing written in the template is
// silently missing where the template is run without CloudFormation.
package sam

import (
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// Options say what CloudFormation would know beside the template.
type Options struct {
	// Parameters overrides the defaults of the template's Parameters.
	Parameters map[string]string
	// Variable, if set, is asked for every parameter not in Parameters under
	// its variable name (see VariableName); os.LookupEnv fits.
	Variable func(name string) (string, bool)
	// Resolver answers Ref and Fn::GetAtt of resources. Required.
	Resolver Resolver
	// Region, AccountID, Partition and StackName are the values of the pseudo
	// parameters; empty ones are us-east-1, 000000000000, aws and manystall.
	Region, AccountID, Partition, StackName string
}

// Resource names one resource of the template.
type Resource struct {
	LogicalID string
	// Type is the CloudFormation type, for example AWS::SQS::Queue.
	Type string
}

// Resolver gives the value of a resource after its creation. Both methods
// return false when the resource has no such value.
type Resolver interface {
	// Ref is what CloudFormation returns for Ref.
	Ref(r Resource) (string, bool)
	// Attribute is what CloudFormation returns for Fn::GetAtt.
	Attribute(r Resource, name string) (string, bool)
}

// ReadFile reads the template at path. See Read.
func ReadFile(path string, o Options) (*Template, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	return Read(path, data, o)
}

// Read decodes and resolves a template. The name stands in errors. The error
// joins a *Problem for everything found wrong, in the order of lines.
func Read(name string, data []byte, o Options) (*Template, error) {
	if o.Resolver == nil {
		return nil, fmt.Errorf("read template %s: no resolver given", name)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	found := &problems{file: name}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		found.add(&doc, "a template is a mapping with at least Resources")
		return nil, found.err()
	}
	checkTree(found, doc.Content[0])
	if found.any() {
		return nil, found.err()
	}
	t := newReading(found, doc.Content[0], o).template()
	if found.any() {
		return nil, found.err()
	}
	return t, nil
}

// checkTree refuses the YAML that CloudFormation refuses (aliases, merges) and
// keys given twice. Refusing aliases also keeps a small file small.
func checkTree(p *problems, n *yaml.Node) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		p.add(n, "CloudFormation does not accept YAML anchors and aliases")
		return
	}
	if n.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			switch {
			case k.Kind != yaml.ScalarNode:
				p.add(k, "a key must be plain text")
			case k.Tag == "!!merge":
				p.add(k, "CloudFormation does not accept YAML merges (<<)")
			case seen[k.Value]:
				p.add(k, "%q is given twice", k.Value)
			}
			seen[k.Value] = true
		}
	}
	for _, c := range n.Content {
		checkTree(p, c)
	}
}

package sam

import (
	"sort"
	"strings"
)

// function reads an AWS::Serverless::Function. Limits are Lambda's
// (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, 2026-11).
func (r *reading) function(id string, p *section) Function {
	f := Function{
		LogicalID: id, Name: strings.ToLower(strings.TrimSuffix(id, "Function")),
		Handler: p.required("Handler"), Runtime: p.required("Runtime"),
		CodeURI:     p.text("CodeUri", "."),
		Timeout:     p.seconds("Timeout", bound{3, 1, 900}),
		MemoryMB:    p.number("MemorySize", bound{128, 128, 10240}),
		LoopAllowed: p.oneOf("RecursiveLoop", "Terminate", "Allow") == "Allow",
		Environment: r.environment(p),
		Statements:  r.statements(p),
	}
	f.Architecture = "x86_64"
	if a := p.texts("Architectures"); len(a) > 0 {
		f.Architecture = a[0]
	}
	if !strings.HasSuffix(id, "Function") {
		r.add(p.node, "the logical id %s must end in Function; the rest names its folder in functions/", id)
	}
	f.Boundary = p.text("PermissionsBoundary", "")
	p.ignore("Description", "LoggingConfig", "Tags", "Tracing", "Events")
	for i, e := range r.section(id+".Events", child(p.node, "Events")).children() {
		r.event(&f, child(p.node, "Events").Content[2*i].Value, e)
	}
	p.close()
	return f
}

// environment reads the variables. Lambda takes at most 4 KB of them
// (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, 2026-11).
func (r *reading) environment(p *section) map[string]string {
	e := p.sub("Environment")
	vars := e.sub("Variables")
	e.close()
	out, size := map[string]string{}, 0
	if vars.node == nil {
		return out
	}
	for i := 0; i+1 < len(vars.node.Content); i += 2 {
		name := vars.node.Content[i].Value
		out[name] = vars.text(name, "")
		size += len(name) + len(out[name])
	}
	if size > 4096 {
		r.add(vars.node, "%s: the environment has %d bytes, Lambda takes 4096", p.path, size)
	}
	return out
}

func (r *reading) statements(p *section) []Statement {
	var all []Statement
	for _, policy := range p.items("Policies") {
		all = append(all, r.policy(policy)...)
	}
	return all
}

// policy reads the statements of one policy document.
func (r *reading) policy(p *section) []Statement {
	p.ignore("Version")
	var all []Statement
	for _, s := range p.items("Statement") {
		one := Statement{
			Sid: s.text("Sid", ""), Effect: s.oneOf("Effect", "Allow", "Deny"),
			Actions: s.texts("Action"), Resources: s.texts("Resource"),
		}
		s.ignore("Condition")
		s.close()
		if len(one.Actions) == 0 || len(one.Resources) == 0 {
			r.add(s.node, "%s needs Action and Resource", s.path)
		}
		sort.Strings(one.Actions)
		all = append(all, one)
	}
	p.close()
	return all
}

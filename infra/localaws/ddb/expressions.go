package ddb

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/expr"
)

// env reads the placeholders of a request. using are the expressions that the
// operation knows, those that can hold values first.
func (p params) env(using ...string) (*expr.Env, error) {
	given := func(name string) bool { return p.has(name) }
	if p.has("ExpressionAttributeNames") && !slices.ContainsFunc(using, given) {
		return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	withValues := slices.DeleteFunc(slices.Clone(using), func(name string) bool { return name == "ProjectionExpression" })
	if p.has("ExpressionAttributeValues") && !slices.ContainsFunc(withValues, given) {
		verb := " is null"
		if len(withValues) > 1 {
			verb = " are null"
		}
		return nil, invalid("ExpressionAttributeValues can only be specified when using expressions: " +
			strings.Join(withValues, " and ") + verb)
	}
	names := p.names("ExpressionAttributeNames")
	if err := expr.CheckNames(names); err != nil {
		return nil, err
	}
	if given, ok := p.fields["ExpressionAttributeValues"].(map[string]any); ok {
		if err := expr.CheckValueKeys(given); err != nil {
			return nil, err
		}
	}
	values, err := p.values("ExpressionAttributeValues")
	if err != nil {
		return nil, err
	}
	return expr.NewEnv(names, values)
}

// condition parses a condition or filter, nil when absent.
func (p params) condition(name string, env *expr.Env) (*expr.Condition, error) {
	if !p.has(name) {
		return nil, nil
	}
	return expr.ParseCondition(name, p.text(name), env)
}

// projection parses a ProjectionExpression, nil when absent.
func (p params) projection(env *expr.Env) (*expr.Projection, error) {
	if !p.has("ProjectionExpression") {
		return nil, nil
	}
	return expr.ParseProjection(p.text("ProjectionExpression"), env)
}

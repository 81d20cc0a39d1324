package expr

import (
	"maps"
	"slices"
	"strings"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Env holds the names and values that a request's expressions refer to, and
// remembers which of them were used. It belongs to one request.
type Env struct {
	names      map[string]string
	values     map[string]attr.Value
	usedNames  map[string]bool
	usedValues map[string]bool
}

// NewEnv checks the placeholders. Nil maps are absent parameters, empty maps
// are refused as DynamoDB refuses them. Errors are attr.Invalid.
func NewEnv(names map[string]string, values map[string]attr.Value) (*Env, error) {
	if err := CheckNames(names); err != nil {
		return nil, err
	}
	if err := CheckValueKeys(values); err != nil {
		return nil, err
	}
	return &Env{names: names, values: values, usedNames: map[string]bool{}, usedValues: map[string]bool{}}, nil
}

// CheckNames checks ExpressionAttributeNames, which DynamoDB does before it
// looks at values. Errors are attr.Invalid.
func CheckNames(names map[string]string) error {
	return checkKeys("ExpressionAttributeNames", '#', names)
}

// CheckValueKeys checks the keys of ExpressionAttributeValues, which DynamoDB
// does before it looks at the values themselves. Errors are attr.Invalid.
func CheckValueKeys[V any](values map[string]V) error {
	return checkKeys("ExpressionAttributeValues", ':', values)
}

func checkKeys[V any](parameter string, mark byte, given map[string]V) error {
	if given != nil && len(given) == 0 {
		return attr.Invalid(parameter + " must not be empty")
	}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !isPlaceholder(key, mark) {
			return attr.Invalid(parameter + ` contains invalid key: Syntax error; key: "` + key + `"`)
		}
	}
	return nil
}

func isPlaceholder(key string, mark byte) bool {
	return len(key) > 1 && key[0] == mark && span(key, 1, isWord) == len(key)
}

// Unused refuses names and values that no expression used.
func (e *Env) Unused() error {
	if keys := missing(e.names, e.usedNames); keys != "" {
		return attr.Invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {" + keys + "}")
	}
	if keys := missing(e.values, e.usedValues); keys != "" {
		return attr.Invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {" + keys + "}")
	}
	return nil
}

func missing[V any](given map[string]V, used map[string]bool) string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if !used[key] {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, ", ")
}

package recorder

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// checkType holds a parameter against the type the description gives it.
func (g *graph) checkType(e *exchange, name, kind string, value any) {
	if inner, ok := strings.CutPrefix(kind, "list<"); ok {
		for _, one := range elements(value) {
			g.checkType(e, name, strings.TrimSuffix(inner, ">"), one)
		}
		return
	}
	text := plain(value)
	bad := false
	switch kind {
	case "int", "unsigned int":
		n, err := strconv.ParseInt(text, 10, 64)
		bad = err != nil || (kind == "unsigned int" && n < 0)
	case "float":
		_, err := strconv.ParseFloat(text, 64)
		bad = err != nil
	case "bool":
		bad = !slices.Contains([]string{"true", "false", "1", "0"}, text)
	case "map", "Object":
		bad = !isStructure(value)
	default:
		g.checkEnum(e, name, kind, text)
	}
	if bad {
		e.report("parameter %s: %q is no %s", name, short(text), kind)
	}
}

// checkEnum compares without regard to case: the specs print the SDK's.
func (g *graph) checkEnum(e *exchange, name, kind, text string) {
	values, ok := g.enums[kind]
	if ok && !slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, text) }) {
		e.report("parameter %s: %q is not one of %s", name, short(text), kind)
	}
}

// plain is a value as a form would carry it.
func plain(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(raw)
}

// elements are those of a list: JSON, or joined with commas.
func elements(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	text, ok := value.(string)
	if !ok {
		return []any{value}
	}
	var list []any
	if json.Unmarshal([]byte(text), &list) == nil {
		return list
	}
	for part := range strings.SplitSeq(text, ",") {
		list = append(list, part)
	}
	return list
}

// isStructure says whether a value is a JSON object or list, or the text of
// one.
func isStructure(value any) bool {
	if text, ok := value.(string); ok {
		if json.Unmarshal([]byte(text), &value) != nil {
			return false
		}
	}
	switch value.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}

package attr

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Invalid is a value that DynamoDB refuses with a ValidationException; its
// text is the message.
type Invalid string

func (e Invalid) Error() string { return string(e) }

// Malformed is JSON of the wrong shape, which DynamoDB refuses with a
// SerializationException; its text is the message.
type Malformed string

func (e Malformed) Error() string { return string(e) }

const (
	empty   = Invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	several = Invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	invalid = "One or more parameter values were invalid: "
)

// Decode reads a value from what encoding/json made of it (objects as
// map[string]any). Errors are Invalid or Malformed.
func Decode(raw any) (Value, error) {
	object, ok := raw.(map[string]any)
	if !ok {
		return Value{}, Malformed("Start of structure or map found where not expected")
	}
	var (
		out   Value
		found int
		first error
	)
	for k := S; k <= M; k++ {
		content, ok := object[k.String()]
		if !ok || content == nil {
			continue
		}
		found++
		v, err := decodeKind(k, content)
		if err != nil && first == nil {
			first = err
		}
		out = v
	}
	switch {
	case first != nil:
		return Value{}, first
	case found == 0:
		return Value{}, empty
	case found > 1:
		return Value{}, several
	}
	return out, nil
}

// DecodeItem reads an item, or a key, with the errors of Decode.
func DecodeItem(raw any) (Item, error) {
	object, ok := raw.(map[string]any)
	if !ok {
		return nil, Malformed("Start of structure or map found where not expected")
	}
	out := make(Item, len(object))
	for name, content := range object {
		v, err := Decode(content)
		if err != nil {
			return nil, err
		}
		if v.Depth() >= MaxDepth {
			return nil, Invalid("Nesting Levels have exceeded supported limits")
		}
		out[name] = v
	}
	return out, nil
}

func decodeKind(k Kind, raw any) (Value, error) {
	switch k {
	case S, N, B:
		return decodeScalar(k, raw)
	case BOOL:
		b, ok := raw.(bool)
		if !ok {
			return Value{}, wrongType(raw, "BOOLEAN")
		}
		return Value{Kind: BOOL, Bool: b}, nil
	case NULL:
		return decodeNull(raw)
	case SS, NS, BS:
		return decodeSet(k, raw)
	case L:
		return decodeList(raw)
	}
	return decodeMap(raw)
}

func wrongType(raw any, want string) error {
	kind := "STRING_VALUE"
	switch v := raw.(type) {
	case bool:
		kind = strings.ToUpper(fmt.Sprint(v)) + "_VALUE"
	case map[string]any, []any:
		return Malformed("Unrecognized collection type: expected " + want)
	case fmt.Stringer: // json.Number
		kind = "NUMBER_VALUE"
	}
	return Malformed(kind + " cannot be converted to " + want)
}

func decodeScalar(k Kind, raw any) (Value, error) {
	text, ok := raw.(string)
	if !ok {
		return Value{}, wrongType(raw, "String")
	}
	switch k {
	case N:
		n, err := ParseNumber(text)
		if err != nil {
			return Value{}, err
		}
		return Num(n), nil
	case B:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return Value{}, Malformed("Invalid base64 in a value of type B")
		}
		return Bytes(b), nil
	}
	return String(text), nil
}

func decodeNull(raw any) (Value, error) {
	b, ok := raw.(bool)
	if !ok {
		return Value{}, wrongType(raw, "BOOLEAN")
	}
	if !b {
		return Value{}, Invalid(invalid + "Null attribute value types must have the value of true")
	}
	return Value{Kind: NULL}, nil
}

func decodeSet(k Kind, raw any) (Value, error) {
	list, ok := raw.([]any)
	if !ok {
		return Value{}, wrongType(raw, "List")
	}
	if len(list) == 0 {
		return Value{}, emptySet(k)
	}
	out := Value{Kind: k, List: make([]Value, 0, len(list))}
	seen := make(map[string]struct{}, len(list))
	for _, content := range list {
		v, err := decodeScalar(k.Element(), content)
		if err != nil {
			return Value{}, err
		}
		seen[v.member()] = struct{}{}
		out.List = append(out.List, v)
	}
	if len(seen) < len(list) {
		return Value{}, duplicates(k, list)
	}
	return out, nil
}

func emptySet(k Kind) error {
	switch k {
	case SS:
		return Invalid(invalid + "An string set  may not be empty")
	case NS:
		return Invalid(invalid + "An number set  may not be empty")
	}
	return Invalid(invalid + "Binary sets should not be empty")
}

func duplicates(k Kind, list []any) error {
	members := make([]string, len(list))
	for i, m := range list {
		members[i] = fmt.Sprint(m)
	}
	joined := "[" + strings.Join(members, ", ") + "]"
	switch k {
	case SS:
		return Invalid(invalid + "Input collection " + joined + " contains duplicates.")
	case NS:
		return Invalid("Input collection contains duplicates")
	}
	return Invalid(invalid + "Input collection " + joined + "of type BS contains duplicates.")
}

func decodeList(raw any) (Value, error) {
	list, ok := raw.([]any)
	if !ok {
		return Value{}, wrongType(raw, "List")
	}
	out := Value{Kind: L, List: make([]Value, 0, len(list))}
	for _, content := range list {
		v, err := Decode(content)
		if err != nil {
			return Value{}, err
		}
		out.List = append(out.List, v)
	}
	return out, nil
}

func decodeMap(raw any) (Value, error) {
	object, ok := raw.(map[string]any)
	if !ok {
		return Value{}, wrongType(raw, "Map")
	}
	out := Value{Kind: M, Map: make(map[string]Value, len(object))}
	for name, content := range object {
		v, err := Decode(content)
		if err != nil {
			return Value{}, err
		}
		out.Map[name] = v
	}
	return out, nil
}

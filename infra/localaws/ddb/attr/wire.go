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
	if _, list := raw.([]any); list {
		return Value{}, Malformed("Unrecognized collection type class " + JavaValue)
	}
	if !ok {
		return Value{}, notAStructure
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
		return nil, NotMap(raw, JavaValue)
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
			return Value{}, NotA(raw, "Boolean")
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

// The serializer's refusals, in the words of DynamoDB.
const (
	notAStructure = Malformed("Unexpected value type in payload")
	notAField     = Malformed("Unexpected field type")
	structure     = Malformed("Start of structure or map found where not expected")
	notBase64     = Malformed("only base-64-encoded strings are convertible to bytes")
)

// NotA is the refusal of JSON where a scalar of a Java type is wanted, such as
// "String", "Boolean" or "Integer".
func NotA(raw any, want string) Malformed {
	switch v := raw.(type) {
	case map[string]any:
		return structure
	case []any:
		return Malformed("Unrecognized collection type class java.lang." + want)
	case bool:
		return Malformed(strings.ToUpper(fmt.Sprint(v)) + "_VALUE cannot be converted to " + want)
	case string:
		if want == "Boolean" {
			return "Unexpected token received from parser"
		}
		return Malformed("STRING_VALUE cannot be converted to " + want)
	}
	if strings.ContainsAny(fmt.Sprint(raw), ".eE") {
		return Malformed("DECIMAL_VALUE cannot be converted to " + want)
	}
	return Malformed("NUMBER_VALUE cannot be converted to " + want)
}

// NotList is the refusal of JSON where a list is wanted.
func NotList(raw any) Malformed {
	if _, ok := raw.(map[string]any); ok {
		return structure
	}
	return notAField
}

// NotMap is the refusal of JSON where a map is wanted; of is the Java type of
// its values.
func NotMap(raw any, of string) Malformed {
	if _, ok := raw.([]any); ok {
		return Malformed("Unrecognized collection type java.util.Map<java.lang.String, " + of + ">")
	}
	return notAField
}

// JavaValue is the Java type of an attribute value, for NotMap.
const JavaValue = "com.amazonaws.dynamodb.v20120810.AttributeValue"

func decodeScalar(k Kind, raw any) (Value, error) {
	text, ok := raw.(string)
	if !ok && k == B {
		return Value{}, notBytes(raw)
	}
	if !ok {
		return Value{}, NotA(raw, "String")
	}
	switch k {
	case N:
		n, err := ParseNumber(text)
		if err != nil {
			return Value{}, err
		}
		return Num(n), nil
	case B:
		b, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return Value{}, badBase64(text)
		}
		return Bytes(b), nil
	}
	return String(text), nil
}

// notBytes is the refusal of JSON where base64 is wanted.
func notBytes(raw any) Malformed {
	switch raw.(type) {
	case []any:
		return "Unrecognized collection type class java.nio.ByteBuffer"
	case map[string]any:
		return structure
	}
	return notBase64
}

func badBase64(text string) Malformed {
	if len(text)%4 != 0 {
		return Malformed(fmt.Sprintf("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(text)))
	}
	return "Invalid last non-pad Base64 character dectected"
}

func decodeNull(raw any) (Value, error) {
	b, ok := raw.(bool)
	if !ok {
		return Value{}, NotA(raw, "Boolean")
	}
	if !b {
		return Value{}, Invalid(invalid + "Null attribute value types must have the value of true")
	}
	return Value{Kind: NULL}, nil
}

func decodeSet(k Kind, raw any) (Value, error) {
	list, ok := raw.([]any)
	if !ok {
		return Value{}, NotList(raw)
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
		return Value{}, NotList(raw)
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
		return Value{}, NotMap(raw, JavaValue)
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

package ddb

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// object is a JSON object under construction; fields keep their order.
type object []field

type field struct {
	name  string
	value any
}

func (o *object) add(name string, value any) { *o = append(*o, field{name, value}) }

func (o object) append(dst []byte) []byte {
	dst = append(dst, '{')
	for i, f := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(attr.AppendString(dst, f.name), ':')
		dst = appendAny(dst, f.value)
	}
	return append(dst, '}')
}

// list is what stands between the brackets of a JSON array.
type list []byte

// appendAny writes what answers consist of.
func appendAny(dst []byte, value any) []byte {
	switch v := value.(type) {
	case object:
		return v.append(dst)
	case string:
		return attr.AppendString(dst, v)
	case attr.Item:
		return v.AppendJSON(dst)
	case list:
		return append(append(append(slices.Grow(dst, len(v)+bigAnswer), '['), v...), ']')
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	case []object:
		return appendList(dst, v)
	case []attr.Item:
		return appendList(slices.Grow(dst, room(v)), v)
	case []string:
		return appendList(dst, v)
	case []float64:
		return appendList(dst, v)
	}
	panic(fmt.Sprintf("answer holds a %T", value))
}

// bigAnswer is about what stands around the items of an answer.
const bigAnswer = 512

// room is about how much items need on the wire, so that a large answer is not
// copied again and again while it grows.
func room(items []attr.Item) int {
	n := 0
	for _, it := range items {
		n += it.Size() + 16*len(it)
	}
	return n + n/8
}

func appendList[T any](dst []byte, list []T) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendAny(dst, any(v))
	}
	return append(dst, ']')
}

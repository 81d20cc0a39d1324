package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// exact refuses what encoding/json lets pass: a name in other letters than the
// field's ("Title" for "title"), and a name that is there twice. Either would
// be taken or dropped silently. The body is known to be one JSON value.
func exact(body []byte, t reflect.Type) error {
	w := &walker{Decoder: json.NewDecoder(bytes.NewReader(body))}
	return w.value(t, "")
}

// deepest is how far values may lie in each other; nothing we know goes further
// than six.
const deepest = 64

type walker struct {
	*json.Decoder
	depth int
}

func (d *walker) value(t reflect.Type, path string) error {
	if d.depth++; d.depth > deepest {
		return refuse(http.StatusBadRequest, "malformed_body", "The JSON of the body is nested too deep.")
	}
	defer func() { d.depth-- }()
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return d.object(shapeOf(t), path)
	case json.Delim('['):
		t = shapeOf(t)
		if t != nil && t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		for i := 0; d.More(); i++ {
			if err := d.value(t, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

func (d *walker) object(t reflect.Type, path string) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		at := strings.TrimPrefix(path+"."+name, ".")
		inner, known := member(t, name)
		if !known {
			return unknownField(at)
		}
		if seen[name] {
			return fault.Refused(fault.Invalid, commerce.Problem{Rule: "repeated", Field: at, Fix: fmt.Sprintf("%q is there more than once.", at)})
		}
		seen[name] = true
		if err := d.value(inner, at); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// shapeOf is what a JSON value must look like for a type; nil is anything.
func shapeOf(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	return t
}

// member is the type of an object's member, and whether there may be one of
// that name.
func member(t reflect.Type, name string) (reflect.Type, bool) {
	if t == nil {
		return nil, true
	}
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name && tag != "-" {
				return f.Type, true
			}
		}
		return nil, false
	default:
		return nil, true
	}
}

func unknownField(name string) error {
	return fault.Refused(fault.Invalid, commerce.Problem{Rule: "unknown_field", Field: name, Fix: fmt.Sprintf("There is no field %q here. openapi.yaml lists the fields.", name)})
}

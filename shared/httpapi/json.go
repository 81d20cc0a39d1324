package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// DecodeJSON reads exactly one JSON value and refuses fields that into does not
// have, also in other letters, and fields that are there twice. What is no JSON is a 400; JSON of another shape is Invalid and names
// the field.
func DecodeJSON(body []byte, into any) error {
	if !utf8.Valid(body) {
		return refuse(http.StatusBadRequest, "malformed_body", "The body is not UTF-8.")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, end := d.Token(); !errors.Is(end, io.EOF) {
			err = errTrailing
		}
	}
	if err != nil {
		return bodyFault(err)
	}
	return exact(body, reflect.TypeOf(into))
}

func bodyFault(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := wrong.Field
		if field == "" {
			field = "body"
		}
		return fault.Refused(fault.Invalid, commerce.Problem{Rule: "wrong_type", Field: field, Fix: fmt.Sprintf("%s must be %s.", field, kindWords(wrong.Type))})
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return unknownField(strings.Trim(name, `"`))
	}
	at := ""
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = fmt.Sprintf(" at byte %d", syntax.Offset)
	}
	switch {
	case errors.Is(err, errTrailing):
		return refuse(http.StatusBadRequest, "malformed_body", "Something follows the JSON value in the body.")
	case errors.Is(err, io.EOF):
		return refuse(http.StatusBadRequest, "malformed_body", "The body is empty; JSON is expected.")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(http.StatusBadRequest, "malformed_body", "The JSON of the body breaks off.")
	default:
		return refuse(http.StatusBadRequest, "malformed_body", "The body is not JSON%s.", at)
	}
}

func kindWords(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Int32:
		return "a whole number in range"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Pointer:
		return kindWords(t.Elem())
	default:
		return "of another type"
	}
}

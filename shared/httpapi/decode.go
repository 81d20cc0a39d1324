package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/validate"
)

// decode fills a request struct and checks it. Everything that is wrong with
// the parameters is told together; a body that is no JSON comes first.
func decode(req any, e Endpoint, c Call, r *http.Request, body []byte, scope string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, "malformed_query", "The query of the address is not encoded right.")
	}
	d := decoder{endpoint: e, call: c, request: r, query: query, body: body, scope: scope}
	if err := d.fill(reflect.ValueOf(req).Elem()); err != nil {
		return err
	}
	if len(d.problems) > 0 {
		return fault.Refused(fault.Invalid, d.problems...)
	}
	return validate.Struct(req)
}

type decoder struct {
	endpoint Endpoint
	call     Call
	request  *http.Request
	query    url.Values
	body     []byte
	scope    string
	problems []commerce.Problem
}

func (d *decoder) fill(v reflect.Value) error {
	for i := range v.NumField() {
		field, def := v.Field(i), v.Type().Field(i)
		switch into := field.Addr().Interface().(type) {
		case *Call:
			*into = d.call
			continue
		case *Paging:
			if err := d.paging(into); err != nil {
				return err
			}
			continue
		}
		if err := d.field(field, def); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) field(field reflect.Value, def reflect.StructField) error {
	if name := def.Tag.Get("path"); name != "" {
		field.SetString(d.request.PathValue(name))
		return nil
	}
	switch name := def.Tag.Get("query"); name {
	case "":
	case "*":
		field.Set(reflect.ValueOf(d.query))
		return nil
	default:
		d.value(field, name)
		return nil
	}
	switch how := def.Tag.Get("body"); how {
	case "raw":
		field.SetBytes(d.body)
	case "json", "json,optional":
		return d.json(field.Addr().Interface(), how == "json,optional")
	}
	return nil
}

func (d *decoder) paging(p *Paging) error {
	p.Limit = defaultLimit
	d.value(reflect.ValueOf(&p.Limit).Elem(), "limit")
	inner, err := openCursor(d.scope, d.query.Get("cursor"))
	p.Cursor = inner
	return err
}

func (d *decoder) value(field reflect.Value, name string) {
	values, ok := d.query[name]
	if !ok {
		return
	}
	if len(values) > 1 {
		d.refuse(name, "repeated", name+" is there more than once.")
		return
	}
	switch field.Kind() {
	case reflect.Int:
		n, err := strconv.ParseInt(values[0], 10, 32)
		if err != nil {
			d.refuse(name, "not_a_number", name+" must be a number.")
			return
		}
		field.SetInt(n)
	default:
		field.SetString(values[0])
	}
}

func (d *decoder) refuse(name, code, words string) {
	d.problems = append(d.problems, commerce.Problem{Rule: code, Field: name, Fix: words})
}

func (d *decoder) json(into any, optional bool) error {
	if len(d.body) == 0 && optional {
		return nil
	}
	if !jsonType(d.request.Header.Get("Content-Type"), d.endpoint.Patch) {
		return refuse(http.StatusUnsupportedMediaType, "unsupported_media_type", "The body must be JSON: Content-Type: application/json.")
	}
	if enc := d.request.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return refuse(http.StatusUnsupportedMediaType, "unsupported_encoding", "Send this body without Content-Encoding.")
	}
	return DecodeJSON(d.body, into)
}

// jsonType accepts no type at all too: what is no JSON is refused anyway.
func jsonType(header string, patch bool) bool {
	kind, _, _ := strings.Cut(header, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "application/json":
		return true
	case "application/merge-patch+json":
		return patch
	default:
		return false
	}
}

var errTrailing = errors.New("something follows the JSON value")

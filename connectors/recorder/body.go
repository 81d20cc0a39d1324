package recorder

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkBody holds the body of a request against the media types of an
// operation.
func checkBody(e *exchange, op *openapi3.Operation) {
	if op.RequestBody == nil {
		if len(e.body) > 0 {
			e.report("a body is sent, which is not documented")
		}
		return
	}
	if len(e.body) == 0 {
		if op.RequestBody.Value.Required {
			e.report("the body is missing")
		}
		return
	}
	kind, params, err := mime.ParseMediaType(e.header.Get("Content-Type"))
	media := op.RequestBody.Value.Content[kind]
	if err != nil || media == nil {
		e.report("the content type %q is not documented", kind)
		return
	}
	value, ok := decodeBody(e, kind, params["boundary"], media.Schema)
	if !ok {
		return
	}
	checkSchema(e, "body", media.Schema, value, openapi3.VisitAsRequest())
	for _, name := range strangers(media.Schema, value, "") {
		e.report("body: field %s is not documented", name)
	}
}

func decodeBody(e *exchange, kind, boundary string, schema *openapi3.SchemaRef) (any, bool) {
	switch kind {
	case "application/json":
		var value any
		if err := json.Unmarshal(e.body, &value); err != nil {
			e.report("the body is no JSON")
			return nil, false
		}
		return value, true
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(e.body))
		if err != nil {
			e.report("the body is no form")
			return nil, false
		}
		return decodeForm(e, form, schema)
	case "multipart/form-data":
		form, err := parts(e.body, boundary)
		if err != nil {
			e.report("the body is no multipart form")
			return nil, false
		}
		return decodeForm(e, form, schema)
	}
	e.report("bodies of type %s are not understood", kind)
	return nil, false
}

// parts reads a multipart form; the bytes of files are not kept.
func parts(body []byte, boundary string) (url.Values, error) {
	form := url.Values{}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := r.NextPart()
		if err == io.EOF { //nolint:errorlint // documented to be this very value
			return form, nil
		}
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			raw = []byte("file")
		}
		form.Add(part.FormName(), string(raw))
	}
}

func decodeForm(e *exchange, form url.Values, schema *openapi3.SchemaRef) (any, bool) {
	value := map[string]any{}
	for name, texts := range form {
		if len(texts) > 1 {
			e.report("body: field %s is repeated: lists are joined with commas", name)
		}
		property := schema.Value.Properties[name]
		if property == nil {
			value[name] = texts[0] // reported as a stranger
			continue
		}
		decoded, ok := decode(property, texts[0])
		if !ok {
			e.report("body: field %s: %q is no %v", name, short(texts[0]), property.Value.Type)
			continue
		}
		value[name] = decoded
	}
	return value, true
}

// strangers are the fields of a value that its schema does not know.
func strangers(ref *openapi3.SchemaRef, value any, at string) (names []string) {
	if ref == nil || ref.Value == nil {
		return nil
	}
	if len(ref.Value.OneOf) == 1 { // how Etsy writes a reference with a description
		return strangers(ref.Value.OneOf[0], value, at)
	}
	switch v := value.(type) {
	case map[string]any:
		if len(ref.Value.Properties) == 0 {
			return nil // a free object
		}
		for name, inner := range v {
			if property := ref.Value.Properties[name]; property != nil {
				names = append(names, strangers(property, inner, at+"."+name)...)
			} else {
				names = append(names, at+"."+name)
			}
		}
	case []any:
		for _, inner := range v {
			names = append(names, strangers(ref.Value.Items, inner, at+"[]")...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

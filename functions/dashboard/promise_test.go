package dashboard

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

func loadPromise(t *testing.T) *openapi3.T {
	t.Helper()
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// Every field a request or an answer has in Go is promised, and the other way
// round, at every depth.
func TestTypesAreThePromise(t *testing.T) {
	t.Parallel()
	doc := loadPromise(t)
	for _, route := range newWorld(t).routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		item := doc.Paths.Value(path)
		if item == nil || item.GetOperation(method) == nil {
			continue // TestRoutesAreThePromise tells
		}
		op := item.GetOperation(method)
		h := comparison{t: t, at: route.Pattern}
		h.parameters(route.Request, slices.Concat(item.Parameters, op.Parameters))
		if body, ok := bodyOf(route.Request); ok {
			h.same(body, op.RequestBody.Value.Content.Get("application/json").Schema, "")
		}
		if ok := op.Responses.Status(route.Status); ok == nil {
			t.Errorf("%s answers %d, which is not promised", route.Pattern, route.Status)
		} else if media := ok.Value.Content.Get("application/json"); media != nil {
			h.same(route.Response, media.Schema, "")
		}
	}
}

func bodyOf(req reflect.Type) (reflect.Type, bool) {
	for f := range req.Fields() {
		if strings.HasPrefix(f.Tag.Get("body"), "json") && f.Type != reflect.TypeFor[json.RawMessage]() {
			return f.Type, true
		}
	}
	return nil, false
}

type comparison struct {
	t  *testing.T
	at string
}

func (h comparison) parameters(req reflect.Type, promised openapi3.Parameters) {
	var query, want []string
	for _, f := range reflect.VisibleFields(req) {
		if name := f.Tag.Get("query"); name != "" && name != "*" {
			query = append(query, name)
		}
	}
	for _, p := range promised {
		if p.Value.In == "query" && !slices.Contains([]string{"code", "state"}, p.Value.Name) || p.Value.In == "query" && slices.Contains(query, p.Value.Name) {
			want = append(want, p.Value.Name)
		}
	}
	slices.Sort(query)
	slices.Sort(want)
	if !slices.Equal(query, want) {
		h.t.Errorf("%s reads the parameters %v, promised are %v", h.at, query, want)
	}
}

// same compares the fields of a Go type with the properties of a schema.
func (h comparison) same(typ reflect.Type, schema *openapi3.SchemaRef, path string) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	s := schema.Value
	switch {
	case typ == reflect.TypeFor[time.Time](), typ == reflect.TypeFor[json.RawMessage]():
	case typ.Kind() == reflect.Slice:
		if s.Items == nil {
			h.t.Errorf("%s: %s is a list, but not promised as one", h.at, path)
			return
		}
		h.same(typ.Elem(), s.Items, path+"[]")
	case typ.Kind() == reflect.Map:
		if s.AdditionalProperties.Schema == nil {
			h.t.Errorf("%s: %s is a map, but not promised as one", h.at, path)
			return
		}
		h.same(typ.Elem(), s.AdditionalProperties.Schema, path+"{}")
	case typ.Kind() == reflect.Struct:
		h.object(typ, s, path)
	}
}

func (h comparison) object(typ reflect.Type, s *openapi3.Schema, path string) {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && f.IsExported() {
			fields[name] = f
		}
	}
	for name := range s.Properties {
		if _, ok := fields[name]; !ok {
			h.t.Errorf("%s promises %s.%s, which %s does not have", h.at, path, name, typ)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if s.Properties[name] == nil {
			h.t.Errorf("%s: %s.%s of %s is not promised", h.at, path, name, typ)
			continue
		}
		h.same(fields[name].Type, s.Properties[name], path+"."+name)
	}
}

// An address that needs no credential says so, and all others ask for one.
func TestOpenAddressesArePromised(t *testing.T) {
	t.Parallel()
	doc := loadPromise(t)
	for _, route := range newWorld(t).routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		op := doc.Paths.Value(path).GetOperation(method)
		if promised := op.Security != nil && len(*op.Security) == 0; promised != route.Open {
			t.Errorf("%s is open: %v, promised: %v", route.Pattern, route.Open, promised)
		}
		rec := call(newWorld(t), method, strings.NewReplacer("{", "", "}", "").Replace(path), "msk_guess", "")
		if !route.Open && rec.Code != http.StatusUnauthorized {
			t.Errorf("%s answers %d without a credential, want 401", route.Pattern, rec.Code)
		}
	}
}

package etsysim

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

const specFile = "../../../../shared/specs/etsy-openapi.json"

// loadSpec reads Etsy's OpenAPI file once; nil where it is not there.
var loadSpec = sync.OnceValues(func() (*openapi3.T, error) {
	raw, err := os.ReadFile(filepath.FromSlash(specFile))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	loader := openapi3.NewLoader()
	loader.IsExternalRefsAllowed = false
	return loader.LoadFromData(raw)
})

// checkAnswer holds an answer against the schema that Etsy documents for it.
// Every test passes its answers through here.
func checkAnswer(t *testing.T, r *http.Request, a answer) {
	t.Helper()
	spec, err := loadSpec()
	if err != nil {
		t.Fatal(err)
	}
	op, known := operationOf(r)
	if spec == nil || !known || len(a.raw) == 0 || a.status == http.StatusTooManyRequests {
		return
	}
	doc := documented(spec, op.id)
	if doc == nil {
		t.Fatalf("%s is not in Etsy's OpenAPI file", op.id)
	}
	response := doc.Responses.Status(a.status)
	if response == nil {
		if a.status >= 400 {
			return // not every refusal is documented per operation
		}
		t.Fatalf("%s answers %d, which Etsy does not", op.id, a.status)
	}
	content := response.Value.Content.Get("application/json")
	if content == nil {
		t.Fatalf("%s %d has no documented body, got %s", op.id, a.status, a.raw)
	}
	var value any
	if err := json.Unmarshal(a.raw, &value); err != nil {
		t.Fatalf("%s: %s: %s", op.id, err, a.raw)
	}
	if err := content.Schema.Value.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		t.Fatalf("%s %d: %s", op.id, a.status, err)
	}
	if a.status < 300 {
		checkComplete(t, op.id, content.Schema.Value, value)
	}
}

// optional are the fields that Etsy leaves out unless asked for, or that no
// listing of the simulator has.
var optional = []string{
	"listing", "images", "videos", "inventory", "shipping_profile", "shop", "user", "translations",
	"personalization", "buyer_price", "location",
}

// checkComplete wants every documented field: Etsy's file requires none, but
// its answers have all.
func checkComplete(t *testing.T, where string, schema *openapi3.Schema, value any) {
	t.Helper()
	if len(schema.OneOf) == 1 {
		schema = schema.OneOf[0].Value
	}
	switch v := value.(type) {
	case map[string]any:
		for name, field := range schema.Properties {
			inner, there := v[name]
			if !there && !slices.Contains(optional, name) {
				t.Errorf("%s lacks %s", where, name)
			}
			checkComplete(t, where+"."+name, field.Value, inner)
		}
	case []any:
		for i, item := range v {
			checkComplete(t, where+"["+strconv.Itoa(i)+"]", schema.Items.Value, item)
		}
	}
}

func operationOf(r *http.Request) (found operation, known bool) {
	mux := http.NewServeMux()
	ops := map[string]operation{}
	for _, op := range operations() {
		pattern := op.method + " /v3/application" + op.path
		ops[pattern] = op
		mux.Handle(pattern, http.NotFoundHandler())
	}
	_, pattern := mux.Handler(r)
	found, known = ops[pattern]
	return found, known
}

func documented(spec *openapi3.T, id string) *openapi3.Operation {
	for _, item := range spec.Paths.Map() {
		for _, op := range item.Operations() {
			if op.OperationID == id {
				return op
			}
		}
	}
	return nil
}

// TestOperationsAreDocumented compares method, path, scope and content type of
// what is served with Etsy's OpenAPI file.
func TestOperationsAreDocumented(t *testing.T) {
	t.Parallel()
	spec, err := loadSpec()
	if err != nil {
		t.Fatal(err)
	}
	if spec == nil {
		t.Skip("no " + specFile + " next to the repository: answers are not held against Etsy's OpenAPI file")
	}
	for _, op := range operations() {
		item := spec.Paths.Value("/v3/application" + op.path)
		if item == nil || item.GetOperation(op.method) == nil {
			t.Errorf("%s %s is not in Etsy's OpenAPI file", op.method, op.path)
			continue
		}
		doc := item.GetOperation(op.method)
		if doc.OperationID != op.id {
			t.Errorf("%s %s is %s at Etsy, %s here", op.method, op.path, doc.OperationID, op.id)
		}
		if op.body != noBody && doc.RequestBody.Value.Content.Get(string(op.body)) == nil {
			t.Errorf("%s does not take %s", op.id, op.body)
		}
		if scope := scopeOf(doc); scope != op.scope {
			t.Errorf("%s needs %q at Etsy, %q here", op.id, scope, op.scope)
		}
	}
}

func scopeOf(doc *openapi3.Operation) string {
	var all []string
	if doc.Security != nil {
		for _, need := range *doc.Security {
			all = append(all, need["oauth2"]...)
		}
	}
	return strings.Join(all, " ")
}

func TestSpecCheckSeesAWrongAnswer(t *testing.T) {
	t.Parallel()
	spec, err := loadSpec()
	if err != nil || spec == nil {
		t.Skip("no " + specFile)
	}
	schema := documented(spec, "getListing").Responses.Status(200).Value.Content.Get("application/json").Schema.Value
	var value any
	if err := json.NewDecoder(bytes.NewReader([]byte(`{"state":"sold"}`))).Decode(&value); err != nil {
		t.Fatal(err)
	}
	if schema.VisitJSON(value) == nil {
		t.Fatal("an unknown state passes")
	}
}

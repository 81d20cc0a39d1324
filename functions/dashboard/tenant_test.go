package dashboard

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

func call(w *world, method, url, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+key)
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return rec
}

func decode(t *testing.T, rec *httptest.ResponseRecorder, into any) {
	t.Helper()
	if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
		t.Fatalf("decode %s: %v", rec.Body, err)
	}
}

// operations are "GET /v1/orders/{id}" … as openapi.yaml lists them.
func operations(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]yaml.Node `yaml:"paths"`
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var all []string
	for path, methods := range doc.Paths {
		for method := range methods {
			if method != "parameters" {
				all = append(all, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(all)
	return all
}

// What is promised is routed, and what is routed is promised.
func TestRoutesAreThePromise(t *testing.T) {
	t.Parallel()
	var routed []string
	for _, r := range newWorld(t).routes() {
		routed = append(routed, r.Pattern)
	}
	slices.Sort(routed)
	promised := operations(t)
	for _, p := range promised {
		if !slices.Contains(routed, p) {
			t.Errorf("openapi.yaml promises %s, which is not routed", p)
		}
	}
	for _, p := range routed {
		if !slices.Contains(promised, p) {
			t.Errorf("%s is routed, but openapi.yaml does not promise it", p)
		}
	}
}

// idsOfOne are the addresses with an id, and a thing of the first workspace for
// each.
func idsOfOne() map[string]string {
	return map[string]string{
		"/v1/connections/{id}": "acc_etsy", "/v1/connections/{id}/check": "acc_etsy", "/v1/connections/{id}/secrets": "acc_own",
		"/v1/connections/pending/{grant}": "grt_1", "/v1/connections/pending/{grant}/choose": "grt_1",
		"/v1/imports/{id}": "job_1", "/v1/rebuilds/{id}": "job_3", "/v1/products/{id}": "prd_mug",
		"/v1/listings/{id}": viewID(port.ListingIDOf("tgt_etsy", "prd_mug"), commerce.Etsy), "/v1/listings/{id}/retry": viewID(port.ListingIDOf("tgt_etsy", "prd_mug"), commerce.Etsy),
		"/v1/orders/{id}": "ord_1", "/v1/orders/{id}/shipments": "ord_1", "/v1/orders/{id}/cancellations": "ord_2", "/v1/orders/{id}/answers": "ord_4",
		"/v1/stock/{variant}": "var_s", "/v1/stock/{variant}/moves": "var_s",
		"/v1/conversations/{id}": "cnv_1", "/v1/conversations/{id}/messages": "cnv_1", "/v1/conversations/{id}/messages/{message}/attachments/{n}": "cnv_1 msg_1 0",
	}
}

// bodiesOf are the bodies of requests that need one.
func bodiesOf() map[string]string {
	return map[string]string{
		"PATCH /v1/connections/{id}": `{"name":"x"}`, "POST /v1/connections/{id}/secrets": `{}`, "POST /v1/connections/pending/{grant}/choose": `{"remotes":["77"]}`,
		"PUT /v1/products/{id}": newMug, "PATCH /v1/products/{id}": `{"title":"x"}`,
		"POST /v1/orders/{id}/shipments": `{"carrier":"x","tracking":"CE123"}`, "POST /v1/orders/{id}/cancellations": `{}`, "POST /v1/orders/{id}/answers": `{"request":"req_1","verdict":"approve"}`,
		"POST /v1/stock/{variant}/moves": `{"quantity":1}`, "PATCH /v1/conversations/{id}": `{"state":"solved"}`,
		"POST /v1/conversations/{id}/messages": `{"text":"x"}`,
	}
}

// filled puts ids, one for each variable or one for all, into a path.
func filled(path, ids string) string {
	parts := strings.Fields(ids)
	return regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(path, func(string) string {
		part := parts[0]
		parts = parts[min(1, len(parts)-1):]
		return part
	})
}

// Every address with an id answers 404 to the owner of another workspace, and
// nothing is asked of a use case.
func TestAnotherWorkspaceIsOutOfReach(t *testing.T) {
	t.Parallel()
	ids, bodies := idsOfOne(), bodiesOf()
	// These name no thing of a workspace.
	free := []string{"/v1/oauth/{channel}/callback", "/v1/queues/{name}/redrive"}
	for _, op := range operations(t) {
		method, path, _ := strings.Cut(op, " ")
		if !strings.Contains(path, "{") || slices.Contains(free, path) {
			continue
		}
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			id, ok := ids[path]
			if !ok {
				t.Fatalf("%s has an id this test does not know: add it", path)
			}
			url := filled(path, id)
			s := scenario{method: method, url: url, key: keyTwo, body: bodies[op], header: match("*"), status: http.StatusNotFound, after: asked(""), absent: []string{"Clay", "Ada", "Mug"}}
			s.run(t, newWorld(t))
			mine := scenario{method: method, url: url, body: bodies[op], header: match("*")}
			if rec := call(newWorld(t), method, url, keyOne, bodies[op]); rec.Code == http.StatusNotFound {
				t.Errorf("%s %s is not found by its owner either: the test proves nothing", mine.method, url)
			}
		})
	}
}

// lists are the addresses that show what one workspace has.
func lists(t *testing.T) []string {
	t.Helper()
	shared := []string{"/v1/channels", "/v1/queues", "/v1/health"}
	var paths []string
	for _, op := range operations(t) {
		method, path, _ := strings.Cut(op, " ")
		if method == http.MethodGet && !strings.Contains(path, "{") && !slices.Contains(shared, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// Lists hold nothing of another workspace.
func TestListsAreOfOneWorkspace(t *testing.T) {
	t.Parallel()
	for _, path := range lists(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			scenario{method: http.MethodGet, url: path, key: keyTwo, status: http.StatusOK, absent: []string{"w1", "Clay", "Ada", "Mug", "_1", "acc_", "Asia"}}.run(t, newWorld(t))
		})
	}
}

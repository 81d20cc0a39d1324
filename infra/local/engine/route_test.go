package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/infra/sam"
)

func TestPick(t *testing.T) {
	t.Parallel()
	var routes []sam.Route
	for _, r := range [][2]string{
		{"ANY", "/"}, {"ANY", "/{proxy+}"}, {"POST", "/webhooks/etsy"}, {"POST", "/webhooks/tiktok/{topic}"},
		{"GET", "/webhooks/meta"}, {"POST", "/webhooks/meta"}, {"GET", "/feeds/{kind}/{file}"},
		{"GET", "/feeds/meta/{file}"}, {"ANY", "/both"}, {"GET", "/both"}, {"GET", "/a/{rest+}"},
	} {
		routes = append(routes, sam.Route{Method: r[0], Path: r[1]})
	}
	compiled := compileRoutes(&sam.Template{Functions: []sam.Function{{Name: "f", Routes: routes}}})
	tests := []struct {
		method, path, want string
		vars               map[string]string
	}{
		{"GET", "/", "ANY /", nil},
		{"GET", "/v1/orders", "ANY /{proxy+}", map[string]string{"proxy": "v1/orders"}},
		{"POST", "/webhooks/etsy", "POST /webhooks/etsy", nil},
		{"GET", "/webhooks/etsy", "ANY /{proxy+}", map[string]string{"proxy": "webhooks/etsy"}},
		{"POST", "/webhooks/etsy/", "ANY /{proxy+}", map[string]string{"proxy": "webhooks/etsy/"}},
		{"POST", "/webhooks/tiktok/order", "POST /webhooks/tiktok/{topic}", map[string]string{"topic": "order"}},
		{"POST", "/webhooks/tiktok/", "ANY /{proxy+}", map[string]string{"proxy": "webhooks/tiktok/"}},
		{"GET", "/webhooks/meta", "GET /webhooks/meta", nil},
		{"POST", "/webhooks/meta", "POST /webhooks/meta", nil},
		{"GET", "/feeds/meta/k.csv", "GET /feeds/meta/{file}", map[string]string{"file": "k.csv"}},
		{"GET", "/feeds/x/k.csv", "GET /feeds/{kind}/{file}", map[string]string{"kind": "x", "file": "k.csv"}},
		{"GET", "/both", "GET /both", nil},
		{"PUT", "/both", "ANY /both", nil},
		{"GET", "/a/b/c", "GET /a/{rest+}", map[string]string{"rest": "b/c"}},
		{"GET", "/a", "ANY /{proxy+}", map[string]string{"proxy": "a"}},
	}
	for _, tt := range tests {
		got, vars := pick(compiled, tt.method, tt.path)
		if got == nil || got.key != tt.want {
			t.Errorf("%s %s: got %v, want %s", tt.method, tt.path, got, tt.want)
			continue
		}
		if tt.vars == nil {
			tt.vars = map[string]string{}
		}
		if d := cmp.Diff(tt.vars, vars); d != "" {
			t.Errorf("%s %s: %s", tt.method, tt.path, d)
		}
	}
	if got, _ := pick(compiled[:1], "GET", "/x"); got != nil {
		t.Errorf("/x goes to %s", got.key)
	}
}

package local_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/recorder"
)

// watch stands between an instance and its marketplaces and holds all traffic
// against the marketplaces' own descriptions, where those lie beside the
// repository.
type watch struct {
	*recorder.Recorder
	server *httptest.Server
	to     *url.URL // the instance; set before it starts
}

// newWatch begins to watch. The variables of env point an instance to it.
func newWatch(t *testing.T) *watch {
	t.Helper()
	w := &watch{Recorder: recorder.For(t)}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(w.to) },
		Transport: w.Wrap(&http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}),
	}
	w.server = httptest.NewServer(proxy)
	t.Cleanup(w.server.Close)
	return w
}

// env points the connectors of an instance to the watch.
func (w *watch) env() []string {
	var env []string
	for name, mount := range map[string]string{"ETSY_URL": "/sim/etsy", "ETSY_AUTH_URL": "/sim/etsy", "TIKTOK_URL": "/sim/tiktok", "TIKTOK_AUTH_URL": "/sim/tiktok"} {
		env = append(env, name+"="+w.server.URL+mount)
	}
	return env
}

// passTo lets traffic through to an instance.
func (w *watch) passTo(t *testing.T, base string) {
	t.Helper()
	to, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	w.to = to
}

// edits changes a product in all the ways a seller may, and looks after the
// shop, so that what the journey before did not need of Etsy is used too.
func (in *shopper) edits(t *testing.T, w *watch) {
	var products struct {
		Items []struct {
			ID     string           `json:"id"`
			Images []map[string]any `json:"images"`
		} `json:"items"`
	}
	in.Call(http.MethodGet, "/v1/products?sku=CND-2", nil, &products)
	if len(products.Items) != 1 {
		t.Fatalf("%d products have the SKU CND-2", len(products.Items))
	}
	p := products.Items[0]
	in.Call(http.MethodGet, "/v1/products/"+p.ID, nil, &p)
	in.Call(http.MethodPatch, "/v1/products/"+p.ID, map[string]any{
		"attributes": map[string]string{"personalization": "optional", "personalization_instructions": "Which name?", "primary color": "White"},
		"images":     append(p.Images, map[string]any{"url": "https://images.example.com/beeswax-candle/9.png", "alt": "Lit"}),
	}, nil)
	in.used(w, "updateListingPersonalization", "updateListingProperty", "getListingImages")
	in.Call(http.MethodPatch, "/v1/products/"+p.ID, map[string]any{"attributes": map[string]any{"personalization": "none", "primary color": nil}}, nil)
	in.used(w, "deleteListingPersonalization", "deleteListingProperty")
	var connections struct {
		Items []struct {
			ID      string `json:"id"`
			Channel string `json:"channel"`
		} `json:"items"`
	}
	in.Call(http.MethodGet, "/v1/connections", nil, &connections)
	for _, c := range connections.Items {
		if c.Channel == "etsy" {
			in.Call(http.MethodPost, "/v1/connections/"+c.ID+"/check", nil, nil)
		}
	}
	in.used(w, "tokenScopes")
}

// used waits until the product has issued operations.
func (in *shopper) used(w *watch, wanted ...string) {
	in.T.Helper()
	if w.Absent() {
		return
	}
	for _, op := range wanted {
		in.Eventually(op+" is used", func() (bool, string) {
			n := w.Operations()[op]
			return n > 0, fmt.Sprintf("%d calls", n)
		})
	}
}

// report tells which operations the product itself issued.
func (w *watch) report(t *testing.T, least map[string]int) {
	t.Helper()
	if w.Absent() {
		return
	}
	byPlatform := map[string][]string{}
	for op := range w.Operations() {
		platform := "etsy"
		if strings.Contains(op, "_20") || strings.Contains(op, "/api/v2/") || strings.Contains(op, "/20") {
			platform = "tiktok"
		}
		byPlatform[platform] = append(byPlatform[platform], op)
	}
	for _, platform := range slices.Sorted(maps.Keys(byPlatform)) {
		ops := slices.Sorted(slices.Values(byPlatform[platform]))
		t.Logf("%s: %d operations by the journey: %s", platform, len(ops), strings.Join(ops, ", "))
		if len(ops) < least[platform] {
			t.Errorf("%s: %d operations, want %d", platform, len(ops), least[platform])
		}
	}
}

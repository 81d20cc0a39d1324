package metasim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

const (
	testSecret   = "0123456789abcdef0123456789abcdef"
	testIGSecret = "fedcba9876543210fedcba9876543210"
	testApp      = "1234567890123456"
	testBack     = "https://shop.example/callback?keep=1"
)

// bench is a simulator on a clock that stands still, without any network.
type bench struct {
	t   *testing.T
	sim *Sim
	env simkit.Env
	ids Assets

	mu      sync.Mutex
	now     time.Time
	hooks   []hook
	refuse  int               // how many deliveries to answer with 500
	replies map[string]string // body to answer per path
}

// hook is a delivered webhook.
type hook struct {
	method, url, signature, kind string
	body                         []byte
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), replies: map[string]string{}}
	store, err := simkit.OpenStore(filepath.Join(t.TempDir(), "meta.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b.env = simkit.Env{
		Now: b.clock, Seed: 7, URL: "http://meta.test/sim/meta", Store: store,
		Client: &http.Client{Transport: b},
		Webhooks: map[string]string{
			TopicEvents: "https://shop.example/webhooks/meta", TopicDeauthorize: "https://shop.example/deauthorize",
			TopicDataDeletion: "https://shop.example/deletion",
		},
		App: map[string]string{"META_APP_ID": testApp, "META_APP_SECRET": testSecret, "INSTAGRAM_APP_SECRET": testIGSecret, "META_VERIFY_TOKEN": "let me in"},
	}
	b.reopen()
	return b
}

// reopen starts the simulator again over the same store.
func (b *bench) reopen() {
	b.t.Helper()
	sim, err := New(b.env)
	if err != nil {
		b.t.Fatal(err)
	}
	b.sim = sim
	if b.ids, err = sim.Assets(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	b.now = b.now.Add(d)
	b.mu.Unlock()
}

// settle lets time pass until batches, pictures and reviews are done.
func (b *bench) settle() {
	b.t.Helper()
	for range 4 {
		b.pass(time.Second)
		b.tick()
	}
}

func (b *bench) tick() {
	b.t.Helper()
	if err := b.sim.Tick(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// RoundTrip receives what the simulator posts.
func (b *bench) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hooks = append(b.hooks, hook{r.Method, r.URL.String(), r.Header.Get("X-Hub-Signature-256"), r.Header.Get("Content-Type"), body})
	status, answer := http.StatusOK, b.replies[r.URL.Path]
	if b.refuse > 0 {
		b.refuse--
		status = http.StatusInternalServerError
	}
	if answer == "challenge" {
		answer = r.URL.Query().Get("hub.challenge")
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

// delivered ticks and takes what arrived.
func (b *bench) delivered() []hook {
	b.t.Helper()
	b.tick()
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.hooks
	b.hooks = nil
	return out
}

// answer is a decoded reply.
type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

// code is the code and subcode of an error.
func (a answer) code() (int, int) {
	e, _ := a.body["error"].(map[string]any)
	code, _ := e["code"].(json.Number)
	sub, _ := e["error_subcode"].(json.Number)
	c, _ := code.Int64()
	s, _ := sub.Int64()
	return int(c), int(s)
}

func (a answer) data() []map[string]any {
	list, _ := a.body["data"].([]any)
	var out []map[string]any
	for _, one := range list {
		o, _ := one.(map[string]any)
		out = append(out, o)
	}
	return out
}

func (b *bench) do(h http.Handler, r *http.Request) answer {
	b.t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), raw: w.Body.String()}
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.UseNumber()
	_ = d.Decode(&a.body) // HTML and lists stay in raw
	return a
}

func (b *bench) host(name string) http.Handler {
	if name == Instagram {
		return b.sim.Instagram()
	}
	return b.sim
}

// call sends a GET with a query, or a form.
func (b *bench) call(host, method, path, token string, pairs ...string) answer {
	b.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	var r *http.Request
	if method == http.MethodPost {
		r = httptest.NewRequest(method, path, strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r = httptest.NewRequest(method, path+"?"+values.Encode(), nil)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return b.do(b.host(host), r)
}

func (b *bench) get(path, token string, pairs ...string) answer {
	b.t.Helper()
	return b.call(Facebook, http.MethodGet, path, token, pairs...)
}

func (b *bench) post(path, token string, pairs ...string) answer {
	b.t.Helper()
	return b.call(Facebook, http.MethodPost, path, token, pairs...)
}

// need fails the test unless the answer is good.
func (b *bench) need(a answer) answer {
	b.t.Helper()
	if a.status != http.StatusOK || a.body["error"] != nil {
		b.t.Fatalf("answered %d: %s", a.status, a.raw)
	}
	return a
}

// refused fails the test unless the answer is that error.
func (b *bench) refused(a answer, code, sub int) {
	b.t.Helper()
	if c, s := a.code(); c != code || s != sub || a.status == http.StatusOK {
		b.t.Fatalf("answered %d with error %d/%d, want error %d/%d: %s", a.status, c, s, code, sub, a.raw)
	}
}

// approve walks the dialog of a host and returns the code.
func (b *bench) approve(host, path, client, scope string) string {
	b.t.Helper()
	a := b.call(host, http.MethodGet, path, "", "client_id", client, "redirect_uri", testBack, "state", "s/1", "scope", scope,
		"response_type", "code", "decision", "approve")
	if a.status != http.StatusFound {
		b.t.Fatalf("dialog answered %d: %s", a.status, a.raw)
	}
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	if u.Query().Get("state") != "s/1" || u.Query().Get("keep") != "1" {
		b.t.Fatalf("redirect lost parameters: %s", u)
	}
	return u.Query().Get("code")
}

// user logs in and prolongs the token.
func (b *bench) user(scopes ...string) string {
	b.t.Helper()
	if len(scopes) == 0 {
		scopes = facebookScopes()
	}
	code := b.approve(Facebook, "/v26.0/dialog/oauth", testApp, strings.Join(scopes, ","))
	short := b.need(b.get("/v26.0/oauth/access_token", "", "client_id", testApp, "client_secret", testSecret, "redirect_uri", testBack, "code", code))
	long := b.need(b.get("/v26.0/oauth/access_token", "", "grant_type", "fb_exchange_token", "client_id", testApp, "client_secret", testSecret,
		"fb_exchange_token", short.body["access_token"].(string)))
	return long.body["access_token"].(string)
}

// pageToken logs in and takes the Page's token.
func (b *bench) pageToken() string {
	b.t.Helper()
	return b.need(b.get("/v26.0/me/accounts", b.user())).data()[0]["access_token"].(string)
}

// instagramToken logs in with Instagram Login and exchanges the token.
func (b *bench) instagramToken() string {
	b.t.Helper()
	code := b.approve(Instagram, "/oauth/authorize", testApp, strings.Join(instagramScopes(), ","))
	short := b.need(b.call(Instagram, http.MethodPost, "/oauth/access_token", "", "client_id", testApp, "client_secret", testIGSecret,
		"grant_type", "authorization_code", "redirect_uri", testBack, "code", code))
	token := short.data()[0]["access_token"].(string)
	long := b.need(b.call(Instagram, http.MethodGet, "/access_token", "", "grant_type", "ig_exchange_token", "client_secret", testIGSecret, "access_token", token))
	return long.body["access_token"].(string)
}

// system is a token that writes the catalog.
func (b *bench) system() string {
	b.t.Helper()
	token, err := b.sim.SystemUserToken(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

// mug is a complete item; pairs change fields, an empty value removes one.
func mug(id string, pairs ...string) map[string]any {
	data := map[string]any{
		"id": id, "title": "Café mug " + id, "description": "A mug.", "availability": "in stock", "condition": "new",
		"price": "9.99 USD", "link": "https://shop.example/p/" + id, "image_link": "https://img.example/" + id + ".png", "brand": "Corner",
		"quantity_to_sell_on_facebook": 5,
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if data[pairs[i]] = any(pairs[i+1]); pairs[i+1] == "" {
			delete(data, pairs[i])
		}
	}
	return data
}

func request1(method string, data map[string]any) map[string]any {
	return map[string]any{"method": method, "data": data}
}

// write sends an items_batch.
func (b *bench) write(token string, records ...map[string]any) answer {
	b.t.Helper()
	raw, err := json.Marshal(records)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.post("/v26.0/"+b.ids.Catalog+"/items_batch", token, "item_type", "PRODUCT_ITEM", "requests", string(raw))
}

// stock writes complete items and waits until they are on sale.
func (b *bench) stock(ids ...string) string {
	b.t.Helper()
	token := b.system()
	var records []map[string]any
	for _, id := range ids {
		records = append(records, request1("CREATE", mug(id)))
	}
	b.need(b.write(token, records...))
	b.settle()
	return token
}

// listed is the snapshot's item.
func (b *bench) listed(sku string) (simkit.Item, bool) {
	b.t.Helper()
	snap, err := b.sim.Snapshot(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, it := range snap.Items {
		if it.SKU == sku {
			return it, true
		}
	}
	return simkit.Item{}, false
}

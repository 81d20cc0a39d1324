package etsysim

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
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
	testKeystring = "keystring1"
	testSecret    = "secret1"
	testRedirect  = "http://127.0.0.1:8080/callback"
	testHook      = "http://connector.test/hooks/etsy"
	testVerifier  = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEFGH"
	allScopes     = "listings_r listings_w listings_d transactions_r transactions_w shops_r shops_w"
)

// stall is a simulator with a clock, a connected seller and a webhook receiver.
type stall struct {
	*testing.T
	sim      *Sim
	env      simkit.Env
	token    string
	refresh  string
	mu       sync.Mutex
	now      time.Time
	hooks    []hook
	hookCode int
}

type hook struct {
	header http.Header
	body   []byte
}

func setup(t *testing.T) *stall {
	t.Helper()
	b := &stall{T: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), hookCode: http.StatusNoContent}
	store, err := simkit.OpenStore(filepath.Join(t.TempDir(), "etsy.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	b.env = simkit.Env{
		Now: b.clock, Seed: 7, URL: "http://127.0.0.1:8080/sim/etsy", Store: store,
		Client:   &http.Client{Transport: b},
		Webhooks: map[string]string{TopicOrders: testHook},
		App: map[string]string{"ETSY_KEYSTRING": testKeystring, "ETSY_SHARED_SECRET": testSecret,
			"ETSY_WEBHOOK_SECRET": "whsec_" + base64.StdEncoding.EncodeToString([]byte("hook secret"))},
	}
	if b.sim, err = New(b.env); err != nil {
		t.Fatal(err)
	}
	b.connect(allScopes)
	return b
}

func (b *stall) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *stall) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// RoundTrip receives webhooks.
func (b *stall) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hooks = append(b.hooks, hook{r.Header, body})
	return &http.Response{StatusCode: b.hookCode, Body: http.NoBody, Header: http.Header{}}, nil
}

func (b *stall) tick() {
	b.Helper()
	if err := b.sim.Tick(b.Context()); err != nil {
		b.Fatal(err)
	}
}

// answer is a response with its decoded body.
type answer struct {
	status int
	header http.Header
	raw    []byte
	json   map[string]any
}

func (a answer) error() string {
	text, _ := a.json["error"].(string)
	return text
}

func (a answer) id(name string) int64 {
	n, _ := a.json[name].(json.Number)
	id, _ := n.Int64()
	return id
}

// send does a call as the connected application and holds the answer against
// Etsy's OpenAPI file.
func (b *stall) send(r *http.Request) answer {
	b.Helper()
	if r.Header.Get("X-Api-Key") == "" {
		r.Header.Set("X-Api-Key", testKeystring+":"+testSecret)
	}
	if r.Header.Get("Authorization") == "" && b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	a := b.serve(r)
	checkAnswer(b.T, r, a)
	return a
}

func (b *stall) serve(r *http.Request) answer {
	w := httptest.NewRecorder()
	b.sim.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), raw: w.Body.Bytes()}
	dec := json.NewDecoder(bytes.NewReader(a.raw))
	dec.UseNumber()
	_ = dec.Decode(&a.json)
	return a
}

func (b *stall) get(path string) answer {
	b.Helper()
	return b.send(httptest.NewRequest(http.MethodGet, "/v3/application"+path, nil))
}

func (b *stall) del(path string) answer {
	b.Helper()
	return b.send(httptest.NewRequest(http.MethodDelete, "/v3/application"+path, nil))
}

func (b *stall) form(method, path string, fields url.Values) answer {
	b.Helper()
	return b.send(formRequest(method, "/v3/application"+path, fields))
}

func formRequest(method, path string, fields url.Values) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (b *stall) json(method, path, body string) answer {
	b.Helper()
	r := httptest.NewRequest(method, "/v3/application"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return b.send(r)
}

// upload sends an image; file nil leaves it out.
func (b *stall) upload(listingID int64, file []byte, fields url.Values) answer {
	b.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	if file != nil {
		part, err := w.CreateFormFile("image", "image.png")
		if err != nil {
			b.Fatal(err)
		}
		_, _ = part.Write(file)
	}
	for name := range fields {
		_ = w.WriteField(name, fields.Get(name))
	}
	_ = w.Close()
	r := httptest.NewRequest(http.MethodPost, "/v3/application"+b.shop("/listings/%d/images", listingID), &buf)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return b.send(r)
}

// shop makes a path below the seeded shop.
func (b *stall) shop(format string, args ...any) string {
	return fmt.Sprintf("/shops/%d", b.sim.ShopID()) + fmt.Sprintf(format, args...)
}

func (b *stall) want(a answer, status int, contains string) answer {
	b.Helper()
	if a.status != status || !strings.Contains(string(a.raw), contains) {
		b.Fatalf("status %d %s, want %d with %q", a.status, a.raw, status, contains)
	}
	return a
}

// connect runs the consent page and the code exchange.
func (b *stall) connect(scope string) {
	b.Helper()
	q := consentQuery(scope)
	q.Set("decision", "approve")
	a := b.serve(httptest.NewRequest(http.MethodGet, "/oauth/connect?"+q.Encode(), nil))
	b.want(a, http.StatusFound, "")
	back, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		b.Fatal(err)
	}
	b.keep(b.want(b.exchange(url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")},
		"redirect_uri": {testRedirect}, "code_verifier": {testVerifier},
	}), http.StatusOK, ""))
}

func consentQuery(scope string) url.Values {
	sum := sha256.Sum256([]byte(testVerifier))
	return url.Values{
		"response_type": {"code"}, "client_id": {testKeystring}, "redirect_uri": {testRedirect}, "scope": {scope},
		"state": {"st&te"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
}

func (b *stall) exchange(fields url.Values) answer {
	if !fields.Has("client_id") {
		fields.Set("client_id", testKeystring)
	}
	r := formRequest(http.MethodPost, "/v3/public/oauth/token", fields)
	r.Header.Set("X-Api-Key", testKeystring+":"+testSecret)
	return b.serve(r)
}

func (b *stall) keep(a answer) {
	b.token, _ = a.json["access_token"].(string)
	b.refresh, _ = a.json["refresh_token"].(string)
}

func draftFields() url.Values {
	return url.Values{
		"quantity": {"5"}, "title": {"Red mug"}, "description": {"A mug."}, "price": {"12.50"}, "who_made": {"i_did"},
		"when_made": {"made_to_order"}, "is_supply": {"false"}, "taxonomy_id": {"1062"}, "tags": {"red mug,gift"}, "materials": {"clay"},
	}
}

// complete are the references a draft needs to be published.
func (b *stall) complete(fields url.Values) url.Values {
	fields.Set("shipping_profile_id", fmt.Sprint(b.sim.shop.ShippingProfile))
	fields.Set("return_policy_id", fmt.Sprint(b.sim.shop.ReturnPolicy))
	fields.Set("readiness_state_id", fmt.Sprint(b.readiness()))
	return fields
}

func (b *stall) readiness() int64 { return newReadiness(b.env.Seed)[0].ID }

func (b *stall) draft() int64 {
	b.Helper()
	return b.want(b.form(http.MethodPost, b.shop("/listings"), b.complete(draftFields())), http.StatusCreated, `"draft"`).id("listing_id")
}

// active publishes a listing of one product.
func (b *stall) active(sku string, quantity int) int64 {
	b.Helper()
	id := b.draft()
	b.want(b.json(http.MethodPut, fmt.Sprintf("/listings/%d/inventory", id), b.single(sku, quantity)), http.StatusOK, sku)
	b.want(b.upload(id, testPicture(b.T), nil), http.StatusCreated, "")
	b.want(b.setState(id, stateActive), http.StatusOK, `"active"`)
	return id
}

func (b *stall) setState(id int64, state string) answer {
	b.Helper()
	return b.form(http.MethodPatch, b.shop("/listings/%d", id), url.Values{"state": {state}})
}

func (b *stall) single(sku string, quantity int) string {
	return fmt.Sprintf(`{"products":[{"sku":%q,"property_values":[],"offerings":[{"price":12.5,"quantity":%d,"is_enabled":true,"readiness_state_id":%d}]}]}`,
		sku, quantity, b.readiness())
}

func (b *stall) order(sku string, quantity int, note string) string {
	b.Helper()
	id, err := b.sim.PlaceOrder(b.Context(), simkit.Order{SKU: sku, Quantity: quantity, Buyer: "Ada Abel", Note: note})
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func testPicture(t *testing.T) []byte {
	t.Helper()
	raw, err := simkit.Picture("mug")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

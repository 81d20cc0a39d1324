package tiktoksim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

const (
	testKey    = "6fexample01"
	testSecret = "7f3c1e9a5b2d48c6a0e4d1b8f6a2c3e5d7091b4f"
	testBase   = "http://sim.test/sim/tiktok"
)

// stall is one simulated shop with an app that has the seller's consent.
type stall struct {
	t      *testing.T
	sim    *Sim
	env    simkit.Env
	clock  *time.Time
	token  string
	cipher string
	hooks  *hooks
	seen   func(op, path string, q url.Values, body string, r reply)
}

// hooks is the receiver of the webhooks.
type hooks struct {
	mu     sync.Mutex
	status int
	got    []hook
}

type hook struct {
	path, auth string
	body       []byte
}

func (h *hooks) RoundTrip(r *http.Request) (*http.Response, error) {
	var b bytes.Buffer
	_, _ = b.ReadFrom(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, hook{path: r.URL.Path, auth: r.Header.Get("Authorization"), body: b.Bytes()})
	w := httptest.NewRecorder()
	w.WriteHeader(h.status)
	return w.Result(), nil
}

// taken returns what came since the last call.
func (h *hooks) taken() []hook {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := h.got
	h.got = nil
	return got
}

type reply struct {
	status int
	raw    []byte
	Code   int             `json:"code"`
	Msg    string          `json:"message"`
	Data   json.RawMessage `json:"data"`
}

func newStall(t *testing.T) *stall {
	t.Helper()
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	store, err := simkit.OpenStore(filepath.Join(t.TempDir(), "tiktok.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	h := &hooks{status: http.StatusOK}
	s := &stall{t: t, clock: &at, hooks: h, env: simkit.Env{
		Now: func() time.Time { return at }, Seed: 42, URL: testBase, Store: store, Client: &http.Client{Transport: h},
		App: map[string]string{"TIKTOK_APP_KEY": testKey, "TIKTOK_APP_SECRET": testSecret, "TIKTOK_SERVICE_ID": "7400000001"},
		Webhooks: map[string]string{
			"oauth":               "https://seller.example/v1/oauth/tiktok/callback?keep=1",
			"ORDER_STATUS_CHANGE": "https://seller.example/webhooks/tiktok/orders", "NEW_MESSAGE": "https://seller.example/webhooks/tiktok/messages",
			"NEW_CONVERSATION": "https://seller.example/webhooks/tiktok/conversations", "PRODUCT_STATUS_CHANGE": "https://seller.example/webhooks/tiktok/products",
			"CANCELLATION_STATUS_CHANGE": "https://seller.example/webhooks/tiktok/cancellations",
		},
	}}
	s.open()
	s.consent()
	return s
}

func (s *stall) open() {
	s.t.Helper()
	sim, err := New(s.env)
	if err != nil {
		s.t.Fatal(err)
	}
	s.sim = sim
	s.sim.QPS = 0
	if _, s.cipher, err = sim.Shop(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stall) consent() {
	s.t.Helper()
	code, err := s.sim.NewCode()
	if err != nil {
		s.t.Fatal(err)
	}
	r := s.auth("get", url.Values{"auth_code": {code}, "grant_type": {"authorized_code"}})
	if r.Code != 0 {
		s.t.Fatalf("exchange: %s", r.raw)
	}
	s.token = field[string](s.t, r.Data, "access_token")
}

// auth calls the auth host.
func (s *stall) auth(what string, q url.Values) reply {
	if !q.Has("app_key") {
		q.Set("app_key", testKey)
		q.Set("app_secret", testSecret)
	}
	return s.send(httptest.NewRequest(http.MethodGet, "/api/v2/token/"+what+"?"+q.Encode(), nil))
}

func (s *stall) send(r *http.Request) reply {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.sim.ServeHTTP(w, r)
	out := reply{status: w.Code, raw: w.Body.Bytes()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(out.raw, &out); err != nil {
			s.t.Fatalf("%s %s: %v in %s", r.Method, r.URL.Path, err, out.raw)
		}
	}
	return out
}

// request is a well-formed call that a test then spoils.
type request struct {
	method, path string
	q            url.Values
	body, kind   string
	token        string
	spoil        func(url.Values)
}

func (s *stall) prepare(method, path, body string, params ...string) request {
	r := request{method: method, path: path, body: body, kind: "application/json", token: s.token, q: url.Values{}}
	r.q.Set("app_key", testKey)
	r.q.Set("timestamp", strconv.FormatInt(s.clock.Unix(), 10))
	if needsCipher(path) {
		r.q.Set("shop_cipher", s.cipher)
	}
	for i := 0; i+1 < len(params); i += 2 {
		r.q.Set(params[i], params[i+1])
	}
	return r
}

func needsCipher(path string) bool {
	return !strings.HasPrefix(path, "/authorization/") && !strings.HasPrefix(path, "/seller/") && path != "/product/202309/images/upload"
}

func (s *stall) do(r request) reply {
	s.t.Helper()
	r.q.Set("sign", Sign(testSecret, r.path, r.q, r.kind, []byte(r.body)))
	if r.spoil != nil {
		r.spoil(r.q)
	}
	req := httptest.NewRequest(r.method, r.path+"?"+r.q.Encode(), strings.NewReader(r.body))
	req.Header.Set("Content-Type", r.kind)
	if r.token != "" {
		req.Header.Set("x-tts-access-token", r.token)
	}
	out := s.send(req)
	if s.seen != nil {
		s.seen(r.method, r.path, r.q, r.body, out)
	}
	return out
}

// call is a good call; want is the code expected.
func (s *stall) call(want int, method, path, body string, params ...string) reply {
	s.t.Helper()
	r := s.do(s.prepare(method, path, body, params...))
	if r.Code != want {
		s.t.Fatalf("%s %s: code %d, want %d: %s", method, path, r.Code, want, r.raw)
	}
	return r
}

// upload sends a picture of w by h points and returns its uri.
func (s *stall) upload(w, h int, use string) reply {
	s.t.Helper()
	body, kind := form(s.t, use, pngOf(s.t, w, h))
	r := s.prepare(http.MethodPost, "/product/202309/images/upload", body)
	r.kind = kind
	return s.do(r)
}

func form(t *testing.T, use string, data []byte) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("data", "picture.png")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write(data)
	if use != "" {
		_ = m.WriteField("use_case", use)
	}
	_ = m.Close()
	return b.String(), m.FormDataContentType()
}

func (s *stall) image() string {
	s.t.Helper()
	return field[string](s.t, s.upload(400, 400, "MAIN_IMAGE").Data, "uri")
}

// document is an uploaded picture for a use of its own.
func (s *stall) document(use string) map[string]any {
	s.t.Helper()
	return map[string]any{"uri": field[string](s.t, s.upload(1200, 1200, use).Data, "uri")}
}

// certificate is good for some days from now.
func (s *stall) certificate(id string, days int64) map[string]any {
	return map[string]any{"id": id, "images": []any{s.document("CERTIFICATION_IMAGE")}, "expiration_date": s.sim.now().Unix() + days*86400}
}

// sheet is a product that may be listed, as a JSON document to spoil.
func (s *stall) sheet() map[string]any {
	return map[string]any{
		"title": "Stoneware mug", "description": "<p>Holds tea.</p>", "category_id": "600024", "category_version": "v2",
		"main_images": []any{map[string]any{"uri": s.image()}}, "package_weight": map[string]any{"value": "1.32", "unit": "POUND"},
		"skus": []any{s.variant("MUG-1", "12.50", 5)},
	}
}

func (s *stall) variant(code, amount string, n int, sales ...any) map[string]any {
	v := map[string]any{
		"seller_sku": code, "price": map[string]any{"amount": amount, "currency": "USD"},
		"inventory": []any{map[string]any{"warehouse_id": s.warehouse(), "quantity": n}},
	}
	if len(sales) > 0 {
		v["sales_attributes"] = sales
	}
	return v
}

func (s *stall) warehouse() string {
	var id string
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		sh, err := loadShop(tx)
		id = sh.Warehouses[0].ID
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

type made struct {
	ID   string `json:"product_id"`
	SKUs []struct {
		ID        string `json:"id"`
		SellerSKU string `json:"seller_sku"`
	} `json:"skus"`
	Warnings []struct {
		Message string `json:"message"`
	} `json:"warnings"`
}

func (s *stall) create(sheet map[string]any) made {
	s.t.Helper()
	return as[made](s.t, s.call(0, http.MethodPost, "/product/202309/products", encode(s.t, sheet)).Data)
}

// live creates a product and passes its review.
func (s *stall) live(sheet map[string]any) made {
	s.t.Helper()
	m := s.create(sheet)
	s.pass(2 * time.Second)
	if got := s.product(m.ID).Status; got != activate {
		s.t.Fatalf("product is %s after its review", got)
	}
	return m
}

// pass lets time go by and the simulator do what is due.
func (s *stall) pass(d time.Duration) {
	s.t.Helper()
	*s.clock = s.clock.Add(d)
	if err := s.sim.Tick(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

type seenProduct struct {
	Status, Title string
	Audit         struct{ Status string }
	Reasons       []auditReason `json:"audit_failed_reasons"`
	SKUs          []struct {
		ID    string
		Price struct {
			Sale string `json:"sale_price"`
		}
		Inventory []struct{ Quantity int }
	}
}

func (s *stall) product(id string, params ...string) seenProduct {
	s.t.Helper()
	return as[seenProduct](s.t, s.call(0, http.MethodGet, "/product/202309/products/"+id, "", params...).Data)
}

func (s *stall) order(sku string, n int, buyer string) string {
	s.t.Helper()
	id, err := s.sim.PlaceOrder(context.Background(), simkit.Order{SKU: sku, Quantity: n, Buyer: buyer})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

type seenOrder struct {
	ID, Status string
	User       string `json:"user_id"`
	Lines      []struct {
		ID      string
		SKU     string `json:"seller_sku"`
		Status  string `json:"display_status"`
		Package string `json:"package_id"`
	} `json:"line_items"`
	Payment   struct{ Total string } `json:"-"`
	Recipient *struct {
		Name, Phone string
		Address     string `json:"address_line1"`
	} `json:"recipient_address"`
	Request bool `json:"is_buyer_request_cancel"`
}

func (s *stall) see(id string) seenOrder {
	s.t.Helper()
	r := s.call(0, http.MethodGet, "/order/202507/orders", "", "ids", id)
	list := field[[]seenOrder](s.t, r.Data, "orders")
	return list[0]
}

func encode(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func as[T any](t *testing.T, raw []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

func field[T any](t *testing.T, raw []byte, name string) T {
	t.Helper()
	all := as[map[string]json.RawMessage](t, raw)
	if all[name] == nil {
		t.Fatalf("no %s in %s", name, raw)
	}
	return as[T](t, all[name])
}

func ids(list ...string) string {
	return fmt.Sprintf(`{"product_ids":["%s"]}`, strings.Join(list, `","`))
}

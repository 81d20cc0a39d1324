package tiktoksim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestGate(t *testing.T) {
	t.Parallel()
	const shops, search, upload = "/authorization/202309/shops", "/order/202309/orders/search", "/product/202309/images/upload"
	at := func(s *stall, d time.Duration) string { return strconv.FormatInt(s.clock.Add(d).Unix(), 10) }
	tests := map[string]struct {
		method, path, body string
		change             func(*stall, *request)
		status, code       int
		message            string
	}{
		"good":                 {"GET", shops, "", nil, 200, 0, "Success"},
		"unknown path":         {"GET", "/authorization/202309/nothing", "", nil, 404, codeNoPath, ""},
		"unknown method":       {"POST", shops, "", nil, 405, codeNoMethod, ""},
		"unknown app key":      {"GET", shops, "", func(_ *stall, r *request) { r.q.Set("app_key", "other") }, 400, codeInvalid, "app_key"},
		"no timestamp":         {"GET", shops, "", func(_ *stall, r *request) { r.q.Del("timestamp") }, 400, codeInvalid, "timestamp"},
		"milliseconds":         {"GET", shops, "", func(_ *stall, r *request) { r.q.Set("timestamp", "1767312005000") }, 400, codeInvalid, "timestamp"},
		"5 min old":            {"GET", shops, "", func(s *stall, r *request) { r.q.Set("timestamp", at(s, -5*time.Minute)) }, 200, 0, ""},
		"older":                {"GET", shops, "", func(s *stall, r *request) { r.q.Set("timestamp", at(s, -5*time.Minute-time.Second)) }, 400, codeInvalid, "timestamp"},
		"30 s ahead":           {"GET", shops, "", func(s *stall, r *request) { r.q.Set("timestamp", at(s, 30*time.Second)) }, 200, 0, ""},
		"further ahead":        {"GET", shops, "", func(s *stall, r *request) { r.q.Set("timestamp", at(s, 31*time.Second)) }, 400, codeInvalid, "timestamp"},
		"no sign":              {"GET", shops, "", func(_ *stall, r *request) { r.spoil = func(q url.Values) { q.Del("sign") } }, 400, codeInvalid, "signature"},
		"wrong sign":           {"GET", shops, "", func(_ *stall, r *request) { r.spoil = func(q url.Values) { q.Set("sign", strings.Repeat("a", 64)) } }, 401, codeBadSign, ""},
		"unsigned parameter":   {"GET", shops, "", func(_ *stall, r *request) { r.spoil = func(q url.Values) { q.Set("x", "1") } }, 401, codeBadSign, ""},
		"repeated parameter":   {"GET", shops, "", func(_ *stall, r *request) { r.spoil = func(q url.Values) { q.Add("timestamp", "1") } }, 401, codeBadSign, ""},
		"values with specials": {"GET", shops, "", func(_ *stall, r *request) { r.q.Set("x", "a b+c%&=ä") }, 200, 0, ""},
		"no token":             {"GET", shops, "", func(_ *stall, r *request) { r.token = "" }, 400, codeInvalid, "x-tts-access-token"},
		"unknown token":        {"GET", shops, "", func(_ *stall, r *request) { r.token = "ROW_other" }, 401, codeTokenInvalid, ""},
		"token in the query":   {"GET", shops, "", func(_ *stall, r *request) { r.q.Set("access_token", r.token) }, 400, codeInvalid, "access_token"},
		"superfluous cipher":   {"GET", shops, "", func(s *stall, r *request) { r.q.Set("shop_cipher", s.cipher) }, 400, codeInvalid, "not required"},
		"missing cipher":       {"POST", search, `{}`, func(_ *stall, r *request) { r.q.Del("shop_cipher") }, 400, codeNoCipher, ""},
		"other cipher":         {"POST", search, `{}`, func(_ *stall, r *request) { r.q.Set("shop_cipher", "ROW_x") }, 400, codeOtherCipher, ""},
		"not JSON type":        {"POST", search, `{}`, func(_ *stall, r *request) { r.kind = "text/plain" }, 400, codeContentType, ""},
		"not JSON":             {"POST", search, `{`, nil, 400, codeInvalid, "body"},
		"wrong JSON type":      {"POST", search, `{"create_time_ge":"x"}`, nil, 400, codeInvalid, "create_time_ge"},
		"JSON twice":           {"POST", search, `{}{}`, nil, 400, codeInvalid, "body"},
		"JSON upload":          {"POST", upload, `{}`, nil, 400, codeNotMultipart, ""},
		"too large":            {"POST", search, strings.Repeat(" ", maxBody+1), nil, 400, codeTooLarge, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStall(t)
			r := s.prepare(tt.method, tt.path, tt.body)
			if tt.change != nil {
				tt.change(s, &r)
			}
			got := s.do(r)
			if got.status != tt.status || got.Code != tt.code || !strings.Contains(got.Msg, tt.message) {
				t.Errorf("got %d %d %q, want %d %d with %q", got.status, got.Code, got.Msg, tt.status, tt.code, tt.message)
			}
			if tt.code != 0 && string(got.Data) != "null" {
				t.Errorf("data is %s, want null", got.Data)
			}
		})
	}
}

// Behind a prefix the signature covers the path below it.
func TestServedBelowAPrefix(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	host := httptest.NewServer(http.StripPrefix("/sim/tiktok", s.sim))
	defer host.Close()
	r := s.prepare(http.MethodGet, "/authorization/202309/shops", "")
	r.q.Set("sign", Sign(testSecret, r.path, r.q, "", nil))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, host.URL+"/sim/tiktok"+r.path+"?"+r.q.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-tts-access-token", s.token)
	resp, err := host.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	*s.clock = s.clock.Add(7*24*time.Hour - time.Second)
	s.call(0, http.MethodGet, "/authorization/202309/shops", "")
	*s.clock = s.clock.Add(time.Second)
	if r := s.do(s.prepare(http.MethodGet, "/authorization/202309/shops", "")); r.Code != codeTokenExpired || r.status != 401 {
		t.Errorf("after 7 days: %d %d", r.status, r.Code)
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	const path = "/customer_service/202309/conversations"
	s.call(0, http.MethodGet, path, "", "page_size", "20")
	if err := s.sim.SetScope("seller.customer_service", false); err != nil {
		t.Fatal(err)
	}
	s.call(codeNoScope, http.MethodGet, path, "", "page_size", "20")
	s.consent() // a new grant does not hold it either
	s.call(codeNoScope, http.MethodGet, path, "", "page_size", "20")
	if err := s.sim.SetScope("seller.customer_service", true); err != nil {
		t.Fatal(err)
	}
	s.consent()
	s.call(0, http.MethodGet, path, "", "page_size", "20")
}

func TestRate(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.sim.QPS = 2
	const path = "/authorization/202309/shops"
	s.call(0, http.MethodGet, path, "")
	s.call(0, http.MethodGet, path, "")
	if r := s.do(s.prepare(http.MethodGet, path, "")); r.status != http.StatusTooManyRequests || r.Code != codeThrottled {
		t.Errorf("third call: %d %d", r.status, r.Code)
	}
	s.call(0, http.MethodGet, "/seller/202309/shops", "")
	*s.clock = s.clock.Add(time.Second)
	s.call(0, http.MethodGet, path, "")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ status, code int }{
		simkit.FaultServerError: {500, codeInternal}, simkit.FaultRateLimited: {429, codeThrottled},
		simkit.FaultTokenExpired: {401, codeTokenExpired}, simkit.FaultRejected: {200, codeBadParameters},
	}
	for kind, want := range tests {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newStall(t)
			if err := s.sim.Faults().Add(kind, 1); err != nil {
				t.Fatal(err)
			}
			r := s.do(s.prepare(http.MethodGet, "/product/202312/prerequisites", ""))
			if r.status != want.status || r.Code != want.code {
				t.Errorf("got %d %d, want %d %d", r.status, r.Code, want.status, want.code)
			}
			s.call(0, http.MethodGet, "/product/202312/prerequisites", "")
			shot, err := s.sim.Snapshot(t.Context())
			if err != nil || shot.Calls["CheckListingPrerequisites_202312"] != 2 {
				t.Errorf("calls %v, %v", shot.Calls, err)
			}
		})
	}
}

// A timeout after the deed: the answer is lost, the product is there, and the
// idempotency key finds it again.
func TestFaultTimeoutAfterApply(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	sheet := s.sheet()
	sheet["idempotency_key"] = "revision-1"
	if err := s.sim.Faults().Add(simkit.FaultTimeoutAfterApply, 1); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the connection was not cut")
			}
		}()
		s.do(s.prepare(http.MethodPost, "/product/202309/products", encode(t, sheet)))
	}()
	first, again := s.create(sheet), s.create(sheet)
	if first.ID != again.ID {
		t.Errorf("products %s and %s for one key", first.ID, again.ID)
	}
	total := field[int](t, s.call(0, http.MethodPost, "/product/202502/products/search", `{}`, "page_size", "10").Data, "total_count")
	if total != 1 {
		t.Errorf("%d products, want 1", total)
	}
}

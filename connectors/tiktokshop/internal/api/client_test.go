package api

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

var testNow = time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)

// script answers calls one after the other and keeps what was sent.
type script struct {
	t       *testing.T
	answers []httpclient.Response
	sent    []*http.Request
	queries []url.Values
	renewed int
}

func (s *script) Do(_ context.Context, r httpclient.Request) (httpclient.Response, error) {
	s.t.Helper()
	req, err := http.NewRequest(r.Method, r.URL, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = r.Header
	if err := r.Sign(req); err != nil {
		s.t.Fatal(err)
	}
	if len(s.answers) == 0 {
		s.t.Fatalf("call %d is one too many", len(s.sent)+1)
	}
	s.sent, s.queries = append(s.sent, req), append(s.queries, req.URL.Query())
	answer := s.answers[0]
	s.answers = s.answers[1:]
	return answer, nil
}

func (s *script) Tokens(context.Context) (channel.Tokens, error) {
	return channel.Tokens{Access: "old"}, nil
}

func (s *script) Refreshed(_ context.Context, refused string) (channel.Tokens, error) {
	s.renewed++
	return channel.Tokens{Access: "new after " + refused}, nil
}

func client(t *testing.T, answers ...httpclient.Response) (*Client, *script) {
	s := &script{t: t, answers: answers}
	return New(Config{
		HTTP: s, Base: "https://tiktok.test/prefix", AppKey: "key", Secret: "secret", Shop: "1", Cipher: "cipher", Tokens: s,
		Now: func() time.Time { return testNow },
	}), s
}

func answer(body string) httpclient.Response {
	return httpclient.Response{Status: 200, Header: http.Header{}, Body: []byte(body)}
}

func TestSignsThePathBehindThePrefix(t *testing.T) {
	t.Parallel()
	c, s := client(t, answer(`{"code":0,"data":{"warehouses":[{"id":"7"}]}}`))
	list, err := c.ListWarehouses(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "7" {
		t.Fatalf("%v, %v", list, err)
	}
	q := s.queries[0]
	want := Sign("secret", "/logistics/202309/warehouses", q, "application/json", nil)
	if q.Get("sign") != want || s.sent[0].URL.Path != "/prefix/logistics/202309/warehouses" {
		t.Errorf("sign %s of %s", q.Get("sign"), s.sent[0].URL)
	}
	if q.Get("shop_cipher") != "cipher" || s.sent[0].Header.Get("X-Tts-Access-Token") != "old" || q.Has("access_token") {
		t.Errorf("query %v, header %v", q, s.sent[0].Header)
	}
}

func TestEndpointsThatRefuseTheCipher(t *testing.T) {
	t.Parallel()
	c, s := client(t, answer(`{"code":0,"data":{"shops":[]}}`), answer(`{"code":0,"data":{"uri":"u\n"}}`))
	if _, err := c.ListShops(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UploadImage(t.Context(), UseMain, "image/png", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for i, q := range s.queries {
		if q.Has("shop_cipher") {
			t.Errorf("call %d names the shop_cipher", i)
		}
	}
}

func TestExpiredTokenIsRenewedOnce(t *testing.T) {
	t.Parallel()
	c, s := client(t, answer(`{"code":105002}`), answer(`{"code":105002}`))
	_, err := c.ListWarehouses(t.Context())
	if fault.KindOf(err) != fault.AuthExpired || s.renewed != 1 || len(s.sent) != 2 {
		t.Errorf("%v after %d calls and %d renewals", err, len(s.sent), s.renewed)
	}
	if got := s.sent[1].Header.Get("X-Tts-Access-Token"); got != "new after old" {
		t.Errorf("the second call carries %q", got)
	}
}

func TestRefusedClockIsSetOnce(t *testing.T) {
	t.Parallel()
	refused := answer(`{"code":36009004,"message":"Invalid timestamp"}`)
	refused.Header.Set("Date", testNow.Add(-time.Hour).Format(http.TimeFormat))
	c, s := client(t, refused, answer(`{"code":0,"data":{}}`), answer(`{"code":0,"data":{}}`))
	for range 2 {
		if _, err := c.ListWarehouses(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := "1795366800" // an hour before testNow
	if s.queries[0].Get("timestamp") == want || s.queries[1].Get("timestamp") != want || s.queries[2].Get("timestamp") != want {
		t.Errorf("timestamps %s, %s, %s; want the marketplace's from the second on: %s", s.queries[0].Get("timestamp"), s.queries[1].Get("timestamp"), s.queries[2].Get("timestamp"), want)
	}
	again, s := client(t, refused, refused)
	if _, err := again.ListWarehouses(t.Context()); fault.Of(err).Code != CodeClock || len(s.sent) != 2 {
		t.Errorf("a clock that is refused twice: %v after %d calls", err, len(s.sent))
	}
	right := refused
	right.Header = http.Header{"Date": {testNow.Format(http.TimeFormat)}}
	same, s := client(t, right)
	if _, err := same.ListWarehouses(t.Context()); fault.Of(err).Code != CodeClock || len(s.sent) != 1 {
		t.Errorf("a clock that is right: %v after %d calls", err, len(s.sent))
	}
}

func TestIDsStayInTheirPlace(t *testing.T) {
	t.Parallel()
	c, s := client(t)
	for _, id := range []string{"", "1/../../x", "1?a=b", "1%2f", "ü"} {
		if _, err := c.Product(t.Context(), id); fault.KindOf(err) != fault.Invalid {
			t.Errorf("product %q: %v", id, err)
		}
		if _, err := c.Orders(t.Context(), []string{id}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("order %q: %v", id, err)
		}
	}
	if len(s.sent) > 0 {
		t.Errorf("%d calls went out", len(s.sent))
	}
}

func TestShutBucket(t *testing.T) {
	t.Parallel()
	c, _ := client(t)
	r := get("GetConversations", "/customer_service/202309/conversations", 1, nil)
	quotas := c.observe(r, c.bucket(r), answer(`{"code":45101004}`))
	last := quotas[len(quotas)-1]
	if len(quotas) != 3 || last.Bucket != "tiktok:key:1:chat" || !last.Until.After(testNow.Add(6*time.Hour)) {
		t.Errorf("%+v", quotas)
	}
	r = get("GetProduct", "/product/202309/products/1", 1, nil)
	if quotas = c.observe(r, c.bucket(r), answer(`{"code":0}`)); len(quotas) != 1 || quotas[0].Limit != perSecond {
		t.Errorf("%+v", quotas)
	}
}

func FuzzTypes(f *testing.F) {
	for _, seed := range []string{
		`{"id":576486316948490001,"line_items":[{"id":"1","sale_price":"1.00"}],"create_time":"1700000000"}`, `{"id":null,"payment":{}}`,
		`{"id":{"a":1}}`, `{"orders":[{"id":"1"}],"next_page_token":"x"}`, `[]`, `0`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, _ := client(t)
		r := get("x", "/x", 1, nil)
		resp := answer(`{"code":0,"data":` + string(body) + `}`)
		for _, into := range []any{&Order{}, &Product{}, &Receipt{}, &Conversation{}, &Attribute{}, &Cancellation{}, &Shop{}, &Token{}} {
			if err := c.read(r, resp, into); err != nil && fault.Of(err).Message == "" {
				t.Errorf("%q: a fault without a message", body)
			}
		}
	})
}

func TestIDKeepsAllDigits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ID{`576486316948490001`: "576486316948490001", `"576486316948490001"`: "576486316948490001", `null`: "", `true`: "true"} {
		var id ID
		if err := id.UnmarshalJSON([]byte(text)); err != nil || id != want {
			t.Errorf("%s: %q, %v", text, id, err)
		}
	}
	var id ID
	if id.UnmarshalJSON([]byte(`{"x":1}`)) == nil {
		t.Error("an object is taken for an id")
	}
}

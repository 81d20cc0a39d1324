package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/trade"
)

const (
	w         commerce.WorkspaceID = "w1"
	bridgeKey string               = "ck_unguessable"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// bench is the function over storage as it runs, with a hook of a marketplace
// that signs with a word.
type bench struct {
	*Handler
	store      *dynamo.Store
	clock      *porttest.Clock
	id, secret string // of the inbound key
	queued     []port.Inbound
	blobs      map[string][]byte
	refuse     error
	account    port.Account
}

func (b *bench) Send(_ context.Context, _ string, messages ...port.Outgoing) error {
	if b.refuse != nil {
		return b.refuse
	}
	for _, m := range messages {
		b.queued = append(b.queued, m.Body.(port.Inbound))
	}
	return nil
}

type blobs struct {
	port.Blobs
	b *bench
}

func (x blobs) PutBlob(_ context.Context, key, _ string, data []byte) error {
	x.b.blobs[key] = data
	return nil
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{clock: porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)), blobs: map[string][]byte{}}
	b.store = localtest.Open(t, b.clock.Now).Store
	ids := &localtest.IDs{}
	keeper, err := vault.OpenKeyFile(t.TempDir() + "/master.key")
	must(t, err)
	_, err = b.store.PutWorkspace(t.Context(), port.Workspace{ID: w, Name: `Ada's <b>shop</b>`, TimeZone: "UTC", Currency: "EUR"})
	must(t, err)
	desk := &accounts.Desk{Store: b.store, Vault: vault.New(keeper, b.store), Now: b.clock.Now, Log: localtest.Quiet()}
	b.account, b.secret, err = desk.AddCheckout(t.Context(), w, "My shop")
	must(t, err)
	b.id = b.account.Key
	b.bridge(t)
	b.products(t)
	b.Handler = New(Deps{
		Hooks:         []channel.Hook{{Method: "POST", Path: "/webhooks/test/{topic}", Handle: hook}, {Method: "GET", Path: "/webhooks/test", Handle: hook}},
		ParseCheckout: parse, Feed: func(_ context.Context, a port.Account) (Feed, error) {
			return Feed{Data: []byte("id,title\n" + string(a.ID) + ",ü\n")}, b.refuse
		},
		OrderID: ingest.OrderIDOf, Store: b.store, Accounts: desk, Carts: &trade.Desk{Store: b.store, Now: b.clock.Now, NewID: ids.Next},
		Queue: b, Blobs: blobs{b: b}, PublicURL: "https://api.example", Now: b.clock.Now, NewID: ids.Next, Log: localtest.Quiet(),
	})
	return b
}

// bridge connects a page with a checkout address.
func (b *bench) bridge(t testing.TB) {
	t.Helper()
	_, err := b.store.Connect(t.Context(), port.Account{ID: "acc_page", Space: w, Channel: commerce.Facebook, Kind: "marketplace", Remote: "page", State: port.AccountActive, Key: bridgeKey}, nil)
	must(t, err)
	must(t, b.store.PutPublicKey(t.Context(), port.PublicKey{Key: bridgeKey, Kind: "checkout", Space: w, Account: "acc_page"}))
}

func (b *bench) products(t testing.TB) {
	t.Helper()
	price := commerce.Money{Amount: 1250, Currency: "EUR"}
	p := commerce.Product{ID: "prd", Handle: "mug", Title: `Mug <script>alert("1")</script>`, Variants: []commerce.Variant{{ID: "v1", SKU: "MUG", Price: price}, {ID: "v2", SKU: "CUP", Price: price}}}
	_, err := b.store.PutProduct(t.Context(), w, port.ProductWrite{Product: p, Claims: []commerce.SKU{"MUG", "CUP"}})
	must(t, err)
	level := commerce.StockLevel{Variant: "v1", Location: commerce.LocationDefault, OnHand: 3}
	must(t, b.store.Move(t.Context(), w, port.LevelMove{Level: level, Move: commerce.StockMove{ID: "m", Variant: "v1", Location: level.Location, Anchor: b.clock.Now()}}))
}

// sells gives the seller's page a checkout of its own.
func (b *bench) sells(t testing.TB, address string) {
	t.Helper()
	a, err := b.store.Account(t.Context(), w, "acc_page")
	must(t, err)
	a.Defaults.CheckoutURL = address
	_, err = b.store.PutAccount(t.Context(), a)
	must(t, err)
}

// hook is a marketplace: it signs with the word "good", tells an event a line,
// and lets people withdraw.
func hook(_ map[commerce.Channel]any, r channel.HookRequest) (channel.HookResponse, []channel.Event, error) {
	switch r.Header.Get("Signature") {
	case "good":
	case "broken":
		return channel.HookResponse{}, nil, errors.New("nil map")
	case "invalid":
		return channel.HookResponse{}, nil, fault.New(fault.Invalid, "x", "Words.")
	case "denied":
		return channel.HookResponse{}, nil, fault.New(fault.Denied, "x", "Words.")
	default:
		return channel.HookResponse{Status: http.StatusUnauthorized}, nil, nil
	}
	if r.Path["topic"] == "erase" {
		return channel.HookResponse{Status: 200, Type: "application/json", Body: []byte(`{"url":"` + r.PublicURL + `/deletion/code-1"}`), Erased: "person", Code: "code-1"}, nil, nil
	}
	if challenge := r.Query.Get("challenge"); challenge != "" {
		return channel.HookResponse{Status: 200, Type: "text/plain", Body: []byte(challenge)}, nil, nil
	}
	if r.Path["topic"] == "odd" {
		return channel.HookResponse{Status: http.StatusOK, Unreadable: true}, nil, nil
	}
	var told []channel.Event
	for line := range strings.Lines(string(r.Body)) {
		told = append(told, channel.Event{Channel: commerce.TikTok, Account: "shop", Topic: r.Path["topic"], Body: []byte(line)})
	}
	return channel.HookResponse{Status: http.StatusOK}, told, nil
}

func parse(q url.Values) (channel.Cart, error) {
	cart := channel.Cart{Channel: commerce.Instagram, Coupon: q.Get("coupon")}
	for part := range strings.SplitSeq(q.Get("products"), ",") {
		id, count, _ := strings.Cut(part, ":")
		n := int64(1)
		if _, err := fmt.Sscanf(count, "%d", &n); count != "" && err != nil {
			return cart, fault.New(fault.Invalid, "bad_cart", "Words.")
		}
		if id != "" {
			cart.Items = append(cart.Items, channel.CartItem{ID: id, Quantity: n})
		}
	}
	return cart, nil
}

// call sends a request through the gateway.
func (b *bench) call(t testing.TB, method, path, body string, header ...string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	e := events.APIGatewayV2HTTPRequest{Version: "2.0", Body: body, Headers: map[string]string{}}
	e.RawPath, e.RawQueryString, _ = strings.Cut(path, "?")
	e.RequestContext.HTTP.Method = method
	for i := 0; i+1 < len(header); i += 2 {
		e.Headers[header[i]] = header[i+1]
	}
	out, err := b.Handle(t.Context(), e)
	must(t, err)
	return out
}

func (b *bench) signature(body string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(b.secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

// order posts an order of the seller's shop, signed.
func (b *bench) order(t testing.TB, body string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	return b.call(t, "POST", "/v1/inbound/orders", body, "manystall-key", b.id, "manystall-signature", b.signature(body, b.clock.Now()))
}

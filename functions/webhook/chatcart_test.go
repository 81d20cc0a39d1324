package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

// chat is a shop whose buyers send carts in Messenger.
type chat struct {
	*bench
	in  *ingest.Ingester
	app *metagraph.App
}

// Open implements ingest.Opener: names can't be had.
func (c *chat) Open(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
	return nil, fault.New(fault.Temporary, "away", "Away.")
}

// Map implements ingest.Opener.
func (c *chat) Map(e channel.Event) ([]channel.Update, error) { return metagraph.Map(c.app, e) }

func newChat(t *testing.T) *chat {
	t.Helper()
	c := &chat{bench: newBench(t), app: &metagraph.App{ID: "5", Secret: "0123456789abcdef0123456789abcdef"}}
	ids := &localtest.IDs{}
	c.in = &ingest.Ingester{Store: c.store, Open: c, Now: c.clock.Now, NewID: func() string { return "in" + ids.Next() }, Log: localtest.Quiet(),
		Digest: func(_ context.Context, _ commerce.WorkspaceID, v string) (string, error) { return "#" + v, nil }}
	return c
}

// sends lets Meta tell of a cart.
func (c *chat) sends(t *testing.T, products string) {
	t.Helper()
	body := `{"object":"page","entry":[{"id":"page","messaging":[{"sender":{"id":"2002"},"recipient":{"id":"page"},"timestamp":1793520001000,"order":{"note":"as a gift","products":[` + products + `]}}]}]}`
	mac := hmac.New(sha256.New, []byte(c.app.Secret.Reveal()))
	_, _ = mac.Write([]byte(body))
	header := http.Header{"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
	for _, h := range metagraph.Hooks() {
		if h.Method != http.MethodPost || h.Path != "/webhooks/meta" {
			continue
		}
		resp, events, err := h.Handle(map[commerce.Channel]any{commerce.Facebook: c.app}, channel.HookRequest{Header: header, Body: []byte(body), Now: c.clock.Now()})
		if err != nil || resp.Status != http.StatusOK || len(events) != 1 {
			t.Fatalf("told %v, %v, %v", resp, events, err)
		}
		raw, err := json.Marshal(events[0])
		must(t, err)
		must(t, c.in.Handle(t.Context(), port.Inbound{V: 1, Kind: "event", Body: raw, FetchedAt: c.clock.Now()}))
	}
}

// takeIn lets what is queued be taken in, twice.
func (c *chat) takeIn(t *testing.T) {
	t.Helper()
	for _, m := range slices.Concat(c.queued, c.queued) {
		must(t, c.in.Handle(t.Context(), m))
	}
	c.queued = nil
}

func (c *chat) orders(t *testing.T, state commerce.OrderState) []port.OrderItem {
	t.Helper()
	list, err := c.store.ListOrders(t.Context(), w, port.OrderFilter{State: state}, port.Page{Limit: 10})
	must(t, err)
	return list.Items
}

// draft wants exactly one cart and answers it.
func (c *chat) draft(t *testing.T) commerce.Order {
	t.Helper()
	list := c.orders(t, commerce.OrderDraft)
	if len(list) != 1 {
		t.Fatalf("%d drafts: %+v", len(list), list)
	}
	o, err := c.store.Order(t.Context(), w, list[0].ID)
	must(t, err)
	return o
}

const mugs = `{"id":3001,"retailer_id":"MUG","name":"Mug","unit_price":9.99,"currency":"EUR","quantity":2}`

// A cart sent in a chat is a draft that takes no stock; its link leads to the
// seller's checkout at the catalog's prices; the order that names its session is
// what it turns into.
func TestAChatCartBecomesTheOrder(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	c.sells(t, "https://shop.example/cart?items={items}")
	c.sends(t, mugs)
	c.sends(t, mugs) // delivered again
	draft := c.draft(t)
	if draft.Source != commerce.FromChatCart || draft.Channel != commerce.Facebook || draft.Conv == "" || draft.Cart == "" || draft.Lines[0].Variant != "v1" {
		t.Fatalf("draft %+v", draft)
	}
	if draft.Allocate(); draft.Lines[0].Allocated != 0 || draft.Lines[0].Demand(draft.State) != 0 {
		t.Error("a draft takes stock")
	}
	out := c.call(t, "GET", checkout+"?mc_session="+draft.Cart, "")
	to, err := url.Parse(out.Headers["location"])
	must(t, err)
	if out.StatusCode != http.StatusFound || to.Host != "shop.example" || to.Query().Get("items") != "MUG:2" || to.Query().Get("mc_session") != draft.Cart {
		t.Fatalf("%d %s", out.StatusCode, out.Headers["location"])
	}
	order := strings.Replace(inboundOrder, `"attribution":`, `"session":"`+draft.Cart+`","attribution":`, 1)
	for range 2 {
		if out := c.order(t, order); out.StatusCode != http.StatusAccepted {
			t.Fatalf("%d %s", out.StatusCode, out.Body)
		}
	}
	c.takeIn(t)
	c.sends(t, mugs)
	id := ingest.OrderIDOf(c.account.ID, "1001")
	o, err := c.store.Order(t.Context(), w, id)
	must(t, err)
	if o.Channel != commerce.Facebook || o.Conv != draft.Conv || o.Source != commerce.FromCheckout || o.Attribution.Evidence != "a cart sent in a chat" {
		t.Errorf("order %+v by %+v", o, o.Attribution)
	}
	c.gone(t, draft.ID, id)
	// Another order with the same session is an order of its own.
	c.order(t, strings.Replace(order, `"id":"1001"`, `"id":"1002"`, 1))
	c.takeIn(t)
	if now, err := c.store.Order(t.Context(), w, draft.ID); err != nil || now.Became != id {
		t.Errorf("became %v, %v", now.Became, err)
	}
}

// gone wants a draft to be an order now, and in no list.
func (c *chat) gone(t *testing.T, draft, order commerce.OrderID) {
	t.Helper()
	now, err := c.store.Order(t.Context(), w, draft)
	must(t, err)
	if now.Became != order {
		t.Errorf("became %q, want %q", now.Became, order)
	}
	if all := c.orders(t, ""); len(all) != 1 || all[0].ID != order || len(c.orders(t, commerce.OrderDraft)) != 0 {
		t.Errorf("listed %+v", all)
	}
	events, err := c.store.OrderEvents(t.Context(), w, draft)
	must(t, err)
	if n := len(events); n != 2 || !strings.HasPrefix(events[1].Text, "Became order ") {
		t.Errorf("timeline %+v", events)
	}
}

// The work ends between the order and its draft: the next attempt goes on.
func TestADraftIsTurnedByTheNextAttempt(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	c.sends(t, mugs)
	draft := c.draft(t)
	c.order(t, strings.Replace(inboundOrder, `"attribution":`, `"session":"`+draft.Cart+`","attribution":`, 1))
	cart, err := c.store.Cart(t.Context(), w, draft.Cart)
	must(t, err)
	hidden := cart
	hidden.Draft = ""
	must(t, c.store.PutCart(t.Context(), w, hidden)) // as if it had died there
	must(t, c.in.Handle(t.Context(), c.queued[0]))
	if len(c.orders(t, "")) != 2 {
		t.Fatal("the draft is gone already")
	}
	must(t, c.store.PutCart(t.Context(), w, cart))
	must(t, c.in.Handle(t.Context(), c.queued[0]))
	c.gone(t, draft.ID, ingest.OrderIDOf(c.account.ID, "1001"))
}

// An agent makes the order of a cart, in the conversation it came in.
func TestAnAgentMakesTheOrderOfACart(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	c.sends(t, mugs)
	draft := c.draft(t)
	desk := &trade.Desk{Store: c.store, Take: c.in, Now: c.clock.Now, NewID: c.NewID}
	wish := trade.Wish{Conversation: draft.Conv, Session: draft.Cart, Paid: true, By: "Robin", Key: "once"}
	made, err := desk.Make(t.Context(), w, wish)
	must(t, err)
	again, err := desk.Make(t.Context(), w, wish)
	must(t, err)
	if made.ID != again.ID || made.Channel != commerce.Facebook || made.Conv != draft.Conv || made.Total.Amount != 2500 || made.Lines[0].Quantity != 2 {
		t.Errorf("made %+v, %+v", made, again)
	}
	c.gone(t, draft.ID, made.ID)
	if _, err := desk.Make(t.Context(), w, trade.Wish{Conversation: draft.Conv, Session: "crt_none"}); fault.Of(err) == nil || fault.Of(err).Field != "session" {
		t.Errorf("a cart nobody knows: %v", err)
	}
}

// A cart is opened by the address it belongs to, for as long as it is kept.
func TestWhoseCart(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	c.sends(t, mugs)
	draft := c.draft(t)
	must(t, c.store.PutPublicKey(t.Context(), port.PublicKey{Key: "ck_other", Kind: "checkout", Space: w, Account: c.account.ID}))
	for name, path := range map[string]string{
		"another connection": "/checkout/meta/ck_other?mc_session=" + draft.Cart,
		"no such cart":       checkout + "?mc_session=crt_none",
		"an odd number":      checkout + "?mc_session=" + url.QueryEscape("crt#1\r\nX: y"),
	} {
		if out := c.call(t, "GET", path, ""); out.StatusCode != http.StatusBadRequest || strings.Contains(out.Body, "Mug") {
			t.Errorf("%s: %d %s", name, out.StatusCode, out.Body)
		}
	}
	if out := c.call(t, "GET", checkout+"?mc_session="+draft.Cart, ""); out.StatusCode != http.StatusOK || !strings.Contains(out.Body, "25.00 EUR") || strings.Contains(out.Body, "19.98") {
		t.Errorf("prices are not the catalog's: %s", out.Body)
	}
}

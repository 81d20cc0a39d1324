package webhook

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

// consented gives the page the consent of a person.
func (c *chat) consented(t *testing.T) {
	t.Helper()
	grant, err := c.store.PutGrant(t.Context(), port.Grant{ID: "grt_1", Space: w, Channel: commerce.Facebook, Principal: "person", Sealed: []byte("x")})
	must(t, err)
	a, err := c.store.Account(t.Context(), w, "acc_page")
	must(t, err)
	a.Grant, a.Settings = grant.ID, json.RawMessage(`{"page":"page","page_name":"Ada's"}`)
	_, err = c.store.PutAccount(t.Context(), a)
	must(t, err)
	c.in.Queue = c
}

// hears lets a message come in through an account.
func (c *chat) hears(t *testing.T, account commerce.AccountID, id, text string) {
	t.Helper()
	u := channel.Update{Kind: channel.UpdateMessage, Message: &channel.MessageUpdate{
		Thread: "2002", Contact: "2002", Name: "Ben Buyer", Kind: commerce.Chat, ReplyUntil: c.clock.Now().Add(time.Hour),
		Message: commerce.Message{Remote: commerce.RemoteID(id), By: commerce.ByBuyer, Kind: "image", Text: text, At: c.clock.Now(), Attachments: []commerce.Attachment{{Kind: "image", URL: "https://cdn.example/secret.png"}}},
	}}
	raw, err := json.Marshal(u)
	must(t, err)
	must(t, c.in.Handle(t.Context(), port.Inbound{V: 1, Kind: "update", Space: w, Account: account, Body: raw, FetchedAt: c.clock.Now()}))
}

// kept is everything that is stored about the conversations of an account, as
// it would be read.
func (c *chat) kept(t *testing.T, account commerce.AccountID) string {
	t.Helper()
	id := ingest.ConversationIDOf(account, "2002")
	conv, err := c.store.Conversation(t.Context(), w, id)
	must(t, err)
	messages, err := c.store.ListMessages(t.Context(), w, id, port.Page{Limit: 100})
	must(t, err)
	orders := []commerce.Order{}
	for _, o := range c.orders(t, "") {
		full, err := c.store.Order(t.Context(), w, o.ID)
		must(t, err)
		orders = append(orders, full)
	}
	raw, err := json.Marshal([]any{conv, messages.Items, orders})
	must(t, err)
	return string(raw)
}

// A person who had connected a page wants their data deleted: access and
// profile go at once, messages and carts that came through the page after that;
// the address says how far it is. Orders and other connections stay.
func TestDeletionDeletes(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	c.consented(t)
	_, err := c.store.Connect(t.Context(), port.Account{ID: "acc_else", Space: w, Channel: commerce.Facebook, Kind: "marketplace", Remote: "else", State: port.AccountActive}, nil)
	must(t, err)
	c.sends(t, mugs)
	for _, account := range []commerce.AccountID{"acc_page", "acc_else"} {
		c.hears(t, account, "m_1", "I am Ben, of 5 Hidden Street")
		c.hears(t, account, "m_2", "please")
	}
	for range 2 {
		if out := c.call(t, "POST", "/webhooks/test/erase", "", "signature", "good"); out.StatusCode != http.StatusOK {
			t.Fatalf("%d", out.StatusCode)
		}
	}
	if out := c.call(t, "GET", "/deletion/code-1", ""); !strings.Contains(out.Body, "under way") {
		t.Errorf("before: %s", out.Body)
	}
	if len(c.queued) != 1 || c.queued[0].Kind != "erase" {
		t.Fatalf("queued %+v", c.queued)
	}
	c.takeIn(t) // twice
	if out := c.call(t, "GET", "/deletion/code-1", ""); !strings.Contains(out.Body, "is complete") {
		t.Errorf("after: %s", out.Body)
	}
	kept := c.kept(t, "acc_page")
	for _, personal := range []string{"Hidden", "Ben", "cdn.example", "2002", "please", "gift"} {
		if strings.Contains(kept, personal) {
			t.Errorf("%s is kept: %s", personal, kept)
		}
	}
	if other := c.kept(t, "acc_else"); !strings.Contains(other, "Hidden Street") {
		t.Errorf("what came through another connection is gone: %s", other)
	}
	a, err := c.store.Account(t.Context(), w, "acc_page")
	must(t, err)
	if a.State != port.AccountGone || len(a.Settings) != 0 {
		t.Errorf("the account is %s with settings %s", a.State, a.Settings)
	}
	if _, err := c.store.Grant(t.Context(), w, "grt_1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the consent is kept: %v", err)
	}
	c.again(t)
}

// again: what is delivered once more after the deletion brings nothing back,
// and a request that comes again stays done.
func (c *chat) again(t *testing.T) {
	t.Helper()
	c.hears(t, "acc_page", "m_1", "I am Ben, of 5 Hidden Street")
	if kept := c.kept(t, "acc_page"); strings.Contains(kept, "Hidden") {
		t.Errorf("it is back: %s", kept)
	}
	c.call(t, "POST", "/webhooks/test/erase", "", "signature", "good")
	if out := c.call(t, "GET", "/deletion/code-1", ""); !strings.Contains(out.Body, "is complete") || len(c.queued) != 0 {
		t.Errorf("asked again: %s", out.Body)
	}
}

// A request is stored before its accounts are gone: one that fails in between
// is done by the next delivery.
func TestDeletionSurvivesItsQueue(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	c.consented(t)
	c.hears(t, "acc_page", "m_1", "Hello")
	c.refuse = fault.New(fault.Temporary, "away", "Away.")
	if out := c.call(t, "POST", "/webhooks/test/erase", "", "signature", "good"); out.StatusCode != http.StatusServiceUnavailable {
		t.Fatalf("%d", out.StatusCode)
	}
	if a, err := c.store.Account(t.Context(), w, "acc_page"); err != nil || a.State != port.AccountActive {
		t.Fatalf("the account is %s, %v", a.State, err)
	}
	c.refuse = nil
	c.call(t, "POST", "/webhooks/test/erase", "", "signature", "good")
	c.takeIn(t)
	if kept := c.kept(t, "acc_page"); strings.Contains(kept, "Hello") {
		t.Errorf("kept: %s", kept)
	}
}

// An erasure that takes longer than a slice goes on with its place.
func TestDeletionInSlices(t *testing.T) {
	t.Parallel()
	c := newChat(t)
	c.consented(t)
	c.hears(t, "acc_page", "m_1", "Hello")
	c.call(t, "POST", "/webhooks/test/erase", "", "signature", "good")
	now := c.in.Now
	c.in.Now = func() time.Time { c.clock.Advance(20 * time.Second); return now() }
	first := c.queued[0]
	c.queued = nil
	must(t, c.in.Handle(t.Context(), first))
	if len(c.queued) != 1 {
		t.Fatalf("%d messages carry the place", len(c.queued))
	}
	c.in.Now = now
	c.takeIn(t)
	if out := c.call(t, "GET", "/deletion/code-1", ""); !strings.Contains(out.Body, "is complete") {
		t.Errorf("after: %s", out.Body)
	}
}

package dashboard

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/publish"
	"github.com/manystall/manystall/shared/stock"
	"github.com/manystall/manystall/shared/trade"
)

// openTable is storage as it runs: the adapter over the embedded server.
func openTable(t *testing.T) *dynamo.Store {
	t.Helper()
	return localtest.Open(t, time.Now).Store
}

// stated lets the catalog state quantities to the stock's keeper.
type stated struct{ *stock.Keeper }

func (s stated) State(ctx context.Context, w commerce.WorkspaceID, c catalog.Stated) error {
	return s.Keeper.State(ctx, w, stock.Stated(c))
}

// newStoredWorld is the dashboard over real storage and real use cases; only
// what leads to marketplaces and queues is left out.
func newStoredWorld(t *testing.T) (*world, *dynamo.Store) {
	t.Helper()
	s := openTable(t)
	seedTable(t, s)
	d := &doer{memory: newMemory(), newID: newULID}
	keeper := &stock.Keeper{Store: s, Now: time.Now, NewID: newULID, SellsDown: func(commerce.Channel) bool { return false }}
	marker := &publish.Marker{Store: s, Now: time.Now, NewID: newULID}
	taker := &ingest.Ingester{Store: s, Digest: d.Digest, Now: time.Now, NewID: newULID, Log: slog.New(slog.DiscardHandler)}
	send := func(context.Context, commerce.WorkspaceID, string) error { return nil }
	no := func(commerce.Channel) bool { return false }
	var secrets atomic.Int64
	return &world{Handler: New(Deps{
		Store: s, Uploads: d, Digests: d, Queues: d, Imports: (*importDoer)(d), Listings: marker, Stock: keeper,
		Catalog:     &catalog.Editor{Store: s, Stock: stated{keeper}, Marks: marker, NewListing: publish.NewListing, Now: time.Now, NewID: newULID},
		Inbox:       &inbox.Desk{Store: s, Rules: func(commerce.Channel) channel.ReplyRules { return channel.ReplyRules{MaxRunes: 20} }, Send: send, Now: time.Now, NewID: newULID},
		Trade:       &trade.Desk{Store: s, Take: taker, CanShip: no, CanCancel: no, Send: send, Now: time.Now, NewID: newULID},
		Connections: (*connectDoer)(d), Workspaces: (*workspaceDoer)(d), Drivers: drivers(), PublicURL: "http://localhost:8080",
		Now: time.Now, NewID: newULID, NewSecret: func() string { return "secret" + newULID() + string(rune('a'+secrets.Add(1)%26)) }, Log: slog.New(slog.DiscardHandler),
	}), does: d}, s
}

func newULID() string { return ulid.Make().String() }

func seedTable(t *testing.T, s *dynamo.Store) {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, w := range []commerce.WorkspaceID{spaceOne, spaceTwo} {
		_, err := s.PutWorkspace(ctx, port.Workspace{ID: w, Name: "Shop " + string(w), TimeZone: "UTC", Currency: "EUR", CreatedAt: now})
		must(err)
	}
	for key, c := range map[string]port.Credential{
		keyOne:  {Space: spaceOne, Kind: httpapi.KindOwner, Name: "owner"},
		keyTwo:  {Space: spaceTwo, Kind: httpapi.KindOwner, Name: "other"},
		linkOne: {Space: spaceOne, Kind: httpapi.KindSignin, Parent: httpapi.HashKey(keyOne), ExpiresAt: now.Add(time.Minute)},
	} {
		c.Hash, c.CreatedAt = httpapi.HashKey(key), now
		must(s.PutCredential(ctx, c))
	}
	_, err := s.Connect(ctx, port.Account{ID: "acc_own", Space: spaceOne, Channel: commerce.Own, Kind: kindCheckout, Remote: "own-1", Name: "Shop", State: port.AccountActive, Key: "inkey", ClaimedAt: now, CreatedAt: now}, nil)
	must(err)
	message := commerce.Message{ID: "msg_1", Conversation: "cnv_1", Remote: "m_1", By: commerce.ByBuyer, Text: "Hello?", Kind: "text", At: now}
	conv := commerce.Conversation{ID: "cnv_1", Account: "acc_own", Channel: commerce.Facebook, Kind: commerce.Chat, Remote: "t_1", Name: "Ada", State: commerce.ConvOpen, CreatedAt: now}
	_, err = s.PutMessage(ctx, spaceOne, port.MessageWrite{Conversation: conv.With(message), Message: &message})
	must(err)
}

// ask is a scenario that answers its body.
func (w *world) ask(t *testing.T, s scenario, into any) http.Header {
	t.Helper()
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(s.method, s.url, strings.NewReader(s.body))
	r.Header.Set("Authorization", "Bearer "+keyOne)
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	w.ServeHTTP(rec, r)
	s.check(t, rec)
	checkAnswer(t, r, rec)
	if into != nil {
		decode(t, rec, into)
	}
	return rec.Header()
}

func TestCatalogAndStockOverStorage(t *testing.T) {
	t.Parallel()
	w, _ := newStoredWorld(t)
	var mug product
	made := w.ask(t, scenario{method: "POST", url: "/v1/products", status: 201, body: `{"title":"Mug","variants":[{"sku":"MUG","price":{"amount":1250,"currency":"EUR"},"quantity":7}]}`}, &mug)
	self := made.Get("Location")
	read := w.ask(t, scenario{method: "GET", url: self, status: 200, want: []string{`"sku":"MUG"`}}, nil)
	if read.Get("ETag") != made.Get("ETag") {
		t.Errorf("the product was made as %s and is read as %s", made.Get("ETag"), read.Get("ETag"))
	}
	w.ask(t, scenario{method: "PATCH", url: self, header: match(read.Get("ETag")), body: `{"title":"Mug of clay"}`, status: 200, want: []string{"Mug of clay"}}, nil)
	w.ask(t, scenario{method: "PATCH", url: self, header: match(read.Get("ETag")), body: `{"title":"Too late"}`, status: 412}, nil)
	w.ask(t, scenario{method: "POST", url: "/v1/products", status: 409, body: `{"title":"Thief","variants":[{"sku":"MUG","price":{"amount":1,"currency":"EUR"}}]}`, want: []string{`"code":"sku_taken"`}}, nil)
	variant := "/v1/stock/" + string(mug.Variants[0].ID)
	w.ask(t, scenario{method: "GET", url: "/v1/stock?sku=MU", status: 200, want: []string{`"on_hand":7,"reserved":0,"available":7`}}, nil)
	w.ask(t, scenario{method: "POST", url: variant + "/moves", status: 201, body: `{"quantity":-2,"note":"broken"}`, want: []string{`"on_hand":5`}}, nil)
	w.ask(t, scenario{method: "POST", url: variant + "/moves", status: 422, body: `{"quantity":-6}`, want: []string{`"code":"out_of_range"`}}, nil)
	w.ask(t, scenario{method: "GET", url: variant + "/moves", status: 200, want: []string{`"reason":"manual"`, `"reason":"opening"`, `"note":"broken"`}}, nil)
	for _, url := range []string{self, variant, variant + "/moves"} {
		if rec := call(w, http.MethodGet, url, keyTwo, ""); rec.Code != http.StatusNotFound {
			t.Errorf("another workspace reads %s: %d %s", url, rec.Code, rec.Body)
		}
	}
}

func TestPagesOverStorage(t *testing.T) {
	t.Parallel()
	w, _ := newStoredWorld(t)
	for _, sku := range []string{"A", "B", "C"} {
		w.ask(t, scenario{method: "POST", url: "/v1/products", status: 201, body: `{"title":"Thing ` + sku + `","variants":[{"sku":"` + sku + `","price":{"amount":1,"currency":"EUR"}}]}`}, nil)
	}
	seen, cursor := map[commerce.ProductID]bool{}, ""
	for range 4 {
		var page httpapi.List[port.ProductItem]
		w.ask(t, scenario{method: "GET", url: "/v1/products?limit=1&cursor=" + cursor, status: 200}, &page)
		for _, p := range page.Items {
			seen[p.ID] = true
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		if rec := call(w, http.MethodGet, "/v1/products?limit=1&cursor="+cursor, keyTwo, ""); rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("another workspace goes on with the cursor: %d %s", rec.Code, rec.Body)
		}
	}
	if len(seen) != 3 || cursor != "" {
		t.Errorf("saw %d products and cursor %q, want all 3 and the end", len(seen), cursor)
	}
}

func TestInboxAndOrdersOverStorage(t *testing.T) {
	t.Parallel()
	w, _ := newStoredWorld(t)
	w.ask(t, scenario{method: "POST", url: "/v1/products", status: 201, body: `{"title":"Mug","variants":[{"sku":"MUG","price":{"amount":1250,"currency":"EUR"},"quantity":7}]}`}, nil)
	reply := scenario{method: "POST", url: "/v1/conversations/cnv_1/messages", header: keyed("r1"), status: 202, body: `{"text":"Yes"}`}
	w.ask(t, reply, nil)
	w.ask(t, reply, nil)
	var thread httpapi.List[commerce.Message]
	w.ask(t, scenario{method: "GET", url: "/v1/conversations/cnv_1/messages", status: 200}, &thread)
	if len(thread.Items) != 2 {
		t.Errorf("the thread has %d messages, want the buyer's and one of ours", len(thread.Items))
	}
	w.ask(t, scenario{method: "POST", url: "/v1/conversations/cnv_1/messages", status: 422, body: `{"text":"far longer than is allowed"}`, want: []string{`"field":"text"`}}, nil)
	tag := w.ask(t, scenario{method: "GET", url: "/v1/conversations/cnv_1", status: 200, want: []string{`"state":"pending"`}}, nil).Get("ETag")
	w.ask(t, scenario{method: "PATCH", url: "/v1/conversations/cnv_1", header: match(tag), status: 200, body: `{"state":"solved","read":true}`, want: []string{`"state":"solved"`}}, nil)
	w.ask(t, scenario{method: "PATCH", url: "/v1/conversations/cnv_1", header: match(tag), status: 412, body: `{"state":"open"}`}, nil)
	var made order
	at := w.ask(t, scenario{method: "POST", url: "/v1/orders", header: keyed("o1"), status: 201, body: `{"lines":[{"sku":"MUG","quantity":2}],"buyer":{"email":"Ada@example.org"}}`, want: []string{`"amount":2500`}}, &made).Get("Location")
	w.ask(t, scenario{method: "GET", url: "/v1/orders?q=" + made.Number, status: 200, want: []string{string(made.ID)}}, nil)
	w.ask(t, scenario{method: "GET", url: "/v1/orders?q=ada%40example.org&state=open", status: 200, want: []string{string(made.ID)}}, nil)
	w.ask(t, scenario{method: "POST", url: at + "/shipments", status: 202, body: `{"carrier":"omniva","tracking":"CE123456"}`, want: []string{`"tracking":"CE123456"`, `"kind":"shipment"`}}, nil)
	w.ask(t, scenario{method: "GET", url: "/v1/orders?q=ce123456", status: 200, want: []string{string(made.ID)}}, nil)
	w.ask(t, scenario{method: "GET", url: "/v1/summary", status: 200, want: []string{`"orders_to_ship":{"count":0`, `"conversations_open":{"count":0`}}, nil)
	if rec := call(w, http.MethodGet, at, keyTwo, ""); rec.Code != http.StatusNotFound {
		t.Errorf("another workspace reads the order: %d", rec.Code)
	}
}

// Requests that come at the same time under one key happen once, and a link
// signs one browser in.
func TestOnceAtTheSameTimeOverStorage(t *testing.T) {
	t.Parallel()
	w, _ := newStoredWorld(t)
	var mug product
	w.ask(t, scenario{method: "POST", url: "/v1/products", status: 201, body: `{"title":"Mug","variants":[{"sku":"MUG","price":{"amount":1250,"currency":"EUR"},"quantity":7}]}`}, &mug)
	moves := "/v1/stock/" + string(mug.Variants[0].ID) + "/moves"
	var wg sync.WaitGroup
	var entered atomic.Int64
	for range 8 {
		wg.Go(func() {
			r := httptest.NewRequest(http.MethodPost, moves, strings.NewReader(`{"quantity":-1}`))
			r.Header.Set("Authorization", "Bearer "+keyOne)
			r.Header.Set("Idempotency-Key", "same")
			rec := httptest.NewRecorder()
			w.ServeHTTP(rec, r)
			if rec.Code != http.StatusCreated && rec.Code != http.StatusConflict {
				t.Errorf("a move under the key answers %d %s", rec.Code, rec.Body)
			}
		})
		wg.Go(func() {
			rec := httptest.NewRecorder()
			w.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/signin?t="+linkOne, nil))
			if rec.Code == http.StatusSeeOther {
				entered.Add(1)
			}
		})
	}
	wg.Wait()
	w.ask(t, scenario{method: "GET", url: strings.TrimSuffix(moves, "/moves"), status: 200, want: []string{`"on_hand":6`}}, nil)
	if n := entered.Load(); n != 1 {
		t.Errorf("the link let %d browsers in, want 1", n)
	}
}

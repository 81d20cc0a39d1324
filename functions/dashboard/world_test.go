package dashboard

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// The keys of the world: the owners of two workspaces, a session made from the
// first, and what is not good any more.
const (
	keyOne     = "msk_one"
	keyTwo     = "msk_two"
	sessionOne = "mss_one"
	csrfOne    = "csrf-of-one"
	linkOne    = "msl_one"
	linkOld    = "msl_old"
	expired    = "mss_expired"
	orphan     = "mss_orphan"
	spaceOne   = commerce.WorkspaceID("w1")
	spaceTwo   = commerce.WorkspaceID("w2")
)

// noon is now.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is two workspaces, of which the first has one of everything.
type world struct {
	*Handler
	memory *memory
	does   *doer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	m := newMemory()
	addCredentials(m)
	one := m.add(port.Workspace{ID: spaceOne, Name: "Clay & Co", TimeZone: "Asia/Baku", Currency: "EUR", Version: 3, CreatedAt: noon})
	m.add(port.Workspace{ID: spaceTwo, Name: "Other", TimeZone: "UTC", Currency: "USD", Version: 1, CreatedAt: noon})
	fillConnections(t, one)
	fillCatalog(one)
	fillTrade(one)
	var n atomic.Int64
	next := func() string { return fmt.Sprintf("01J%06d", n.Add(1)) }
	d := &doer{memory: m, newID: next}
	h := New(Deps{
		Store: m, Uploads: d, Digests: d, Queues: d, Catalog: d, Imports: (*importDoer)(d), Listings: d, Trade: d, Stock: d, Inbox: d, Eraser: d, Rebuilds: (*rebuildDoer)(d),
		Connections: (*connectDoer)(d), Workspaces: (*workspaceDoer)(d), Drivers: drivers(), PublicURL: "http://localhost:8080", Local: true,
		Now: func() time.Time { return noon }, NewID: next, NewSecret: next, Log: slog.New(slog.DiscardHandler),
	})
	return &world{Handler: h, memory: m, does: d}
}

func addCredentials(m *memory) {
	for _, c := range []struct {
		key, kind, parent string
		space             commerce.WorkspaceID
		ends              time.Time
	}{
		{keyOne, httpapi.KindOwner, "", spaceOne, time.Time{}},
		{keyTwo, httpapi.KindOwner, "", spaceTwo, time.Time{}},
		{sessionOne, httpapi.KindSession, httpapi.HashKey(keyOne), spaceOne, noon.Add(time.Hour)},
		{linkOne, httpapi.KindSignin, httpapi.HashKey(keyOne), spaceOne, noon.Add(time.Minute)},
		{linkOld, httpapi.KindSignin, httpapi.HashKey(keyOne), spaceOne, noon.Add(-time.Second)},
		{expired, httpapi.KindSession, httpapi.HashKey(keyOne), spaceOne, noon},
		{orphan, httpapi.KindSession, httpapi.HashKey("revoked"), spaceOne, noon.Add(time.Hour)},
	} {
		hash := httpapi.HashKey(c.key)
		m.credentials[hash] = port.Credential{Hash: hash, Space: c.space, Kind: c.kind, Parent: c.parent, Name: "owner", CSRF: csrfOne, CreatedAt: noon, ExpiresAt: c.ends}
	}
}

func drivers() []channel.Driver {
	return []channel.Driver{
		{
			Name: commerce.Etsy, Title: "Etsy", Orders: channel.OrdersPulled, Rules: channel.Rules{TitleMax: 140, SellsDown: true, PublishCosts: true},
			Abilities: []channel.Ability{channel.CanWriteListings, channel.CanReadListings, channel.CanReadOrders, channel.CanShip, channel.CanReadReviews},
		},
		{
			Name: commerce.Facebook, Title: "Facebook", Orders: channel.OrdersInbound,
			Rules:     channel.Rules{PriceMin: map[string]int64{"USD": 1}, Feed: true, Reply: channel.ReplyRules{MaxRunes: 2000, Window: 24 * time.Hour, HumanWindow: 7 * 24 * time.Hour}},
			Abilities: []channel.Ability{channel.CanWriteListings, channel.CanReadListings, channel.CanReadConversations, channel.CanReply},
		},
		{Name: commerce.TikTok, Title: "TikTok Shop", Orders: channel.OrdersPulled, Abilities: []channel.Ability{channel.CanReadOrders, channel.CanCancel}},
	}
}

func fillConnections(t testing.TB, s *space) {
	t.Helper()
	health, err := json.Marshal(channel.Health{
		OK: false, Checked: noon, ShopName: "Clay", Currency: "EUR", Missing: map[channel.Ability]string{channel.CanShip: "the scope transactions_w is missing"},
		Checks: []channel.HealthCheck{{Name: "scopes", Message: "transactions_w is missing", Fix: "Connect again."}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []port.Account{
		{ID: "acc_etsy", Channel: commerce.Etsy, Kind: kindMarketplace, Remote: "77", Name: "Clay on Etsy", Target: "tgt_etsy", State: port.AccountActive, Health: health, Settings: json.RawMessage(`{"inner":"settings-stay-inside"}`)},
		{ID: "acc_fb", Channel: commerce.Facebook, Kind: kindMarketplace, Remote: "88", Name: "Clay page", State: port.AccountNeedsConsent, Key: "pubkey"},
		{ID: "acc_soon", Channel: commerce.Etsy, Kind: kindMarketplace, Remote: "79", Name: "Third", State: port.AccountActive, EndsAt: noon.Add(13 * 24 * time.Hour), Health: json.RawMessage(`{"ok":true,"missing":{"Shipper":"not now"}}`)},
		{ID: "acc_own", Channel: commerce.Own, Kind: kindCheckout, Name: "Shop", State: port.AccountActive, Key: "inkey"},
		{ID: "acc_gone", Channel: commerce.Etsy, Kind: kindMarketplace, Name: "Old", State: port.AccountGone},
	} {
		a.Space, a.Version, a.CreatedAt, a.ClaimedAt = spaceOne, 2, noon, noon
		s.accounts[a.ID] = a
	}
	s.grants["grt_1"] = port.Grant{
		ID: "grt_1", Space: spaceOne, Channel: commerce.Etsy, Principal: "9", Sealed: []byte("sealed"), Version: 1,
		Candidates: json.RawMessage(`[{"remote":"77","name":"Clay","settings":{"x":"settings-stay-inside"}},{"remote":"78","name":"Second","settings":{},"cannot_list":"no catalog"}]`),
	}
	s.targets = []port.Target{{ID: "tgt_etsy", Space: spaceOne, Kind: "etsy", Remote: "77", Accounts: map[commerce.Channel]commerce.AccountID{commerce.Etsy: "acc_etsy"}}}
}

func fillCatalog(s *space) {
	stated := int64(5)
	s.products["prd_mug"] = commerce.Product{
		ID: "prd_mug", Handle: "mug", Title: "Mug", Description: "A mug.", Options: []string{"Size"}, Images: []commerce.Image{{URL: "https://img.example/mug.png"}},
		Variants: []commerce.Variant{
			{ID: "var_s", SKU: "MUG-S", Options: map[string]string{"Size": "S"}, Price: commerce.Money{Amount: 1250, Currency: "EUR"}, Stated: &stated},
			{ID: "var_l", SKU: "MUG-L", Options: map[string]string{"Size": "L"}, Price: commerce.Money{Amount: 1050, Currency: "EUR"}},
		},
		Version: 4, CreatedAt: noon, UpdatedAt: noon,
	}
	id := port.ListingIDOf("tgt_etsy", "prd_mug")
	s.listings[id] = commerce.Listing{
		ID: id, Target: "tgt_etsy", Product: "prd_mug", Remote: "111", Items: map[commerce.VariantID]commerce.RemoteID{"var_s": "1", "var_l": "2"}, Version: 2, CreatedAt: noon, UpdatedAt: noon,
		Views: map[commerce.Channel]commerce.View{commerce.Etsy: {Channel: commerce.Etsy, Wanted: true, State: commerce.ListingRejected, Since: noon, Problems: []commerce.Problem{{Rule: "title_too_long", Field: "title", Fix: "Shorten the title."}}}},
	}
	s.jobs["job_1"] = port.Job{ID: "job_1", Space: spaceOne, Kind: "import", State: "done", Rows: 3, Created: 1, Failed: 1, Params: map[string]string{"format": "shopify"}, Problems: []port.RowProblem{{Row: 3, Field: "price", Code: "not_an_amount", Message: "No."}}, CreatedAt: noon, EndedAt: noon}
	s.jobs["job_3"] = port.Job{ID: "job_3", Space: spaceOne, Kind: "rebuild", State: "done", Rows: 9, Updated: 1, Params: map[string]string{"phase": "repairs"}, Problems: []port.RowProblem{{Field: "stock", Code: "corrected", Value: "var_s", Message: "MUG-S: 8 on hand, but its ledger comes to 5."}}, CreatedAt: noon, EndedAt: noon}
	s.jobs["job_2"] = port.Job{ID: "job_2", Space: spaceOne, Kind: "spread", State: "running", CreatedAt: noon}
	for i, v := range []commerce.VariantID{"var_s", "var_l"} {
		s.levels[v] = commerce.StockLevel{Variant: v, Product: "prd_mug", SKU: commerce.SKU([]string{"MUG-S", "MUG-L"}[i]), Location: "default", OnHand: 5, Version: 1, UpdatedAt: noon, LastTarget: "tgt_etsy"}
		s.moves[v] = []commerce.StockMove{{ID: "mov_1", Variant: v, Location: "default", Quantity: 5, Reason: commerce.MoveOpening, Source: "job_1", At: noon, Anchor: noon, OnHand: 5}}
	}
}

func fillTrade(s *space) {
	for i, o := range []commerce.Order{
		{ID: "ord_1", Account: "acc_etsy", Channel: commerce.Etsy, Source: commerce.FromMarketplace, Number: "3001", State: commerce.OrderPaid},
		{ID: "ord_2", Account: "acc_own", Channel: commerce.Facebook, Source: commerce.FromCheckout, Number: "S-2", State: commerce.OrderUnpaid},
		{ID: "ord_3", Account: "acc_etsy", Channel: commerce.Etsy, Source: commerce.FromMarketplace, Number: "3003", State: commerce.OrderShipped},
		{ID: "ord_4", Account: "acc_tt", Channel: commerce.TikTok, Source: commerce.FromMarketplace, Number: "5764", State: commerce.OrderOther, Requests: []commerce.Request{{
			ID: "req_1", Remote: "4035", Kind: commerce.RequestCancel, By: commerce.ByBuyer, State: commerce.RequestOpen, RawState: "PENDING", Reason: "Ordered by mistake",
			Lines: []commerce.RequestLine{{Line: "1", Quantity: 1}}, Amount: commerce.Money{Amount: 1250, Currency: "EUR"}, AskedAt: noon, AnswerBy: noon.Add(48 * time.Hour),
			Answers: []commerce.Verdict{commerce.VerdictApprove, commerce.VerdictReject}, Reasons: []commerce.Reason{{Code: "packed", Text: "It is packed"}}, UpdatedAt: noon, FetchedAt: noon,
		}}},
	} {
		o.Remote, o.Total = commerce.RemoteID(o.Number), commerce.Money{Amount: 2500, Currency: "EUR"}
		o.Lines = []commerce.OrderLine{{ID: "1", Variant: "var_s", SKU: "MUG-S", Title: "Mug", Quantity: 2, Price: commerce.Money{Amount: 1250, Currency: "EUR"}, Short: 1}}
		o.Buyer = commerce.Buyer{Name: "Ada Buyer", Email: "ada@example.org", Address: &commerce.Address{City: "Tartu", Country: "EE"}}
		o.PlacedAt, o.UpdatedAt, o.FirstSeen, o.FetchedAt, o.Version = noon, noon, noon, noon, int64(i+1)
		if i == 0 {
			o.Lines = append(o.Lines, commerce.OrderLine{ID: "2", SKU: "CUP", Title: "Cup", Quantity: 1})
			o.Attention = []commerce.Attention{commerce.AttentionUnknown}
		}
		s.orders[o.ID] = o
		s.events[o.ID] = []commerce.OrderEvent{{ID: "ev_1", At: noon, Kind: "placed", Text: "Placed"}}
		s.lookups[port.Lookup{Kind: "number", Value: o.Number}] = o.ID
	}
	s.lookups[port.Lookup{Kind: "email", Value: "digest-of-ada@example.org"}] = "ord_1"
	s.totals = []port.Total{
		{Date: "2026-11-21", Channel: commerce.Etsy, Currency: "EUR", Amount: 2500, Orders: 1, Items: 2},
		{Date: "2026-11-22", Channel: commerce.Etsy, Currency: "EUR", Amount: 1000, Orders: 1, Items: 1},
		{Date: "2026-11-22", Channel: commerce.Etsy, Currency: "USD", Amount: 700, Orders: 1, Items: 1},
		{Date: "2026-10-01", Channel: commerce.Etsy, Currency: "EUR", Amount: 99999, Orders: 9, Items: 9},
	}
	for i, at := range []int{40, 41, 41, 95} { // 2026-11-20 is a Friday
		t := port.Total{Date: fmt.Sprintf("2026-11-%d", 20+i%2*7), Channel: commerce.Etsy, Currency: []string{"EUR", "USD"}[i/2], Amount: 100, Orders: 1, Items: 2}
		s.quarters = append(s.quarters, port.QuarterTotal{Total: t, Quarter: at})
	}
	s.conversations["cnv_1"] = commerce.Conversation{
		ID: "cnv_1", Account: "acc_fb", Channel: commerce.Facebook, Kind: commerce.Chat, Remote: "t_1", Name: "Ada", State: commerce.ConvOpen, Snippet: "Hello?", Unread: 1, Messages: 1,
		Waiting: noon.Add(-time.Hour), LastAt: noon, LastBy: commerce.ByBuyer, CreatedAt: noon, Version: 6,
	}
	s.messages["cnv_1"] = []commerce.Message{{ID: "msg_1", Conversation: "cnv_1", Remote: "m_1", By: commerce.ByBuyer, Text: "Hello?", Kind: "text", At: noon,
		Attachments: []commerce.Attachment{{Kind: "image", URL: "https://cdn.example/1", Blob: "media/0", Type: "image/png"}}}}
	s.failures = []port.Failure{{ID: "01F", Space: spaceOne, Queue: port.NudgeQueue, Kind: "permanent", Code: "gone", Account: "acc_etsy", Message: "The shop is closed.", Count: 2, At: noon}}
}

// catalogOfPage gives the Facebook page a catalog, filled by calls.
func catalogOfPage(w *world) {
	one := w.memory.spaces[spaceOne]
	a := one.accounts["acc_fb"]
	a.Target = "tgt_fb"
	one.accounts["acc_fb"] = a
	one.targets = append(one.targets, port.Target{ID: "tgt_fb", Space: spaceOne, Kind: "meta", Remote: "cat", Accounts: map[commerce.Channel]commerce.AccountID{commerce.Facebook: "acc_fb"}})
}

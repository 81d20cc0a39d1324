package tiktokshop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

func readOrder(t testing.TB, name string) api.Order {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var o api.Order
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func usd(cents int64) commerce.Money { return commerce.Money{Amount: cents, Currency: "USD"} }

func TestMapOrder(t *testing.T) {
	t.Parallel()
	got := mapOrder(readOrder(t, "order.json"))
	want := commerce.Order{
		Channel: commerce.TikTok, Source: commerce.FromMarketplace, Remote: "576486316948490001", Number: "576486316948490001",
		State: commerce.OrderPartly, RawState: "PARTIALLY_SHIPPING",
		Lines: []commerce.OrderLine{
			{
				ID: "1729382476852921560@10.00", SKU: "MUG-S", Title: "Stoneware mug, Blue, S", Quantity: 3, Cancelled: 1, Price: usd(1000),
				Units: []commerce.OrderUnit{
					{Remote: "577086512123755123", State: "AWAITING_SHIPMENT"},
					{Remote: "577086512123755124", State: "IN_TRANSIT", Shipped: true},
					{Remote: "577086512123755125", State: "CANCELLED", Cancelled: true},
				},
				RemoteItem: "1729382476852921560", RemoteListing: "1729582718312380123",
			},
			{
				ID: "1729382476852921560@8.50", SKU: "MUG-S", Title: "Stoneware mug, Blue, S", Quantity: 1, Price: usd(850),
				Units:      []commerce.OrderUnit{{Remote: "577086512123755126", State: "AWAITING_SHIPMENT"}},
				RemoteItem: "1729382476852921560", RemoteListing: "1729582718312380123",
			},
		},
		Total: usd(4494), Subtotal: usd(3850), Shipping: usd(399), Tax: usd(245), Discount: usd(150),
		Buyer: commerce.Buyer{
			Name: "Jo Roe", Email: "v2b2V4@chat.seller.us.tiktok.com", Phone: "(+1)5031234567", Remote: "7021436810468230477",
			Address: &commerce.Address{Name: "Jo Roe", Lines: []string{"12 Oak Street", "Apt 4"}, City: "Portland", Region: "Oregon", Postal: "97209", Country: "US"},
		},
		Note: "Please wrap it", ShipBy: time.Unix(1767571200, 0).UTC(), PlacedAt: time.Unix(1767312000, 0).UTC(), UpdatedAt: time.Unix(1767398400, 0).UTC(), RemoteVersion: 1767398400,
		Shipments: []commerce.Shipment{{
			ID: "tiktok-1152321127278713123", Carrier: "USPS", Tracking: "9400100000000000000001", State: commerce.SendDone,
			Lines: []string{"1729382476852921560@10.00"}, Remote: "1152321127278713123", At: time.Unix(1767398400, 0).UTC(),
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMapMaskedOrder(t *testing.T) {
	t.Parallel()
	o := readOrder(t, "order.json")
	o.Recipient.Name, o.Recipient.Line1, o.Recipient.Phone = "J*****", "1*****", "(+1)503*****67"
	if got := mapOrder(o).Buyer; !got.Masked || got.Name != "J*****" || got.Address.Country != "US" {
		t.Errorf("buyer %+v", got)
	}
	o.Recipient = nil
	if got := mapOrder(o).Buyer; got.Masked || got.Address != nil {
		t.Errorf("buyer of an unpaid order %+v", got)
	}
}

func TestOrderStates(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]commerce.OrderState{
		"UNPAID": commerce.OrderUnpaid, "ON_HOLD": commerce.OrderHeld, "AWAITING_SHIPMENT": commerce.OrderPaid, "PARTIALLY_SHIPPING": commerce.OrderPartly,
		"AWAITING_COLLECTION": commerce.OrderShipped, "IN_TRANSIT": commerce.OrderShipped, "DELIVERED": commerce.OrderDelivered,
		"COMPLETED": commerce.OrderCompleted, "CANCEL": commerce.OrderCancelled, "CANCELLED": commerce.OrderCancelled, "NEW_ONE": commerce.OrderOther,
	} {
		if got := orderState(status); got != want {
			t.Errorf("%s is %s, want %s", status, got, want)
		}
	}
}

// Whatever the order of the units: the same lines, each unit once, demand and
// cancelled units adding up.
func TestMapLinesProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "units")
		var o api.Order
		o.Payment.Currency = "USD"
		for i := range n {
			o.Lines = append(o.Lines, api.Line{
				ID: api.ID(rune('a'+i%26)) + api.ID(rune('a'+i/26)), SKU: api.ID(rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, "sku")),
				Price: rapid.SampledFrom([]string{"1.00", "2.50"}).Draw(t, "price"), Status: rapid.SampledFrom([]string{"UNPAID", "CANCELLED", "DELIVERED"}).Draw(t, "status"),
			})
		}
		a := mapLines(o)
		slices.Reverse(o.Lines)
		b := mapLines(o)
		byID := func(x, y commerce.OrderLine) int { return compareIndex(x.ID, y.ID) }
		slices.SortFunc(a, byID)
		slices.SortFunc(b, byID)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
		units, cancelled := int64(0), int64(0)
		for _, l := range a {
			units, cancelled = units+l.Quantity, cancelled+l.Cancelled
			if int(l.Quantity) != len(l.Units) || l.Demand(commerce.OrderPaid) != l.Quantity-l.Cancelled {
				t.Fatalf("%+v", l)
			}
		}
		if units != int64(n) || cancelled > units {
			t.Fatalf("%d units, %d cancelled of %d", units, cancelled, n)
		}
	})
}

func TestCursor(t *testing.T) {
	t.Parallel()
	now := time.Unix(1767312000, 0)
	first := readCursor("").run(now.Add(-time.Hour), now)
	if first.From != now.Add(-time.Hour).Unix() || first.Until != now.Add(ahead).Unix() {
		t.Errorf("first run %+v", first)
	}
	first.Token = "page 2"
	if again := readCursor(first.text()).run(now, now.Add(time.Hour)); again != first {
		t.Errorf("a run goes on as %+v, want %+v", again, first)
	}
	next := readCursor(cursor{Read: first.Began}.text()).run(time.Time{}, now.Add(time.Minute))
	if next.From != now.Add(-overlap).Unix() || next.Token != "" {
		t.Errorf("next run %+v", next)
	}
	if c := readCursor("%%%"); c != (cursor{}) {
		t.Errorf("garbage is the cursor %+v", c)
	}
}

func TestMapMessages(t *testing.T) {
	t.Parallel()
	hidden := false
	for name, c := range map[string]struct {
		m          api.Message
		kind, text string
		by         commerce.Party
		shown      bool
	}{
		"text":          {api.Message{ID: "1", Type: "TEXT", Content: `{"content":"Hi \"there\""}`, Sender: api.Participant{Role: "BUYER"}}, "text", `Hi "there"`, commerce.ByBuyer, true},
		"not JSON":      {api.Message{ID: "1", Type: "TEXT", Content: "plain", Sender: api.Participant{Role: "BUYER"}}, "text", "plain", commerce.ByBuyer, true},
		"broken JSON":   {api.Message{ID: "1", Type: "TEXT", Content: `{"content":`, Sender: api.Participant{Role: "BUYER"}}, "text", "", commerce.ByBuyer, true},
		"picture":       {api.Message{ID: "1", Type: "IMAGE", Content: `{"url":"https://x/1","width":"10","height":20}`, Sender: api.Participant{Role: "SHOP"}}, "image", "", commerce.BySeller, true},
		"order":         {api.Message{ID: "1", Type: "ORDER_CARD", Content: `{"order_id":576486316948490001}`, Sender: api.Participant{Role: "CUSTOMER_SERVICE"}}, "order", "Order 576486316948490001", commerce.BySeller, true},
		"robot":         {api.Message{ID: "1", Type: "NOTIFICATION", Content: `{"content":"closed"}`, Sender: api.Participant{Role: "ROBOT"}}, "notice", "closed", commerce.BySystem, true},
		"something new": {api.Message{ID: "1", Type: "HOLOGRAM", Content: `[1]`, Sender: api.Participant{Role: "BUYER"}}, "unsupported", "", commerce.ByBuyer, true},
		"hidden":        {api.Message{ID: "1", Type: "TEXT", Content: `{"content":"x"}`, Visible: &hidden}, "", "", "", false},
		"no id":         {api.Message{Type: "TEXT"}, "", "", "", false},
	} {
		u, ok := mapMessage("77", c.m)
		if ok != c.shown {
			t.Errorf("%s: shown %v", name, ok)
			continue
		}
		if m := u.Message; ok && (m.Message.Kind != c.kind || m.Message.Text != c.text || m.Message.By != c.by || m.Thread != "77" || m.Kind != commerce.Chat) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestMessagesInTheirOrder(t *testing.T) {
	t.Parallel()
	hidden := false
	text := func(id api.ID, index api.ID, at api.Int) api.Message {
		return api.Message{ID: id, Type: "TEXT", Content: `{"content":"x"}`, Index: index, Created: at, Sender: api.Participant{Role: "BUYER", IMUser: "9"}}
	}
	list := []api.Message{text("c", "1000", 20), text("b", "999", 20), text("a", "5", 10)}
	list = append(list, api.Message{ID: "0", Type: "BUYER_ENTER_FROM_ORDER", Content: `{"order_id":"576"}`, Visible: &hidden, Index: "4", Created: 10})
	chat := api.Conversation{ID: "77", Participants: []api.Participant{{Role: "SHOP", IMUser: "1"}, {Role: "BUYER", IMUser: "9", Nickname: "Jo"}}}
	updates := mapChat(chat, list)
	var got []commerce.RemoteID
	for _, u := range updates {
		got = append(got, u.Message.Message.Remote)
		if u.Message.Order != "576" || u.Message.Name != "Jo" || u.Message.Contact != "9" || u.Message.NoReply == "" {
			t.Errorf("%+v", u.Message)
		}
	}
	if !slices.Equal(got, []commerce.RemoteID{"a", "b", "c"}) {
		t.Errorf("order %v", got)
	}
}

func FuzzMapOrder(f *testing.F) {
	raw, err := os.ReadFile(filepath.Join("testdata", "order.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"line_items":[{"sale_price":"x"},{"sale_price":"-1"}],"payment":{"currency":"XXX","total_amount":"1e9"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var o api.Order
		if json.Unmarshal(body, &o) != nil {
			return
		}
		order := mapOrder(o)
		units := 0
		for _, l := range order.Lines {
			units += len(l.Units)
			if l.Cancelled > l.Quantity {
				t.Errorf("%d of %d pieces are cancelled", l.Cancelled, l.Quantity)
			}
		}
		if units != len(o.Lines) {
			t.Errorf("%d units of %d", units, len(o.Lines))
		}
	})
}

func FuzzMapChat(f *testing.F) {
	f.Add(`{"content":"hi"}`, "TEXT", "BUYER")
	f.Add(`[`, "IMAGE", "")
	f.Add(`{"order_id":1}`, "ORDER_CARD", "SYSTEM")
	f.Fuzz(func(t *testing.T, content, kind, role string) {
		updates := mapChat(api.Conversation{ID: "1"}, []api.Message{{ID: "2", Content: content, Type: kind, Sender: api.Participant{Role: role}}})
		if len(updates) != 1 || updates[0].Message.Message.Kind == "" {
			t.Errorf("%+v", updates)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(cursor{Read: 5, From: 1, Until: 9, Token: "x"}.text())
	f.Add("!")
	f.Fuzz(func(t *testing.T, text string) {
		run := readCursor(text).run(time.Unix(1, 0), time.Unix(100, 0))
		if run.Token == "" && run.From <= 0 {
			t.Errorf("%q begins at %d", text, run.From)
		}
	})
}

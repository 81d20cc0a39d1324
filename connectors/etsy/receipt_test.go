package etsy

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

func receipt(t *testing.T) api.Receipt {
	t.Helper()
	raw, err := os.ReadFile("testdata/receipt.json")
	if err != nil {
		t.Fatal(err)
	}
	var r api.Receipt
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOrder(t *testing.T) {
	t.Parallel()
	usd := func(n int64) commerce.Money { return commerce.Money{Amount: n, Currency: "USD"} }
	want := commerce.Order{
		Channel: commerce.Etsy, Source: commerce.FromMarketplace, Remote: "3456789012345678901", Number: "3456789012345678901",
		State: commerce.OrderPaid, RawState: "Paid", Total: usd(4679), Subtotal: usd(3980), Shipping: usd(499), Tax: usd(200), Discount: usd(0),
		Buyer: commerce.Buyer{Name: "Ada Example", Remote: "700000001", Address: &commerce.Address{Name: "Ada Example", Lines: []string{"19 Elm Street"}, City: "Brooklyn", Region: "NY", Postal: "11201", Country: "US"}},
		Note:  "Please wrap it.\n\nGift message: Happy birthday\n\nPersonalization (Mug): For Ada",
		Lines: []commerce.OrderLine{
			{ID: "4200000000000000001", SKU: "MUG-S", Title: "Mug (Size: S)", Quantity: 2, Price: usd(1990), RemoteItem: "1704915570:MUG-S", RemoteListing: "1704915570"},
			{ID: "4200000000000000002", Quantity: 1, Price: usd(0)},
		},
		Shipments:     []commerce.Shipment{{ID: "etsy-0", Carrier: "USPS", Tracking: "9400", State: commerce.SendDone, At: time.Unix(1795348950, 0).UTC()}},
		ShipBy:        time.Unix(1795608000, 0).UTC(),
		PlacedAt:      time.Unix(1795348800, 0).UTC(),
		UpdatedAt:     time.Unix(1795348900, 0).UTC(),
		RemoteVersion: 1795348900,
	}
	if diff := cmp.Diff(want, orderOf(receipt(t))); diff != "" {
		t.Errorf("order differs:\n%s", diff)
	}
}

func TestWithheldAddress(t *testing.T) {
	t.Parallel()
	r := receipt(t)
	r.FirstLine, r.City, r.Zip = nil, nil, nil
	b := orderOf(r).Buyer
	if !b.Masked || b.Address == nil || b.Address.Country != "US" || len(b.Address.Lines) > 0 {
		t.Errorf("buyer %+v, want masked with a country", b)
	}
}

func TestOrderState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status        string
		paid, shipped bool
		want          commerce.OrderState
	}{
		{"paid", true, false, commerce.OrderPaid},
		{"completed", true, true, commerce.OrderShipped},
		{"completed", true, false, commerce.OrderCompleted},
		{"open", false, false, commerce.OrderUnpaid},
		{"open", true, false, commerce.OrderPaid},
		{"payment processing", false, false, commerce.OrderUnpaid},
		{"Canceled", true, false, commerce.OrderCancelled},
		{"canceled", true, true, commerce.OrderCancelled},
		{"fully refunded", true, true, commerce.OrderRefunded},
		{"partially refunded", true, false, commerce.OrderPaid},
		{"Partially Refunded", true, true, commerce.OrderShipped},
		{"brand new word", false, false, commerce.OrderOther},
		{"", true, false, commerce.OrderPaid},
	} {
		if got := orderState(api.Receipt{Status: c.status, IsPaid: c.paid, IsShipped: c.shipped}); got != c.want {
			t.Errorf("%q paid %v shipped %v: %s, want %s", c.status, c.paid, c.shipped, got, c.want)
		}
	}
}

// TestPricePerLine covers both readings of a price Etsy leaves open.
func TestPricePerLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ price, items, want int64 }{{1990, 3980, 1990}, {3980, 3980, 1990}, {1990, 0, 1990}} {
		r := receipt(t)
		r.Transactions[0].Price.Amount, r.TotalPrice.Amount = c.price, c.items
		if got := orderOf(r).Lines[0].Price.Amount; got != c.want {
			t.Errorf("price %d of items for %d: %d each, want %d", c.price, c.items, got, c.want)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   api.Money
		want commerce.Money
	}{
		{api.Money{Amount: 1250, Divisor: 100, Currency: "USD"}, commerce.Money{Amount: 1250, Currency: "USD"}},
		{api.Money{Amount: 12500, Divisor: 1000, Currency: "USD"}, commerce.Money{Amount: 1250, Currency: "USD"}},
		{api.Money{Amount: 1200, Divisor: 1, Currency: "JPY"}, commerce.Money{Amount: 1200, Currency: "JPY"}},
		{api.Money{Amount: 120000, Divisor: 100, Currency: "JPY"}, commerce.Money{Amount: 1200, Currency: "JPY"}},
		{api.Money{Amount: 1250, Divisor: 100, Currency: "KWD"}, commerce.Money{Amount: 12500, Currency: "KWD"}},
		{api.Money{Amount: -5, Divisor: 100, Currency: "EUR"}, commerce.Money{Amount: -5, Currency: "EUR"}},
		{api.Money{Amount: math.MaxInt64, Divisor: 1, Currency: "USD"}, commerce.Money{Amount: math.MaxInt64, Currency: "USD"}},
		{api.Money{Amount: 1, Divisor: 0, Currency: "USD"}, commerce.Money{}},
		{api.Money{}, commerce.Money{}},
	} {
		if got := moneyOf(c.in); got != c.want {
			t.Errorf("%+v is %v, want %v", c.in, got, c.want)
		}
	}
}

func TestMoneyIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := commerce.Money{Amount: rapid.Int64Range(-1e12, 1e12).Draw(t, "amount"), Currency: rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency")}
		exp, _ := commerce.Exponent(m.Currency)
		wire := api.Money{Amount: m.Amount, Divisor: 1, Currency: m.Currency}
		for range exp {
			wire.Divisor *= 10
		}
		for range rapid.IntRange(0, 3).Draw(t, "finer") {
			wire.Amount, wire.Divisor = wire.Amount*10, wire.Divisor*10
		}
		if got := moneyOf(wire); got != m {
			t.Fatalf("%+v is %v, want %v", wire, got, m)
		}
	})
}

package trade_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

func TestMake(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wish := trade.Wish{Account: "acc", Items: []trade.WishItem{{SKU: "MUG", Quantity: 2}, {SKU: "CUP", Quantity: 1, Price: eur(250)}}, Paid: true, Key: "k1"}
	first, err := b.desk.Make(t.Context(), w, wish)
	must(t, err)
	again, err := b.desk.Make(t.Context(), w, wish)
	if err != nil || again.ID != first.ID || again.Version != first.Version {
		t.Errorf("made again: %s version %d, %v", again.ID, again.Version, err)
	}
	if first.Total != eur(1250) || first.State != commerce.OrderPaid || first.Source != commerce.FromPerson || first.Lines[0].Variant != "v1" || first.Channel != commerce.Own {
		t.Errorf("%+v", first)
	}
	for name, items := range map[string][]trade.WishItem{
		"nothing": {}, "unknown": {{SKU: "NONE", Quantity: 1}}, "no pieces": {{SKU: "MUG"}}, "fewer": {{SKU: "MUG", Quantity: -1}}, "too many": {{SKU: "MUG", Quantity: math.MaxInt64}},
		"below zero": {{SKU: "MUG", Quantity: 1, Price: eur(-1)}}, "two currencies": {{SKU: "MUG", Quantity: 1}, {SKU: "JAR", Quantity: 1}}, "too much": {{SKU: "MUG", Quantity: 2, Price: eur(math.MaxInt64)}},
	} {
		if _, err := b.desk.Make(t.Context(), w, trade.Wish{Account: "acc", Items: items}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.desk.Make(t.Context(), w, trade.Wish{Items: wish.Items}); !fault.Is(err, fault.NotFound) {
		t.Errorf("for no account: %v", err)
	}
}

func TestCartNotices(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		items   []trade.CartItem
		lines   map[commerce.SKU]int64
		notices []trade.CartNotice
	}{
		"as wished": {[]trade.CartItem{{"MUG", 3}}, map[commerce.SKU]int64{"MUG": 3}, nil},
		"unknown":   {[]trade.CartItem{{"NONE", 1}, {"MUG", 1}}, map[commerce.SKU]int64{"MUG": 1}, []trade.CartNotice{{SKU: "NONE", Code: "unknown"}}},
		"sold out":  {[]trade.CartItem{{"CUP", 1}}, map[commerce.SKU]int64{}, []trade.CartNotice{{SKU: "CUP", Title: "Mug <b>", Code: "sold_out"}}},
		"fewer":     {[]trade.CartItem{{"MUG", 4}}, map[commerce.SKU]int64{"MUG": 3}, []trade.CartNotice{{SKU: "MUG", Title: "Mug <b>", Code: "fewer", Left: 3}}},
		"twice":     {[]trade.CartItem{{"MUG", 2}, {"MUG", 2}}, map[commerce.SKU]int64{"MUG": 3}, []trade.CartNotice{{SKU: "MUG", Title: "Mug <b>", Code: "fewer", Left: 3}}},
		"too many":  {[]trade.CartItem{{"JAR", math.MaxInt64}, {"JAR", math.MaxInt64}}, map[commerce.SKU]int64{"JAR": 99}, []trade.CartNotice{{SKU: "JAR", Title: "Mug <b>", Code: "fewer", Left: 99}}},
		"no number": {[]trade.CartItem{{"MUG", -5}, {"JAR", 0}}, map[commerce.SKU]int64{"MUG": 1, "JAR": 1}, nil},
		"nothing":   {nil, map[commerce.SKU]int64{}, nil},
	} {
		cart, notices, err := b.desk.OpenCart(t.Context(), b.account(), c.items, "SAVE", commerce.Instagram, commerce.Attribution{Origin: "instagram"})
		must(t, err)
		if diff := cmp.Diff(c.notices, notices); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		kept, err := b.Cart(t.Context(), w, cart.ID)
		must(t, err)
		lines := map[commerce.SKU]int64{}
		for _, l := range kept.Lines {
			lines[l.SKU] = l.Quantity
		}
		if diff := cmp.Diff(c.lines, lines); diff != "" || kept.Channel != commerce.Instagram || kept.Coupon != "SAVE" {
			t.Errorf("%s: %+v %s", name, kept, diff)
		}
	}
	var many []trade.CartItem
	for i := range 300 {
		many = append(many, trade.CartItem{SKU: commerce.SKU(fmt.Sprint("X", i)), Quantity: 1})
	}
	if _, notices, err := b.desk.OpenCart(t.Context(), b.account(), many, "", commerce.Meta, commerce.Attribution{}); err != nil || len(notices) != trade.MaxCartItems {
		t.Errorf("%d notices, %v", len(notices), err)
	}
}

func TestAttribute(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a    commerce.Attribution
		want commerce.Channel
	}{
		{commerce.Attribution{}, commerce.Own},
		{commerce.Attribution{Origin: "facebook"}, commerce.Facebook},
		{commerce.Attribution{Origin: "instagram", UTM: map[string]string{"utm_source": "IGShopping"}}, commerce.Instagram},
		{commerce.Attribution{Origin: "meta_shops", ClickID: "x"}, commerce.Meta},
		{commerce.Attribution{UTM: map[string]string{"utm_source": "IGShopping"}}, commerce.Meta},
		{commerce.Attribution{ClickID: "x"}, commerce.Meta},
		{commerce.Attribution{UTM: map[string]string{"utm_source": "newsletter"}}, commerce.Own},
		{commerce.Attribution{Origin: "elsewhere", Landing: "https://facebook.com"}, commerce.Own},
	} {
		if got, why := trade.Attribute(c.a); got != c.want || why == "" {
			t.Errorf("%+v is %s (%s), want %s", c.a, got, why, c.want)
		}
	}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cart, _, err := b.desk.OpenCart(t.Context(), b.account(), []trade.CartItem{{"MUG", 1}}, "", commerce.Instagram, commerce.Attribution{Origin: "instagram", ClickID: "c1"})
	must(t, err)
	updated := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	in := trade.Inbound{ID: "77", State: commerce.OrderPaid, Lines: []commerce.OrderLine{{ID: "1", SKU: "MUG", Quantity: 1, Price: eur(500)}}, Total: eur(500), UpdatedAt: updated, PlacedAt: updated}
	for name, c := range map[string]struct {
		session string
		att     commerce.Attribution
		want    commerce.Channel
	}{
		"no evidence":         {"", commerce.Attribution{}, commerce.Own},
		"a click":             {"", commerce.Attribution{ClickID: "x"}, commerce.Meta},
		"our bridge":          {cart.ID, commerce.Attribution{Landing: "https://shop.example/x"}, commerce.Instagram},
		"another's session":   {"crt_none", commerce.Attribution{}, commerce.Own},
		"a session and click": {"crt_none", commerce.Attribution{Origin: "facebook"}, commerce.Facebook},
		"a landing click":     {"", commerce.Attribution{Landing: "/?fbclid=x"}, commerce.Meta},
		"a landing origin":    {"", commerce.Attribution{Landing: "https://shop.example/cart?cart_origin=Instagram&fbclid=x"}, commerce.Instagram},
		"a told origin":       {"", commerce.Attribution{Origin: "facebook", Landing: "/?cart_origin=instagram"}, commerce.Facebook},
		"a landing campaign":  {"", commerce.Attribution{Landing: "/?utm_source=IGShopping&utm_medium=Social"}, commerce.Meta},
		"no address":          {"", commerce.Attribution{Landing: "::%zz"}, commerce.Own},
	} {
		in.Session, in.Attribution = c.session, c.att
		o, err := b.desk.Receive(t.Context(), b.account(), in)
		if err != nil || o.Channel != c.want || o.Attribution.Evidence == "" || o.Number != "77" || o.RemoteVersion != updated.Unix() || o.Cart != c.session {
			t.Errorf("%s: %s by %+v, %v", name, o.Channel, o.Attribution, err)
		}
		if name == "our bridge" && (o.Attribution.ClickID != "c1" || o.Attribution.Landing != "https://shop.example/x") {
			t.Errorf("%s: %+v", name, o.Attribution)
		}
	}
}

// The shop's software may know nothing of the session: the address on which the
// buyer landed has it.
func TestReceiveLanded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cart, _, err := b.desk.OpenCart(t.Context(), b.account(), []trade.CartItem{{"MUG", 1}}, "", commerce.Instagram, commerce.Attribution{Origin: "instagram", ClickID: "c1"})
	must(t, err)
	landing := "/cart/1:1?fbclid=c2&mc_session=" + cart.ID
	o, err := b.desk.Receive(t.Context(), b.account(), trade.Inbound{ID: "78", Attribution: commerce.Attribution{Landing: landing}})
	if err != nil || o.Channel != commerce.Instagram || o.Cart != cart.ID || o.Attribution.Session != cart.ID || o.Attribution.ClickID != "c1" || o.Attribution.Landing != landing {
		t.Errorf("%s, cart %q by %+v, %v", o.Channel, o.Cart, o.Attribution, err)
	}
	utm := map[string]string{"utm_source": "newsletter"}
	o, err = b.desk.Receive(t.Context(), b.account(), trade.Inbound{ID: "79", Attribution: commerce.Attribution{UTM: utm, Landing: "/?utm_source=IGShopping&utm_medium=Social"}})
	if err != nil || o.Channel != commerce.Own || o.Attribution.UTM["utm_medium"] != "Social" || len(utm) != 1 {
		t.Errorf("%s by %+v, %v", o.Channel, o.Attribution, err)
	}
}

// A renamed SKU is asked for by the id its item was created with; who has the
// name now is somebody else.
func TestCartOfRenamedItem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := port.Account{ID: "page", Space: w, Channel: commerce.Facebook, Kind: "marketplace", Remote: "1", Target: "tgt", State: port.AccountActive}
	listing := commerce.Listing{ID: port.ListingIDOf("tgt", "prd"), Target: "tgt", Product: "prd", Items: map[commerce.VariantID]commerce.RemoteID{"v1": "OLD-MUG", "v3": "CUP", "gone": "GONE"}}
	_, err := b.PutListing(t.Context(), w, port.ListingWrite{Listing: listing})
	must(t, err)
	cart, notices, err := b.desk.OpenCart(t.Context(), page, []trade.CartItem{{"OLD-MUG", 1}, {"CUP", 1}, {"MUG", 1}, {"GONE", 1}}, "", commerce.Facebook, commerce.Attribution{})
	must(t, err)
	var got []commerce.SKU
	for _, l := range cart.Lines {
		got = append(got, l.SKU)
	}
	if diff := cmp.Diff([]commerce.SKU{"MUG", "JAR", "MUG"}, got); diff != "" || len(notices) != 1 || notices[0].SKU != "GONE" || notices[0].Code != "unknown" {
		t.Errorf("%s, %+v", diff, notices)
	}
}

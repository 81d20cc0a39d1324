package commerce_test

import (
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

func TestDemandAndAllocation(t *testing.T) {
	t.Parallel()
	o := commerce.Order{State: commerce.OrderPaid, Lines: []commerce.OrderLine{
		{ID: "1", Variant: "v", Quantity: 5, Cancelled: 1, Short: 1}, {ID: "2", Quantity: 2}, {ID: "3", Variant: "w", Quantity: 1, Cancelled: 3},
	}}
	o.Allocate()
	for i, want := range []int64{3, 0, 0} {
		if got := o.Lines[i].Allocated; got != want {
			t.Errorf("line %d has %d allocated, want %d", i+1, got, want)
		}
	}
	for _, s := range []commerce.OrderState{commerce.OrderDraft, commerce.OrderCancelled} {
		if d := o.Lines[0].Demand(s); d != 0 {
			t.Errorf("a %s order demands %d", s, d)
		}
	}
	if d := o.Lines[0].Demand(commerce.OrderUnpaid); d != 4 {
		t.Errorf("an unpaid order demands %d, want 4", d)
	}
}

func TestSent(t *testing.T) {
	t.Parallel()
	done := func(lines ...string) commerce.Shipment {
		return commerce.Shipment{State: commerce.SendDone, Lines: lines}
	}
	for name, c := range map[string]struct {
		parcels []commerce.Shipment
		want    commerce.OrderState
	}{
		"no parcel":              {nil, ""},
		"on its way to be told":  {[]commerce.Shipment{{State: commerce.SendPending}, {State: commerce.SendFailed}}, ""},
		"everything":             {[]commerce.Shipment{done()}, commerce.OrderShipped},
		"one of two":             {[]commerce.Shipment{done("1")}, commerce.OrderPartly},
		"one of two, and failed": {[]commerce.Shipment{done("1"), {State: commerce.SendFailed, Lines: []string{"2"}}}, commerce.OrderPartly},
		"one after the other":    {[]commerce.Shipment{done("2"), done("1")}, commerce.OrderShipped},
	} {
		o := commerce.Order{Shipments: c.parcels, Lines: []commerce.OrderLine{{ID: "1", Quantity: 1}, {ID: "2", Quantity: 2, Cancelled: 1}, {ID: "3", Quantity: 1, Cancelled: 1}}}
		if got := o.Sent(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestConversationCounts(t *testing.T) {
	t.Parallel()
	at := func(n int) time.Time { return time.Date(2026, 11, 1, 12, n, 0, 0, time.UTC) }
	say := func(by commerce.Party, n int, text string) commerce.Message {
		return commerce.Message{By: by, At: at(n), Text: text, Kind: "text"}
	}
	c := commerce.Conversation{State: commerce.ConvPending}
	c = c.With(say(commerce.ByBuyer, 1, "hello")).With(say(commerce.ByBuyer, 3, "anybody?"))
	if c.State != commerce.ConvOpen || c.Unread != 2 || !c.Waiting.Equal(at(1)) || c.Snippet != "anybody?" {
		t.Errorf("after two questions: %+v", c)
	}
	c = c.With(say(commerce.BySeller, 5, "yes"))
	if c.State != commerce.ConvPending || c.Unread != 0 || !c.Waiting.IsZero() || c.LastBy != commerce.BySeller {
		t.Errorf("after the answer: %+v", c)
	}
	c = c.With(say(commerce.ByBuyer, 4, "late"))
	if c.Messages != 4 || c.Unread != 0 || c.State != commerce.ConvPending || c.Snippet != "yes" || !c.LastAt.Equal(at(5)) {
		t.Errorf("a question that was answered before it came in: %+v", c)
	}
	c.State, c.Solved = commerce.ConvSolved, at(6)
	if c = c.With(say(commerce.ByBuyer, 7, "again")); c.State != commerce.ConvOpen || !c.Solved.IsZero() || c.Unread != 1 {
		t.Errorf("a new question reopens: %+v", c)
	}
}

func TestSnippet(t *testing.T) {
	t.Parallel()
	long := make([]rune, 200)
	for i := range long {
		long[i] = 'ж'
	}
	if got := []rune((commerce.Message{Kind: "text", Text: string(long)}).Snippet()); len(got) != 140 || got[139] != '…' {
		t.Errorf("a long text has a snippet of %d characters", len(got))
	}
	for want, m := range map[string]commerce.Message{
		"a b": {Kind: "text", Text: " a \n\t b "}, "[image]": {Kind: "image"}, "": {Kind: "image", Deleted: true, Text: "x"},
	} {
		if got := m.Snippet(); got != want {
			t.Errorf("snippet %q, want %q", got, want)
		}
	}
}

func TestDefaultsLieOver(t *testing.T) {
	t.Parallel()
	base := commerce.Defaults{Category: "mugs", Grams: 300, Categories: map[string]string{"mugs": "1", "tees": "2"}}
	got := commerce.Defaults{Grams: 500, Categories: map[string]string{"mugs": "9"}}.Over(base)
	if got.Category != "mugs" || got.Grams != 500 || got.Categories["mugs"] != "9" || got.Categories["tees"] != "2" || base.Categories["mugs"] != "1" {
		t.Errorf("merged %+v over %+v", got, base)
	}
}

func TestDeriveKeepsPartsApart(t *testing.T) {
	t.Parallel()
	seen := map[string][]string{}
	for _, parts := range [][]string{{"a", "bc"}, {"ab", "c"}, {"abc"}, {"a", "bc", ""}, {"", "a", "bc"}, {"a\x00", "\x00bc"}, {"a", "\x00\x00bc"}, {"a\x00\x00bc"}, {"a\x00\x01", "bc"}} {
		id := commerce.Derive("x", parts...)
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q have one id", parts, other)
		}
		seen[id] = parts
		if len(id) != 28 || id != commerce.Derive("x", parts...) {
			t.Errorf("id %s of %q", id, parts)
		}
	}
}

func TestProductOnAChannel(t *testing.T) {
	t.Parallel()
	p := commerce.Product{Title: "Mug", Tags: []string{"a"}, Attributes: map[string]string{"who_made": "i_did", "colour": "red"},
		Overrides: map[commerce.Channel]commerce.Override{commerce.Etsy: {Title: "Handmade mug", Attributes: map[string]string{"colour": "blue"}}}}
	on := p.On(commerce.Etsy)
	if on.Title != "Handmade mug" || on.Attributes["colour"] != "blue" || on.Attributes["who_made"] != "i_did" || p.Attributes["colour"] != "red" {
		t.Errorf("on Etsy %+v, at home %+v", on, p)
	}
	if p.On(commerce.TikTok).Title != "Mug" {
		t.Error("an override of one channel shows on another")
	}
}

package trade

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// What is read of a landing address, which anybody can write.
const (
	maxLanding  = 8 << 10
	maxEvidence = 500
)

// Inbound is an order of the seller's own checkout.
type Inbound struct {
	ID          string // the shop's order id
	Number      string
	State       commerce.OrderState
	RawState    string // the shop's own word
	Buyer       commerce.Buyer
	Lines       []commerce.OrderLine // SKU, title, quantity, price
	Total       commerce.Money
	Shipping    commerce.Money
	Tax         commerce.Money
	Discount    commerce.Money
	Note        string
	PlacedAt    time.Time
	UpdatedAt   time.Time
	Session     string               // of our checkout bridge
	Attribution commerce.Attribution // what its Landing shows is found here
}

// Receive makes an order of what the seller's own checkout told. Its channel
// follows the evidence: the session of our bridge first, then where the buyer
// came from; without any it is the seller's own. It stores nothing.
func (d *Desk) Receive(ctx context.Context, a port.Account, in Inbound) (commerce.Order, error) {
	in.Attribution, in.Session = landed(in.Attribution, in.Session)
	o := commerce.Order{
		Remote: commerce.RemoteID(in.ID), Number: in.Number, Source: commerce.FromCheckout, State: in.State, RawState: in.RawState, Buyer: in.Buyer, Lines: in.Lines,
		Total: in.Total, Shipping: in.Shipping, Tax: in.Tax, Discount: in.Discount, Note: in.Note, PlacedAt: in.PlacedAt, UpdatedAt: in.UpdatedAt,
		RemoteVersion: in.UpdatedAt.Unix(), Cart: in.Session,
	}
	if o.Number == "" {
		o.Number = in.ID
	}
	att := in.Attribution
	att.Session = in.Session
	o.Channel, att.Evidence = Attribute(att)
	if in.Session != "" {
		cart, err := d.Store.Cart(ctx, a.Space, in.Session)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return o, fmt.Errorf("read cart session: %w", err)
		}
		if err == nil {
			o.Channel, o.Conv, att = cmp.Or(cart.Channel, o.Channel), cart.Conversation, cart.Attribution
			att.Session, att.Landing = in.Session, in.Attribution.Landing
			if cart.Draft == "" {
				att.Evidence = "checkout session of our bridge"
			}
		}
	}
	o.Attribution = &att
	return o, nil
}

// landed adds what the address shows on which the buyer entered the shop; what
// the shop tells by itself goes first. An address without anything to read
// adds nothing.
func landed(a commerce.Attribution, session string) (commerce.Attribution, string) {
	u, err := url.Parse(a.Landing)
	if err != nil || len(a.Landing) > maxLanding {
		return a, session
	}
	q := u.Query()
	first := func(told, name string) string {
		if v := q.Get(name); told == "" && len(v) <= maxEvidence && utf8.ValidString(v) {
			return v
		}
		return told
	}
	a.Origin, a.ClickID = strings.ToLower(first(a.Origin, "cart_origin")), first(a.ClickID, "fbclid")
	utm := maps.Clone(a.UTM)
	for _, name := range []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"} {
		if v := first(utm[name], name); v != "" {
			if utm == nil {
				utm = map[string]string{}
			}
			utm[name] = v
		}
	}
	a.UTM = utm
	return a, first(session, "mc_session")
}

// Attribute names the channel an order belongs to and why (Meta: "Set Up a
// Checkout URL", 2025-12-17: cart_origin names the surface; IGShopping is sent
// for Facebook traffic too).
func Attribute(a commerce.Attribution) (commerce.Channel, string) {
	switch {
	case a.Origin == "facebook":
		return commerce.Facebook, "cart_origin=facebook"
	case a.Origin == "instagram":
		return commerce.Instagram, "cart_origin=instagram"
	case a.Origin == "meta_shops":
		return commerce.Meta, "cart_origin=meta_shops: the surface is unknown"
	case strings.EqualFold(a.UTM["utm_source"], "IGShopping"):
		return commerce.Meta, "utm_source=IGShopping is sent for Facebook and Instagram alike"
	case a.ClickID != "":
		return commerce.Meta, "fbclid: came from Meta, the surface is unknown"
	default:
		return commerce.Own, "nothing points to Meta"
	}
}

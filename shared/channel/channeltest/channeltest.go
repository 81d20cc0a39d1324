// Package channeltest proves that connectors behave alike. Every connector
// runs the one suite against its own simulator; what a marketplace can't do is
// skipped with the reason.
package channeltest

import (
	"testing"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// Harness is a connector under test.
type Harness struct {
	Driver channel.Driver
	Hooks  []channel.Hook
	// World opens an empty world of its own for a test.
	World func(t *testing.T, seed uint64) World
	// Together are other channels that the same target shows (Meta).
	Together []commerce.Channel
	// Login is one of the driver's further logins, and Only the abilities it
	// opens; both are empty for the usual one.
	Login string
	Only  []channel.Ability
	// Writes is what an edit of one live listing costs per group where that
	// is not one call.
	Writes map[commerce.Group]int
	// SignedTime says that webhooks prove when they were sent.
	SignedTime bool
	// Forbidden is a phrase that the marketplace's review of texts refuses;
	// empty where texts are not reviewed.
	Forbidden string
	// Carrier is the name of a carrier the marketplace knows; USPS when empty.
	Carrier string
	// RecallsShipped says that the marketplace cancels an order that is shipped
	// until the carrier has it.
	RecallsShipped bool
	// Thrifty says that a change which alters nothing costs no write, because
	// the connector compares with what is there.
	Thrifty bool
}

// test is one promise of the contract.
type test struct {
	name  string
	needs channel.Ability // empty: every connector
	run   func(s *seller)
}

// Run runs the suite; each test is parallel and has a world of its own.
func Run(t *testing.T, h Harness) {
	t.Helper()
	t.Run("contract", func(t *testing.T) {
		t.Parallel()
		checkDriver(t, h)
	})
	for i, c := range suite() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.needs != "" && !has(h.required(), c.needs) {
				t.Skipf("%s has no %s", h.Driver.Name, c.needs)
			}
			c.run(connect(t, h, uint64(i+1)))
		})
	}
}

func suite() []test {
	var all []test
	for _, some := range [][]test{
		consentTests(), listingTests(), onceTests(), refusalTests(), orderTests(), shipTests(), cancelTests(), requestTests(), chatTests(), reviewTests(), hookTests(),
	} {
		all = append(all, some...)
	}
	return all
}

func (h Harness) required() []channel.Ability {
	if len(h.Only) > 0 {
		return h.Only
	}
	return required(h.Driver)
}

// required are the abilities a channel must have, no more and no less. A
// channel that is not listed answers for itself.
func required(d channel.Driver) []channel.Ability {
	switch d.Name {
	case commerce.Etsy:
		return []channel.Ability{channel.CanWriteListings, channel.CanReadListings, channel.CanReadOrders, channel.CanShip, channel.CanReadReviews}
	case commerce.TikTok:
		return []channel.Ability{
			channel.CanWriteListings, channel.CanReadListings, channel.CanReadOrders, channel.CanShip, channel.CanCancel,
			channel.CanReadConversations, channel.CanReply,
		}
	case commerce.Facebook, commerce.Instagram:
		return []channel.Ability{channel.CanWriteListings, channel.CanReadListings, channel.CanReadConversations, channel.CanReply}
	}
	return d.Abilities
}

func has(list []channel.Ability, a channel.Ability) bool {
	for _, have := range list {
		if have == a {
			return true
		}
	}
	return false
}

// AbilitiesOf finds by type assertion what a connector can do, in the order in
// which the contract names the abilities.
func AbilitiesOf(c channel.Connector) []channel.Ability {
	var can []channel.Ability
	add := func(a channel.Ability, ok bool) {
		if ok {
			can = append(can, a)
		}
	}
	_, ok := c.(channel.ListingWriter)
	add(channel.CanWriteListings, ok)
	_, ok = c.(channel.ListingReader)
	add(channel.CanReadListings, ok)
	_, ok = c.(channel.OrderReader)
	add(channel.CanReadOrders, ok)
	_, ok = c.(channel.Shipper)
	add(channel.CanShip, ok)
	_, ok = c.(channel.Canceller)
	add(channel.CanCancel, ok)
	_, ok = c.(channel.ConversationReader)
	add(channel.CanReadConversations, ok)
	_, ok = c.(channel.Replier)
	add(channel.CanReply, ok)
	_, ok = c.(channel.ReviewReader)
	add(channel.CanReadReviews, ok)
	return can
}

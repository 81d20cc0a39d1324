package tiktokshop

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// noChat says why messages are missing. The bar for the permission is high and
// not published in full (third-party notes, 2026).
const noChat = "TikTok gives the permission seller.customer_service to approved customer-service apps only. Apply in Partner Center, then connect the shop again."

// Check looks at the consent, the permissions, what the shop needs before it
// may list, its warehouses and its chat.
func (c *Connector) Check(ctx context.Context) (channel.Health, error) {
	h := channel.Health{OK: true, Checked: c.env.Now(), Currency: c.settings.Currency, Missing: map[channel.Ability]string{}}
	tokens, err := c.tokens.Tokens(ctx)
	if err != nil {
		return h, fmt.Errorf("check the shop: %w", err)
	}
	h.EndsAt = tokens.EndsAt
	for _, look := range []func(context.Context, *channel.Health) error{c.checkShop, c.checkRequirements, c.checkWarehouses, c.checkChat} {
		if err := look(ctx, &h); err != nil {
			return h, err
		}
	}
	if granted := tokens.Extra[scopesKey]; granted != "" {
		checkScopes(&h, strings.Split(granted, ","))
	}
	return h, nil
}

func add(h *channel.Health, name string, ok bool, message, fix string) {
	if ok {
		fix = ""
	}
	h.OK = h.OK && ok
	h.Checks = append(h.Checks, channel.HealthCheck{Name: name, OK: ok, Message: message, Fix: fix})
}

func (c *Connector) checkShop(ctx context.Context, h *channel.Health) error {
	shops, err := c.api.ListShops(ctx)
	if err != nil {
		return fmt.Errorf("read the shops of the consent: %w", err)
	}
	i := slices.IndexFunc(shops, func(s api.Shop) bool { return string(s.ID) == c.settings.Shop })
	if i < 0 {
		add(h, "shop", false, "The consent does not open this shop any more.", "Connect the shop again.")
		return nil
	}
	h.ShopName = shops[i].Name
	add(h, "shop", shops[i].Cipher == c.settings.Cipher, "TikTok knows the shop as "+shops[i].Name+".", "TikTok has changed the shop's key: connect the shop again.")
	return nil
}

func (c *Connector) checkRequirements(ctx context.Context, h *channel.Health) error {
	list, err := c.api.ListRequirements(ctx)
	if missing(h, err, "TikTok lacks the permission to read products.", channel.CanWriteListings, channel.CanReadListings) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what the shop needs before it lists: %w", err)
	}
	for _, r := range list {
		if r.Failed {
			add(h, strings.ToLower(r.Item), false, channel.Cut(strings.Join(append([]string{"TikTok wants this before the shop lists."}, r.Reasons...), " ")), "Complete it in Seller Center.")
		}
	}
	return nil
}

func (c *Connector) checkWarehouses(ctx context.Context, h *channel.Health) error {
	err := c.place(ctx, commerce.Defaults{}, memory{})
	f := fault.Of(err)
	switch {
	case missing(h, err, "TikTok lacks the permission to read warehouses.", channel.CanWriteListings, channel.CanShip):
	case f != nil && f.Code == "warehouse_missing":
		add(h, "warehouse", false, "The shop has no sales warehouse.", f.Message)
	case err != nil:
		return err
	default:
		add(h, "warehouse", true, "The shop has a sales warehouse.", "")
	}
	return nil
}

func (c *Connector) checkChat(ctx context.Context, h *channel.Health) error {
	accepts, err := c.api.AcceptsChat(ctx)
	switch {
	case missing(h, err, noChat, channel.CanReadConversations, channel.CanReply):
		return nil
	case fault.Is(err, fault.RateLimited):
		return nil // the day's allowance is for messages, not for this look
	case err != nil:
		return fmt.Errorf("read the chat settings: %w", err)
	}
	add(h, "chat", accepts, "TikTok assigns buyers' chats to the shop.", "Let the shop accept chats in Seller Center, or no buyer reaches it.")
	return nil
}

// missing notes abilities a call's answer denied.
func missing(h *channel.Health, err error, why string, abilities ...channel.Ability) bool {
	if f := fault.Of(err); f == nil || f.Code != api.CodeScope {
		return false
	}
	for _, a := range abilities {
		h.Missing[a] = why
	}
	return true
}

// checkScopes notes what the seller did not grant (scope names of 2026-11).
func checkScopes(h *channel.Health, granted []string) {
	for _, need := range []struct {
		scope     string
		abilities []channel.Ability
	}{
		{"seller.product.basic", []channel.Ability{channel.CanReadListings, channel.CanWriteListings}},
		{"seller.product.write", []channel.Ability{channel.CanWriteListings}},
		{"seller.order.info", []channel.Ability{channel.CanReadOrders}},
		{"seller.fulfillment.basic", []channel.Ability{channel.CanShip}},
		{"seller.logistics", []channel.Ability{channel.CanShip, channel.CanWriteListings}},
		{"seller.return_refund.basic", []channel.Ability{channel.CanCancel}},
		{"seller.customer_service", []channel.Ability{channel.CanReadConversations, channel.CanReply}},
	} {
		if slices.Contains(granted, need.scope) {
			continue
		}
		for _, a := range need.abilities {
			if h.Missing[a] == "" {
				h.Missing[a] = "The consent lacks the permission " + need.scope + ". Connect the shop again and grant it."
			}
		}
	}
	if h.Missing[channel.CanReply] != "" {
		h.Missing[channel.CanReply], h.Missing[channel.CanReadConversations] = noChat, noChat
	}
}

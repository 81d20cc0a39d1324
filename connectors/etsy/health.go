package etsy

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
)

// Check implements channel.Connector: the consent, its permissions, and what a
// shop needs before it can list.
func (c *Connector) Check(ctx context.Context) (channel.Health, error) {
	tokens, err := c.tokens.Tokens(ctx)
	if err != nil {
		return channel.Health{}, err
	}
	h := channel.Health{Missing: map[channel.Ability]string{}, EndsAt: tokens.EndsAt, Checked: c.env.Now()}
	shop, err := c.api.ThisShop(ctx)
	if err != nil {
		return channel.Health{}, fmt.Errorf("read shop %s: %w", c.settings.Shop, err)
	}
	have, err := c.api.Scopes(ctx)
	if err != nil {
		return channel.Health{}, fmt.Errorf("read permissions: %w", err)
	}
	h.ShopName, h.Currency = cmp.Or(shop.Name, c.settings.Name), cmp.Or(shop.Currency, c.settings.Currency)
	h.Checks = []channel.HealthCheck{{Name: "consent", OK: true, Message: "The consent for " + h.ShopName + " is good."}}
	checkScopes(&h, have)
	checkShop(&h, shop, c.settings.Currency)
	if err := c.checkProfiles(ctx, &h, have); err != nil {
		return channel.Health{}, err
	}
	h.OK = true
	for _, check := range h.Checks {
		h.OK = h.OK && check.OK
	}
	err = c.checkCalls(ctx, &h)
	return h, err
}

// checkScopes says which abilities the consent does not cover.
func checkScopes(h *channel.Health, have []string) {
	const fix = "Connect the shop again and allow everything it asks for."
	for _, need := range []struct {
		ability channel.Ability
		scopes  []string
	}{
		{channel.CanWriteListings, []string{"listings_r", "listings_w", "shops_r"}},
		{channel.CanReadListings, []string{"listings_r"}},
		{channel.CanReadOrders, []string{"transactions_r"}},
		{channel.CanShip, []string{"transactions_w"}},
	} {
		if missing := missingScopes(have, need.scopes...); len(missing) > 0 {
			h.Missing[need.ability] = "The consent lacks " + strings.Join(missing, ", ") + ". " + fix
		}
	}
	check := channel.HealthCheck{Name: "permissions", OK: len(h.Missing) == 0, Message: "The consent covers everything."}
	if !check.OK {
		check.Message, check.Fix = "The consent lacks "+strings.Join(missingScopes(have, scopes()...), ", ")+".", fix
	}
	h.Checks = append(h.Checks, check)
}

func checkShop(h *channel.Health, shop api.Shop, connected string) {
	h.Checks = append(h.Checks, yesNo("open", !shop.Vacation, "The shop is open.", "The shop is on vacation: buyers can't order.", "End the vacation mode on Etsy."))
	same := connected == "" || shop.Currency == connected
	h.Checks = append(h.Checks, yesNo("currency", same, "Prices are in "+shop.Currency+".",
		"The shop's currency changed from "+connected+" to "+shop.Currency+".", "Connect the shop again, and set prices in "+shop.Currency+"."))
}

func yesNo(name string, ok bool, good, bad, fix string) channel.HealthCheck {
	if ok {
		return channel.HealthCheck{Name: name, OK: true, Message: good}
	}
	return channel.HealthCheck{Name: name, Message: bad, Fix: fix}
}

// checkProfiles looks for what every physical listing needs.
func (c *Connector) checkProfiles(ctx context.Context, h *channel.Health, have []string) error {
	if len(missingScopes(have, "shops_r")) > 0 {
		return nil
	}
	for _, need := range []struct {
		name, good, bad string
		find            func(context.Context) (int64, error)
	}{
		{"shipping profile", "There is a shipping profile.", "The shop has no shipping profile: listings can't go live.", c.shipping},
		{"return policy", "There is a return policy.", "The shop has no return policy: listings can't go live (shops in the EU need none).", c.returns},
		{"processing profile", "There is a processing profile.", "The shop has no processing profile: physical listings can't be created.", c.readiness},
	} {
		id, err := need.find(ctx)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("look for a %s: %w", need.name, err)
		}
		h.Checks = append(h.Checks, yesNo(strings.ReplaceAll(need.name, " ", "_"), id != 0, need.good, need.bad, "Create a "+need.name+" in the shop's settings on Etsy."))
	}
	return nil
}

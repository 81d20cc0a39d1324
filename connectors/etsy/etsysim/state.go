package etsysim

import (
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// moveState follows a client's wish: active or inactive. A listing becomes
// sold_out by a sale and expired by time alone.
func (c *call) moveState(l *listing) error {
	switch state := c.form.oneOf("state", "", []string{stateActive, stateInactive}); {
	case c.form.err != nil:
		return c.form.err
	case l.State == stateRemoved:
		return conflict("The listing was removed: state = removed, listing_id = %d", l.ID)
	case state == stateActive && l.State == stateEdit:
		return invalid("Cannot activate a listing in this state: state = edit, listing_id = %d, ending_tsz = %d", l.ID, l.Ending)
	case state == stateActive && l.State != stateActive:
		return c.activate(l)
	case state == stateInactive && l.State == stateDraft:
		return invalid("state: a draft listing can only be set to active")
	case state == stateInactive:
		l.setState(stateInactive, c.unix())
	}
	if l.State == stateActive {
		return l.publishable()
	}
	return nil
}

// activate publishes or renews a listing. Renewing a sold out one sets its
// quantity to 1, whatever was written before [spec].
func (c *call) activate(l *listing) error {
	if err := l.publishable(); err != nil {
		return err
	}
	if err := l.attributed(); err != nil {
		return err
	}
	if l.State == stateSoldOut {
		l.Inventory.restart()
	}
	if l.Inventory.total() == 0 {
		return invalid("quantity: a listing needs a quantity greater than 0 to be active")
	}
	if l.State != stateInactive || l.Ending <= c.unix() {
		l.Ending = monthsLater(c.now)
	}
	l.setState(stateActive, c.unix())
	return nil
}

// publishable says what an active listing lacks.
func (l *listing) publishable() error {
	switch {
	case len(l.Images) == 0:
		return invalid("A listing must have at least one image to be active")
	case l.Type != typePhysical:
		return invalid("A digital listing must have a file to be active")
	case l.ShippingProfile == nil:
		return invalid("shipping_profile_id: a physical listing must have a shipping profile to be active")
	case l.ReturnPolicy == nil:
		return invalid("return_policy_id: a physical listing must have a return policy to be active")
	}
	for _, p := range l.Inventory.Products {
		if p.Readiness == nil {
			return invalid("readiness_state_id: a physical listing must have a processing profile to be active")
		}
	}
	return nil
}

// restart leaves one piece in stock.
func (v *inventory) restart() {
	first, found := "", false
	for i := range v.Products {
		p := &v.Products[i]
		if p.Quantity = 0; p.Enabled && !found {
			first, found = p.onKey(v.QuantityOn), true
		}
	}
	for i := range v.Products {
		if p := &v.Products[i]; found && p.onKey(v.QuantityOn) == first {
			p.Quantity = 1
		}
	}
}

// sweepEvery is how often listings are looked through for ended ones.
const sweepEvery = time.Hour

// expireListings renews or ends active listings whose time is over.
func (s *Sim) expireListings() error {
	now := s.env.Now()
	if now.Before(s.nextSweep) {
		return nil
	}
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		var ended []listing
		err := simkit.Each(tx, tableListing, "", func(_ string, l listing) bool {
			if l.State == stateActive && l.Ending <= now.Unix() {
				ended = append(ended, l)
			}
			return true
		})
		if err != nil {
			return err
		}
		for _, l := range ended {
			if l.AutoRenew {
				l.Ending = monthsLater(now)
			} else {
				l.setState(stateExpired, now.Unix())
			}
			l.Modified = now.Unix()
			if err := saveListing(tx, &l, &l); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.nextSweep = now.Add(sweepEvery)
	}
	return err
}

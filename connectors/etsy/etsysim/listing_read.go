package etsysim

import (
	"net/http"
	"slices"

	"github.com/manystall/manystall/connectors/simkit"
)

func oneListing(c *call) (reply, error) {
	includes := c.includes("Images", "Shop", "User", "Translations", "Videos", "Personalization", "BuyerPrice")
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	l, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	v, err := c.fullView(&l, includes)
	if err != nil {
		return reply{}, err
	}
	return ok(v)
}

// includes reads the associations asked for.
func (c *call) includes(allowed ...string) []string {
	all := c.query.list("includes")
	for _, name := range all {
		if !slices.Contains(allowed, name) {
			c.query.fail("Invalid value '%s' for 'includes'", cut(name, 40))
		}
	}
	return all
}

func shopListings(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	state := c.query.oneOf("state", stateActive, []string{stateActive, stateInactive, stateSoldOut, stateDraft, stateExpired})
	return c.listingPage(state, c.includes("Shipping", "Images", "Shop", "User", "Translations", "Inventory", "Videos", "Personalization", "BuyerPrice"))
}

func activeListings(c *call) (reply, error) {
	if err := c.ownShop(); err != nil {
		return reply{}, err
	}
	return c.listingPage(stateActive, nil)
}

func (c *call) listingPage(state string, includes []string) (reply, error) {
	limit, offset := c.window()
	direction := c.direction()
	sortOn := c.query.oneOf("sort_on", "created", []string{"created", "price", "updated", "score"})
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	rows, err := c.rankListings(state, sortOn)
	if err != nil {
		return reply{}, err
	}
	sortRanked(rows, direction)
	out := []fullView{}
	for _, row := range cutPage(rows, limit, offset) {
		l, err := findListing(c.tx, row.id)
		if err != nil {
			return reply{}, err
		}
		v, err := c.fullView(&l, includes)
		if err != nil {
			return reply{}, err
		}
		out = append(out, v)
	}
	return ok(page{len(rows), out})
}

func (c *call) rankListings(state, sortOn string) ([]ranked, error) {
	var rows []ranked
	err := simkit.Each(c.tx, tableFace, "", func(k string, f face) bool {
		if f.State != state {
			return true
		}
		row := ranked{by: f.Created, id: unkey(k)}
		switch sortOn {
		case "price":
			row.by = f.Price
		case "updated":
			row.by = f.Updated
		}
		rows = append(rows, row)
		return true
	})
	return rows, err
}

// batchIDs reads listing_ids: 1 to 100 ids without repeats.
func (c *call) batchIDs() []int64 {
	c.query.need("listing_ids")
	ids := c.query.ids("listing_ids")
	if len(ids) > 100 {
		c.query.fail("listing_ids: at most 100 ids can be asked for at once")
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// batchListings leaves out what does not exist or is not for the caller.
func batchListings(c *call) (reply, error) {
	ids := c.batchIDs()
	includes := c.includes("Images", "Shop", "User", "Translations", "Videos", "Personalization", "BuyerPrice")
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	out := []fullView{}
	for _, id := range ids {
		var l listing
		known, err := c.tx.Find(tableListing, key(id), &l)
		if err != nil {
			return reply{}, err
		}
		if !known || (l.State != stateActive && (!c.isOwner() || c.sim.Doubts.BatchHidesDrafts)) {
			continue
		}
		v, err := c.fullView(&l, includes)
		if err != nil {
			return reply{}, err
		}
		out = append(out, v)
	}
	return ok(page{len(out), out})
}

// batchInventory fails as a whole when one listing does not exist [spec].
func batchInventory(c *call) (reply, error) {
	ids := c.batchIDs()
	if c.query.err != nil {
		return reply{}, c.query.err
	}
	out := []fullView{}
	for _, id := range ids {
		var l listing
		known, err := c.tx.Find(tableListing, key(id), &l)
		if err != nil {
			return reply{}, err
		}
		if !known {
			return reply{}, refuse(http.StatusNotFound, "One or more listings could not be found: %d", id)
		}
		if l.State != stateActive && c.sim.Doubts.BatchHidesDrafts {
			continue
		}
		v, err := c.fullView(&l, []string{"Inventory"})
		if err != nil {
			return reply{}, err
		}
		out = append(out, v)
	}
	return ok(page{len(out), out})
}

func deleteListing(c *call) (reply, error) {
	l, err := c.listing()
	if err != nil {
		return reply{}, err
	}
	if l.State == stateEdit || l.State == stateRemoved {
		return reply{}, conflict("A listing in this state cannot be deleted: state = %s", l.State)
	}
	if err := removeListing(c.tx, &l); err != nil {
		return reply{}, err
	}
	return gone()
}

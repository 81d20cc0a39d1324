package etsy

import (
	"context"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
)

// shelf is what every listing of a shop may fall back to. It is read when it
// is first needed and kept as long as the connector.
type shelf struct {
	shipping, returns, readiness *int64 // pointing to 0: the shop has none
	tree                         []api.TaxonomyNode
	properties                   map[int64][]api.TaxonomyProperty
	carriers                     []api.Carrier
}

// keep answers what lies at place, or reads it and puts it there. Two callers
// may read the same thing at once; neither waits for the other.
func keep[T any](c *Connector, place func(*shelf) *T, empty func(T) bool, read func() (T, error)) (T, error) {
	c.mu.Lock()
	have := *place(&c.shelf)
	c.mu.Unlock()
	if !empty(have) {
		return have, nil
	}
	fresh, err := read()
	if err != nil {
		return have, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	*place(&c.shelf) = fresh
	return fresh, nil
}

func (c *Connector) firstOf(place func(*shelf) **int64, read func() (int64, error)) (int64, error) {
	id, err := keep(c, place, func(p *int64) bool { return p == nil }, func() (*int64, error) {
		id, err := read()
		return &id, err
	})
	if err != nil {
		return 0, err
	}
	return *id, nil
}

// shipping is the shop's first shipping profile, 0 without any.
func (c *Connector) shipping(ctx context.Context) (int64, error) {
	return c.firstOf(func(s *shelf) **int64 { return &s.shipping }, func() (int64, error) {
		all, err := c.api.ShippingProfiles(ctx)
		for _, p := range all {
			if !p.Deleted {
				return p.ID, err
			}
		}
		return 0, err
	})
}

// returns is the shop's first return policy, 0 without any.
func (c *Connector) returns(ctx context.Context) (int64, error) {
	return c.firstOf(func(s *shelf) **int64 { return &s.returns }, func() (int64, error) {
		all, err := c.api.ReturnPolicies(ctx)
		for _, p := range all {
			return p.ID, err
		}
		return 0, err
	})
}

// readiness is the shop's first processing profile that is ready to ship, or
// the first of any kind, 0 without any.
func (c *Connector) readiness(ctx context.Context) (int64, error) {
	return c.firstOf(func(s *shelf) **int64 { return &s.readiness }, func() (int64, error) {
		all, err := c.api.ReadinessStates(ctx)
		for _, p := range all {
			if p.State == "ready_to_ship" {
				return p.ID, err
			}
		}
		for _, p := range all {
			return p.ID, err
		}
		return 0, err
	})
}

// tree is the tree of Etsy's categories.
func (c *Connector) tree(ctx context.Context) ([]api.TaxonomyNode, error) {
	return keep(c, func(s *shelf) *[]api.TaxonomyNode { return &s.tree }, func(t []api.TaxonomyNode) bool { return t == nil },
		func() ([]api.TaxonomyNode, error) { return c.api.TaxonomyNodes(ctx) })
}

// categoryProperties are the properties of a category.
func (c *Connector) categoryProperties(ctx context.Context, taxonomy int64) ([]api.TaxonomyProperty, error) {
	c.mu.Lock()
	have, known := c.shelf.properties[taxonomy]
	c.mu.Unlock()
	if known {
		return have, nil
	}
	all, err := c.api.TaxonomyProperties(ctx, taxonomy)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shelf.properties == nil {
		c.shelf.properties = map[int64][]api.TaxonomyProperty{}
	}
	c.shelf.properties[taxonomy] = all
	return all, nil
}

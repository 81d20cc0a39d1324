package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Product implements port.Catalog.
func (s *Store) Product(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID) (commerce.Product, error) {
	return load[commerce.Product](ctx, s, productKey(w, id), "product", string(id))
}

// Products implements port.Catalog. It reads consistently.
func (s *Store) Products(ctx context.Context, w commerce.WorkspaceID, ids []commerce.ProductID) ([]commerce.Product, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = productKey(w, id)
	}
	return loadAll[commerce.Product](ctx, s, keys, true)
}

// ListProducts implements port.Catalog: newest first.
func (s *Store) ListProducts(ctx context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.ProductItem], error) {
	l := list{name: "products", space: w, index: indexG1, sources: []source{{pk: in(w, "prod")}}}
	return viewPage[port.ProductItem](ctx, s, l, p)
}

func productItem(p commerce.Product) port.ProductItem {
	it := port.ProductItem{ID: p.ID, Title: p.Title, Handle: p.Handle, Variants: len(p.Variants), Archived: p.Archived, UpdatedAt: p.UpdatedAt}
	if len(p.Images) > 0 {
		it.Image = p.Images[0].URL
	}
	for i, v := range p.Variants {
		if i == 0 {
			it.SKU = v.SKU
		}
		if i == 0 || (v.Price.Currency == it.Price.Currency && v.Price.Amount < it.Price.Amount) {
			it.Price = v.Price
		}
	}
	return it
}

// PutProduct implements port.Catalog. What does not fit into one transaction
// (a product of 100 variants or more at its creation) claims its SKUs first;
// see claimAhead.
func (s *Store) PutProduct(ctx context.Context, w commerce.WorkspaceID, p port.ProductWrite) (commerce.Product, error) {
	next := p.Product
	next.Version++
	core, err := productOps(w, p, next)
	if err != nil {
		return p.Product, err
	}
	skus, err := s.skuWrite(w, p)
	if err != nil {
		return p.Product, err
	}
	if len(core)+len(skus.claims)+len(skus.frees) <= transactionMax {
		err = s.putWithClaims(ctx, skus, core)
	} else {
		err = s.putClaimedAhead(ctx, skus, core)
	}
	if err != nil {
		return p.Product, err
	}
	return next, nil
}

// productOps is everything of a product write but its SKUs.
func productOps(w commerce.WorkspaceID, p port.ProductWrite, next commerce.Product) ([]op, error) {
	r := row{key: productKey(w, next.ID), entity: "product", version: next.Version, record: next, view: productItem(next),
		g1: productEntry(w, next.CreatedAt, next.ID)}
	ops := []op{put(r).ifVersion(p.Product.Version, moved("product", string(next.ID)))}
	if p.Step != nil {
		ops = append(ops, stepPut(w, *p.Step))
	}
	for _, m := range uniqueMarks(p.Marks) {
		if m.Space != w {
			return nil, fault.New(fault.Invalid, "workspace_mixed", "A product and its marks belong to one workspace.")
		}
		ops = append(ops, put(markRow(m)))
	}
	for _, l := range p.Listings {
		read := l.Version
		l.Version++
		ops = append(ops, listingPut(w, l, next.Title, read))
		for _, v := range l.Views {
			ops = append(ops, put(viewRow(w, l, v, next.Title)))
		}
	}
	return ops, nil
}

// Package catalog keeps what a seller sells: edits by hand, and imports of
// whole files. Every edit stores the product together with the marks that bring
// it to the marketplaces.
package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Limits of a product. A variant takes a claim row and a place in the item of
// 400 KB; 300 is the most any of the marketplaces takes (TikTok Shop, 2025-12).
const (
	MaxVariants    = 300
	MaxImages      = 50
	MaxTitle       = 1000
	MaxDescription = 30_000
	MaxSKU         = 100
	maxHandle      = 255
	maxTags        = 50
	maxOptions     = 3
)

// Store is what this room needs of storage.
type Store interface {
	port.Catalog
	Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error)
	ListTargets(ctx context.Context, w commerce.WorkspaceID) ([]port.Target, error)
}

// Stock opens and counts levels; stock.Keeper is one.
type Stock interface {
	State(ctx context.Context, w commerce.WorkspaceID, s Stated) error
}

// Stated is what an import or an edit says about the stock of a variant.
type Stated struct {
	Product  commerce.ProductID
	Variant  commerce.Variant
	Quantity int64
	Import   commerce.JobID
}

// Marker says which marks an edit needs; publish.Marker is one.
type Marker interface {
	Edited(w commerce.WorkspaceID, targets []port.Target, old, next commerce.Product) []port.Mark
	All(w commerce.WorkspaceID, t commerce.TargetID, p commerce.ProductID) []port.Mark
}

// Editor changes products. Safe for concurrent use.
type Editor struct {
	Store Store
	Stock Stock
	Marks Marker
	// NewListing is a product's listing on a target before anything was sent.
	NewListing func(t port.Target, p commerce.Product, now time.Time) commerce.Listing
	Now        func() time.Time
	NewID      func() string
}

// ProductIDOf is the id of a product: the same for the same handle, so that
// creating it twice meets itself.
func ProductIDOf(w commerce.WorkspaceID, handle string) commerce.ProductID {
	return commerce.ProductID(commerce.Derive("prd", string(w), handle))
}

// VariantIDOf is the id of a variant: the same for the same product and option
// values, so that a renamed SKU is the same variant.
func VariantIDOf(p commerce.ProductID, options map[string]string) commerce.VariantID {
	names := make([]string, 0, len(options))
	for name := range options {
		names = append(names, name)
	}
	slices.Sort(names)
	parts := []string{string(p)}
	for _, name := range names {
		parts = append(parts, name, options[name])
	}
	return commerce.VariantID(commerce.Derive("var", parts...))
}

// Create adds a product. A handle that is taken is a Conflict.
func (e *Editor) Create(ctx context.Context, w commerce.WorkspaceID, p commerce.Product) (commerce.Product, error) {
	if p.Handle == "" {
		p.Handle = Handle(p.Title)
		if p.Handle == "" {
			p.Handle = "product-" + strings.ToLower(e.NewID())
		}
	}
	p.ID, p.Version = ProductIDOf(w, p.Handle), 0
	if _, err := e.Store.Product(ctx, w, p.ID); err == nil {
		return p, &fault.Error{Kind: fault.Conflict, Code: "handle_taken", Field: "handle", Message: fmt.Sprintf("There is a product with the handle %q already.", p.Handle)}
	} else if !fault.Is(err, fault.NotFound) {
		return p, err
	}
	if err := e.prepare(w, commerce.Product{}, &p); err != nil {
		return p, err
	}
	return e.put(ctx, w, commerce.Product{}, p, statedBy(p), nil)
}

// statedBy are the quantities an edit by hand gives.
func statedBy(p commerce.Product) map[commerce.VariantID]int64 {
	stated := map[commerce.VariantID]int64{}
	for _, v := range p.Variants {
		if v.Stated != nil {
			stated[v.ID] = *v.Stated
		}
	}
	return stated
}

// Replace edits a product over p.Version. A variant whose Stated differs from
// what is stored moves its level by the difference.
func (e *Editor) Replace(ctx context.Context, w commerce.WorkspaceID, p commerce.Product) (commerce.Product, error) {
	old, err := e.Store.Product(ctx, w, p.ID)
	if err != nil {
		return old, err
	}
	if old.Version != p.Version {
		return old, fault.New(fault.Conflict, "product_moved", "Somebody changed this product meanwhile. Look at it again.")
	}
	p.Handle, p.CreatedAt = old.Handle, old.CreatedAt
	if err := e.prepare(w, old, &p); err != nil {
		return p, err
	}
	return e.put(ctx, w, old, p, statedBy(p), nil)
}

// Remove takes a product off sale everywhere and archives it. Its orders and
// its stock stay.
func (e *Editor) Remove(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID, version int64) error {
	old, err := e.Store.Product(ctx, w, id)
	if err != nil {
		return err
	}
	if old.Version != version {
		return fault.New(fault.Conflict, "product_moved", "Somebody changed this product meanwhile. Look at it again.")
	}
	if old.Archived {
		return nil
	}
	p := old
	p.Archived = true
	_, err = e.put(ctx, w, old, p, nil, nil)
	return err
}

// put stores a product with claims, marks and new listings, and the step of an
// import it belongs to. stated are the quantities of an import, by variant.
func (e *Editor) put(ctx context.Context, w commerce.WorkspaceID, old, p commerce.Product, stated map[commerce.VariantID]int64, step *port.JobStep) (commerce.Product, error) {
	if err := e.prepare(w, old, &p); err != nil {
		return p, err
	}
	claims, frees := skuChanges(old, p)
	if err := e.free(ctx, w, p, claims); err != nil {
		return p, err
	}
	job := commerce.JobID(commerce.Derive("edit", string(p.ID), strconv.FormatInt(old.Version, 10)))
	if step != nil {
		job = step.Job
	}
	if err := e.state(ctx, w, old, &p, stated, job); err != nil {
		return p, err
	}
	targets, err := e.Store.ListTargets(ctx, w)
	if err != nil {
		return p, fmt.Errorf("targets of %s: %w", w, err)
	}
	write := port.ProductWrite{Product: p, Claims: claims, Frees: frees, Marks: e.Marks.Edited(w, targets, old, p), Step: step}
	if old.Version == 0 {
		for _, t := range targets {
			if len(t.Accounts) > 0 {
				write.Listings = append(write.Listings, e.NewListing(t, p, e.Now()))
			}
		}
	}
	put, err := e.Store.PutProduct(ctx, w, write)
	if err != nil {
		return p, fmt.Errorf("put product %s: %w", p.Handle, err)
	}
	return put, nil
}

// state brings the levels to what is stated, before the product is stored: who
// sees a variant finds its level. Stating it again changes nothing.
func (e *Editor) state(ctx context.Context, w commerce.WorkspaceID, old commerce.Product, p *commerce.Product, stated map[commerce.VariantID]int64, job commerce.JobID) error {
	p.Variants = slices.Clone(p.Variants)
	for i, v := range p.Variants {
		quantity, known := stated[v.ID]
		had, existed := old.Variant(v.ID)
		p.Variants[i].Stated = had.Stated
		if known {
			p.Variants[i].Stated = &quantity
		}
		if !known && existed {
			continue
		}
		v.Stated = had.Stated
		if err := e.Stock.State(ctx, w, Stated{Product: p.ID, Variant: v, Quantity: quantity, Import: job}); err != nil {
			return err
		}
	}
	return nil
}

// free finds SKUs that belong to another product before anything is done.
func (e *Editor) free(ctx context.Context, w commerce.WorkspaceID, p commerce.Product, claims []commerce.SKU) error {
	for _, sku := range claims {
		ref, err := e.Store.ProductBySKU(ctx, w, sku)
		if fault.Is(err, fault.NotFound) || (err == nil && ref.Product == p.ID) {
			continue
		}
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.Variants, func(v commerce.Variant) bool { return v.SKU == sku })
		return &fault.Error{Kind: fault.Conflict, Code: "sku_taken", Field: fmt.Sprintf("variants[%d].sku", i), Message: fmt.Sprintf("The SKU %q belongs to another product.", sku)}
	}
	return nil
}

// skuChanges are the SKUs that enter and leave a product, or go from one of its
// variants to another: then the claim has to name the new one.
func skuChanges(old, next commerce.Product) (claims, frees []commerce.SKU) {
	had := make(map[commerce.SKU]commerce.VariantID, len(old.Variants))
	for _, v := range old.Variants {
		had[v.SKU] = v.ID
	}
	has := make(map[commerce.SKU]bool, len(next.Variants))
	for _, v := range next.Variants {
		has[v.SKU] = true
		if had[v.SKU] != v.ID {
			claims = append(claims, v.SKU)
		}
	}
	for _, v := range old.Variants {
		if !has[v.SKU] {
			frees = append(frees, v.SKU)
		}
	}
	return claims, frees
}

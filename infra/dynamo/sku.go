package dynamo

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// claimLife is how long a claim made ahead of its product holds without
	// the product listing the SKU.
	claimLife = 10 * time.Minute
	// aheadMax is how long after its first claim a product may be stored: well
	// before another may take the claim over.
	aheadMax = 5 * time.Minute

	attrProduct = "prod"  // of a claim
	attrAt      = "at"    // unix seconds of the claim
	attrAhead   = "ahead" // 1: claimed or given up beside its product's write: look there
)

// skuRow is a claim as stored.
func skuRow(w commerce.WorkspaceID, sku commerce.SKU, ref port.SKURef, at time.Time, ahead int64) row {
	return row{key: skuKey(w, sku), entity: "sku", record: ref,
		extra: item{attrProduct: text(string(ref.Product)), attrAt: number(at.Unix()), attrAhead: number(ahead)}}
}

func taken(sku commerce.SKU) error {
	return &fault.Error{Kind: fault.Conflict, Code: "sku_taken", Field: "sku",
		Message: "The SKU " + string(sku) + " belongs to another product; SKUs are unique."}
}

// ProductBySKU implements port.Catalog. A claim made ahead counts only when
// its product has the SKU.
func (s *Store) ProductBySKU(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (port.SKURef, error) {
	it, err := s.get(ctx, skuKey(w, sku))
	if err != nil {
		return port.SKURef{}, err
	}
	if it == nil {
		return port.SKURef{}, missing("product", "with the SKU "+string(sku))
	}
	ref, err := decode[port.SKURef](it)
	if err != nil || numberOf(it, attrAhead) == 0 {
		return ref, err
	}
	listed, err := s.lists(ctx, w, ref.Product, sku)
	if err == nil && !listed {
		err = missing("product", "with the SKU "+string(sku))
	}
	if err != nil {
		return port.SKURef{}, err
	}
	return ref, nil
}

// lists says whether a product has a SKU.
func (s *Store) lists(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID, sku commerce.SKU) (bool, error) {
	p, err := s.Product(ctx, w, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return slices.ContainsFunc(p.Variants, func(v commerce.Variant) bool { return v.SKU == sku }), err
}

// skuWrite is the SKUs of one product write.
type skuWrite struct {
	space   commerce.WorkspaceID
	product commerce.ProductID
	claims  []skuClaim
	frees   []commerce.SKU
}

type skuClaim struct {
	sku commerce.SKU
	ref port.SKURef
	// stale is when another product made a claim that has lapsed; -1 is none.
	stale int64
	from  commerce.ProductID
}

func (s *Store) skuWrite(w commerce.WorkspaceID, p port.ProductWrite) (skuWrite, error) {
	out := skuWrite{space: w, product: p.Product.ID}
	variant := make(map[commerce.SKU]commerce.VariantID, len(p.Product.Variants))
	for _, v := range p.Product.Variants {
		variant[v.SKU] = v.ID
	}
	claimed := map[commerce.SKU]bool{}
	for _, sku := range p.Claims {
		id, ok := variant[sku]
		if !ok {
			return out, invalidField("sku", "sku_unknown", "The SKU %s is claimed for a product that has no such variant.", sku)
		}
		if !claimed[sku] {
			claimed[sku] = true
			out.claims = append(out.claims, skuClaim{sku: sku, ref: port.SKURef{Product: p.Product.ID, Variant: id}, stale: -1})
		}
	}
	for _, sku := range p.Frees {
		if !claimed[sku] {
			claimed[sku] = true
			out.frees = append(out.frees, sku)
		}
	}
	return out, nil
}

// claimOp writes a claim where there is none, where it is the product's own,
// or over exactly the lapsed one that was found.
func (u skuWrite) claimOp(c skuClaim, now time.Time, ahead int64) op {
	o := put(skuRow(u.space, c.sku, c.ref, now, ahead)).name("#prod", attrProduct)
	if c.stale >= 0 {
		return o.when("#prod = :from AND #at = :at", taken(c.sku)).name("#at", attrAt).
			value(":from", text(string(c.from))).value(":at", number(c.stale))
	}
	return o.when("attribute_not_exists(#pk) OR #prod = :prod", taken(c.sku)).name("#pk", attrPK).value(":prod", text(string(u.product)))
}

func (u skuWrite) freeOp(sku commerce.SKU) op {
	return remove(skuKey(u.space, sku)).when("attribute_not_exists(#pk) OR #prod = :prod", nil).
		name("#pk", attrPK).name("#prod", attrProduct).value(":prod", text(string(u.product))).orElse()
}

// doubtOp lets a claim count only as long as the product lists the SKU.
func (u skuWrite) doubtOp(sku commerce.SKU) op {
	return change(skuKey(u.space, sku), "SET #ahead = :ahead").name("#ahead", attrAhead).value(":ahead", number(1)).
		when("#prod = :prod", nil).name("#prod", attrProduct).value(":prod", text(string(u.product))).orElse()
}

// putWithClaims stores a product and its SKUs in one transaction; once more
// when a claim in the way has lapsed.
func (s *Store) putWithClaims(ctx context.Context, u skuWrite, core []op) error {
	for again := false; ; again = true {
		ops := slices.Clone(core)
		for _, c := range u.claims {
			ops = append(ops, u.claimOp(c, s.now(), 0))
		}
		for _, sku := range u.frees {
			ops = append(ops, u.freeOp(sku))
		}
		err := s.write(ctx, ops...)
		if again || fault.Of(err) == nil || fault.Of(err).Code != "sku_taken" {
			return err
		}
		if lapsed := s.markLapsed(ctx, u); lapsed != nil {
			return lapsed
		}
	}
}

// markLapsed looks at the claims of others that are in the way: one that
// stands is the error, lapsed ones are noted for the next attempt.
func (s *Store) markLapsed(ctx context.Context, u skuWrite) error {
	return each(ctx, numbers(len(u.claims)), func(ctx context.Context, i int) error {
		c := &u.claims[i]
		it, err := s.get(ctx, skuKey(u.space, c.sku))
		if err != nil || it == nil || textOf(it, attrProduct) == string(u.product) {
			return err
		}
		return s.lapsed(ctx, u.space, it, c)
	})
}

func (s *Store) lapsed(ctx context.Context, w commerce.WorkspaceID, it item, c *skuClaim) error {
	at, holder := numberOf(it, attrAt), commerce.ProductID(textOf(it, attrProduct))
	if numberOf(it, attrAhead) == 0 || s.now().Before(time.Unix(at, 0).Add(claimLife)) {
		return taken(c.sku)
	}
	listed, err := s.lists(ctx, w, holder, c.sku)
	if err != nil {
		return err
	}
	if listed {
		return taken(c.sku)
	}
	c.stale, c.from = at, holder
	return nil
}

// putClaimedAhead stores a product with more SKUs than a transaction holds:
// first the claims, one by one, then the product, then the SKUs it gives up
// go. A crash in between leaves claims that lapse after claimLife; a refusal
// takes back what this write had claimed.
func (s *Store) putClaimedAhead(ctx context.Context, u skuWrite, core []op) error {
	if len(core) > transactionMax {
		return fault.New(fault.TooLarge, "write_too_large", "One change touches %d records beside SKUs; at most %d can be stored together.", len(core), transactionMax)
	}
	began := s.now()
	fresh := make([]bool, len(u.claims))
	err := each(ctx, numbers(len(u.claims)), func(ctx context.Context, i int) (err error) {
		fresh[i], err = s.claimAhead(ctx, u, &u.claims[i], began)
		return err
	})
	if err == nil {
		err = each(ctx, u.frees, func(ctx context.Context, sku commerce.SKU) error {
			return s.write(ctx, u.doubtOp(sku))
		})
	}
	if err == nil && s.now().Sub(began) > aheadMax {
		err = fault.New(fault.Temporary, "storage_late", "Claiming the SKUs took too long; try again.")
	}
	if err == nil {
		err = s.write(ctx, core...)
	}
	if err != nil {
		return errors.Join(err, s.unclaim(context.WithoutCancel(ctx), u, fresh, err))
	}
	return each(ctx, u.frees, func(ctx context.Context, sku commerce.SKU) error {
		return s.write(ctx, u.freeOp(sku))
	})
}

// claimAhead claims one SKU and says whether it was not the product's before.
func (s *Store) claimAhead(ctx context.Context, u skuWrite, c *skuClaim, now time.Time) (fresh bool, err error) {
	old, err := s.single(ctx, u.claimOp(*c, now, 1), true)
	if fault.Of(err) != nil && fault.Of(err).Code == "sku_taken" && old != nil {
		if err = s.lapsed(ctx, u.space, old, c); err == nil {
			old, err = s.single(ctx, u.claimOp(*c, now, 1), true)
		}
	}
	return err == nil && textOf(old, attrProduct) != string(u.product), err
}

// unclaim takes fresh claims back after a refusal. After anything else the
// product may be stored, and the claims are left to count or to lapse.
func (s *Store) unclaim(ctx context.Context, u skuWrite, fresh []bool, cause error) error {
	if !fault.Is(cause, fault.Conflict) && !fault.Is(cause, fault.Invalid) && !fault.Is(cause, fault.TooLarge) {
		return nil
	}
	return each(ctx, numbers(len(u.claims)), func(ctx context.Context, i int) error {
		if !fresh[i] {
			return nil
		}
		return s.write(ctx, u.freeOp(u.claims[i].sku))
	})
}

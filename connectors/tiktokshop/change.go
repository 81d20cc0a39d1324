package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	waitsForReview = "TikTok is reviewing the product: stock and price follow right after."
	waitsWithout   = "TikTok takes no quantity of zero in this shop. The product is off sale until it is reviewed without the variants that are sold out; they come back with their stock."
	maxLooks       = 3
)

// change brings a product that is at TikTok up to date. What may be done
// depends on its state there; when TikTok says that the state is another than
// we thought, it is read and thought over again.
func (j *job) change(ctx context.Context) channel.Result {
	if s := j.m[keyStatus]; s == "" || s == statusPending {
		if err := j.look(ctx); err != nil {
			return j.lost(ctx, err)
		}
	}
	for range maxLooks {
		r, err := j.step(ctx)
		if err == nil {
			return r
		}
		if f := fault.Of(err); f.Code != api.CodeWrongState {
			return j.lost(ctx, err)
		}
		if err := j.look(ctx); err != nil {
			return j.lost(ctx, err)
		}
	}
	return j.failed(fault.New(fault.Temporary, api.CodeWrongState, "The product changes its state at TikTok just now."))
}

// look reads how the product stands. One that is frozen or deleted can't be
// read by its id, only found.
func (j *job) look(ctx context.Context) error {
	p, err := j.api.Product(ctx, string(j.ch.Listing.Remote))
	if f := fault.Of(err); f != nil && f.Code == api.CodeWrongState {
		found, err := j.search(ctx, []commerce.Listing{j.ch.Listing})
		if err != nil {
			return err
		}
		if p = found[j.ch.Listing.Remote]; p.ID == "" {
			p = api.Product{Status: statusFrozen}
		}
		j.observe(p)
		return nil
	}
	if err == nil {
		j.observe(p)
	}
	return err
}

// lost handles what a step could not do; a product that is gone is not listed
// anew unless someone asks for all of it.
func (j *job) lost(ctx context.Context, err error) channel.Result {
	if f := fault.Of(err); f.Code != api.CodeGone {
		return j.failed(err)
	}
	if j.ch.Wanted[commerce.TikTok] && j.all() {
		maps.DeleteFunc(j.m, func(key, _ string) bool {
			return !strings.HasPrefix(key, keyImage) && !strings.HasPrefix(key, keyPaper)
		})
		return j.create(ctx)
	}
	j.m[keyStatus] = statusDeleted
	return j.result(channel.Done)
}

// all says that everything is to be written, as when a person asks for it
// again.
func (j *job) all() bool { return len(j.ch.Groups) == len(commerce.Groups()) }

// step does what the product's state allows. An error of code CodeWrongState
// means that the state is another.
func (j *job) step(ctx context.Context) (channel.Result, error) {
	status := j.m[keyStatus]
	switch {
	case status == statusDeleted:
		return channel.Result{}, fault.New(fault.NotFound, api.CodeGone, "The product was deleted at TikTok.")
	case !j.ch.Wanted[commerce.TikTok]:
		return j.takeOff(ctx)
	case status == statusFrozen:
		return j.failed(fault.New(fault.Rejected, "frozen", "TikTok has frozen this product for a breach of its policies. Appeal in Seller Center.")), nil
	case status == statusOff:
		return j.resume(ctx)
	case status == statusActive:
		return j.onSale(ctx)
	case status == statusPending:
		return j.inReview(ctx)
	}
	return j.unsold(ctx)
}

// onSale writes stock and prices at once and lets the rest be reviewed.
func (j *job) onSale(ctx context.Context) (channel.Result, error) {
	steps := []struct {
		groups []commerce.Group
		do     func(context.Context) error
	}{
		{[]commerce.Group{commerce.GroupStock}, j.stockOnSale},
		{[]commerce.Group{commerce.GroupPrice}, j.writePrices},
		{[]commerce.Group{commerce.GroupText, commerce.GroupImages}, func(ctx context.Context) error { return j.edit(ctx, false) }},
	}
	for _, s := range steps {
		var due []commerce.Group
		for _, g := range s.groups {
			if j.ch.Has(g) && !slices.Contains(j.done, g) {
				due = append(due, g)
			}
		}
		if len(due) == 0 {
			continue
		}
		if short(ctx) {
			return j.result(channel.More), nil
		}
		before := len(j.problems)
		if err := s.do(ctx); err != nil {
			f := fault.Of(err)
			if f.Kind != fault.Rejected {
				return channel.Result{}, err
			}
			j.problems = append(j.problems, problemsOf(f)...)
		}
		if len(j.problems) == before {
			j.done = append(j.done, due...)
		}
	}
	return j.finished(), nil
}

// stockOnSale also lists variants that TikTok did not take while there was
// nothing of them.
func (j *job) stockOnSale(ctx context.Context) error {
	if err := j.writeStock(ctx); err != nil {
		return err
	}
	for _, v := range j.product.Variants {
		if j.item(v.ID) == "" && j.ch.Stock[v.ID] > 0 && j.m[keyStatus] == statusActive {
			return j.edit(ctx, false)
		}
	}
	return nil
}

func (j *job) finished() channel.Result {
	if len(j.problems) > 0 {
		return j.result(channel.Refused)
	}
	return j.result(channel.Done)
}

// inReview edits texts and pictures, which starts the review anew; stock and
// prices can be written only once the product is on sale.
func (j *job) inReview(ctx context.Context) (channel.Result, error) {
	if j.ch.Has(commerce.GroupText) || j.ch.Has(commerce.GroupImages) {
		err := j.edit(ctx, false)
		if errors.Is(err, errSoldOut) {
			return j.later(j.reviewWait(), waitsForReview), nil
		}
		if err != nil {
			return channel.Result{}, err
		}
		j.doneWith(commerce.GroupText, commerce.GroupImages)
	}
	if j.ch.Has(commerce.GroupStock) || j.ch.Has(commerce.GroupPrice) {
		return j.later(j.reviewWait(), waitsForReview), nil
	}
	return j.finished(), nil
}

func (j *job) doneWith(groups ...commerce.Group) {
	for _, g := range groups {
		if j.ch.Has(g) {
			j.done = append(j.done, g)
		}
	}
}

// unsold edits a draft or a product that failed its review. Stock and prices
// alone are of no use there: they go with the next edit.
func (j *job) unsold(ctx context.Context) (channel.Result, error) {
	content := j.ch.Has(commerce.GroupText) || j.ch.Has(commerce.GroupImages)
	if !content && j.m[keyStatus] != statusDraft {
		return j.finished(), nil
	}
	if err := j.edit(ctx, true); err != nil && !errors.Is(err, errSoldOut) {
		return channel.Result{}, err
	}
	return j.finished(), nil
}

// takeOff takes a product off sale without deleting it: deleting would wipe its
// purchase history from TikTok's reports.
func (j *job) takeOff(ctx context.Context) (channel.Result, error) {
	switch j.m[keyStatus] {
	case statusPending:
		return j.later(j.reviewWait(), "TikTok is reviewing the product: it is taken off sale right after."), nil
	case statusActive:
		if err := j.switchOff(ctx, offUnwanted); err != nil {
			return channel.Result{}, err
		}
	case statusOff:
		if j.m[keyOff] != "" {
			j.m[keyOff] = offUnwanted
		}
	}
	return j.result(channel.Done), nil
}

// switchOff takes a product off sale. Why is stored before: after a crash it
// would look like the seller's wish.
func (j *job) switchOff(ctx context.Context, why string) error {
	j.m[keyOff] = why
	if err := j.save.Created(ctx, channel.Result{Listing: j.ch.Listing.ID, Extra: j.m}); err != nil {
		return fmt.Errorf("store why product %s is taken off sale: %w", j.ch.Listing.Remote, err)
	}
	parts, err := j.api.Deactivate(ctx, string(j.ch.Listing.Remote))
	if err := partly("DeactivateProducts", parts, err, j); err != nil {
		return err
	}
	j.m[keyStatus], j.m[keyAudit], j.m[keyOff] = statusOff, "", why
	return nil
}

// partly makes the first refused part of a call its error.
func partly(op string, parts []api.PartError, err error, j *job) error {
	if err != nil || len(parts) == 0 {
		return err
	}
	return api.Part(api.Context{Op: op, Repeatable: true}, parts[0], j.env.Now())
}

// resume puts a product on sale again that we took off, or that someone asks
// for. What the seller switched off at TikTok stays off.
func (j *job) resume(ctx context.Context) (channel.Result, error) {
	if j.m[keyOff] == "" && !j.all() {
		return j.finished(), nil
	}
	if (j.m[keyOff] == offZero || j.m[keyOff] == offPart) && j.total() == 0 {
		j.m[keyOff] = offZero
		return j.finished(), nil // the next edit brings what else has changed
	}
	// Fresh quantities go first, so that nothing is sold that is not there.
	err := j.edit(ctx, true)
	if errors.Is(err, errSoldOut) {
		j.m[keyOff] = offZero
		return j.finished(), nil
	}
	if err != nil {
		return channel.Result{}, err
	}
	if err := j.look(ctx); err != nil {
		return channel.Result{}, err
	}
	if j.m[keyStatus] == statusOff {
		parts, err := j.api.Activate(ctx, string(j.ch.Listing.Remote))
		if err := partly("ActivateProduct", parts, err, j); err != nil {
			return channel.Result{}, err
		}
		j.m[keyStatus], j.m[keyAudit] = statusPending, auditRunning
	}
	delete(j.m, keyOff)
	return j.finished(), nil
}

func (j *job) total() int64 {
	sum := int64(0)
	for _, v := range j.product.Variants {
		sum += max(0, j.ch.Stock[v.ID])
	}
	return sum
}

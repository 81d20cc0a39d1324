package etsy

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// callDraft is the kind of the one call that creates a listing.
const callDraft = "create_draft"

// create makes the draft. Etsy has no idempotency keys: the call is stored
// before it goes out, with what it takes to find its draft again.
func (w *work) create(ctx context.Context) (api.Listing, error) {
	fields, err := w.draft(ctx)
	if err != nil {
		return api.Listing{}, err
	}
	intent := map[string]string{"title": strings.TrimSpace(w.p.Title), "since": strconv.FormatInt(w.env.Now().Unix(), 10), "price": lowest(w.p).Decimal()}
	if w.replaces != "" {
		intent["replaces"] = string(w.replaces)
	}
	call := channel.Call{
		ID: w.env.NewID(), Kind: callDraft, Listings: []commerce.ListingID{w.change.Listing.ID}, Key: w.change.Key, Intent: intent,
	}
	if err := w.save.Begin(ctx, call); err != nil {
		return api.Listing{}, fmt.Errorf("store intent to create %q: %w", w.change.Listing.ID, err)
	}
	l, err := w.api.CreateDraft(ctx, fields)
	if err != nil {
		return l, w.notCreated(ctx, call.ID, err)
	}
	w.id, w.fresh = l.ID, true
	if err := w.remember(ctx); err != nil {
		return l, err
	}
	if err := w.save.End(ctx, call.ID); err != nil {
		return l, fmt.Errorf("end call %s: %w", call.ID, err)
	}
	return l, nil
}

// notCreated forgets the call unless its draft may exist.
func (w *work) notCreated(ctx context.Context, call string, cause error) error {
	cause = fmt.Errorf("create draft of %s: %w", w.change.Listing.ID, cause)
	if fault.Is(cause, fault.Unknown) {
		w.open = call
		return cause
	}
	if err := w.save.End(context.WithoutCancel(ctx), call); err != nil {
		return fmt.Errorf("end call %s after %w: %w", call, cause, err)
	}
	return cause
}

// draft is the form of the draft, with the shop's profiles where the account
// names none. A shop without a profile can still have drafts.
func (w *work) draft(ctx context.Context) (map[string][]string, error) {
	_, taxonomy, err := w.category(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.lookUp(ctx); err != nil {
		return nil, err
	}
	d := w.change.Defaults
	f := draftOf(w.p, w.change.Stock, fieldsOf(w.p, d, taxonomy, w.env.Now()))
	for _, need := range []struct {
		name string
		find func(context.Context) (int64, error)
	}{{"shipping_profile_id", w.shipping}, {"return_policy_id", w.returns}, {"readiness_state_id", w.profile}} {
		if f.Has(need.name) {
			continue
		}
		id, err := need.find(ctx)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, fmt.Errorf("find a %s: %w", need.name, err)
		}
		if id != 0 {
			f.Set(need.name, strconv.FormatInt(id, 10))
		}
	}
	return f, w.publishable(f)
}

// publishable spares a draft that could not go live for want of a profile. A
// shop in the EU needs no return policy, so Etsy decides about that.
func (w *work) publishable(f map[string][]string) error {
	if w.change.Defaults.Publish != "live" {
		return nil
	}
	for _, need := range []struct{ field, rule, name string }{
		{"shipping_profile_id", "shipping_profile", "shipping profile"}, {"readiness_state_id", "processing_profile", "processing profile"},
	} {
		if len(f[need.field]) == 0 {
			return fault.Refused(fault.Invalid, commerce.Problem{
				Channel: commerce.Etsy, Rule: need.rule, Field: "defaults." + need.rule, Allowed: "a " + need.name + " of the shop",
				Fix: "Create a " + need.name + " in the shop's settings on Etsy.",
			})
		}
	}
	return nil
}

// When a lost draft is looked for: soon, and again once Etsy's lists can be
// trusted to show it.
const (
	lookFirst = 2 * time.Second
	lookLast  = 15 * time.Second
	// draftSkew is how far Etsy's clock may be behind ours.
	draftSkew = 2 * time.Minute
	// draftPages is how many pages of drafts are looked through.
	draftPages = 20
)

// Settle implements channel.ListingWriter: it looks for drafts whose answer was
// lost. What is found is answered with More, since the rest is still to be
// done; so is what did not happen.
func (c *Connector) Settle(ctx context.Context, calls []channel.OpenCall, save channel.Saver) ([]channel.Result, error) {
	drafts, err := c.recentDrafts(ctx, calls)
	if err != nil {
		return nil, fmt.Errorf("look for drafts: %w", err)
	}
	taken := map[int64]bool{}
	var results []channel.Result
	for _, call := range calls {
		for _, change := range call.Changes {
			r, err := c.settle(ctx, call, change, drafts, taken, save)
			if err != nil {
				return nil, err
			}
			results = append(results, r)
		}
	}
	return results, nil
}

// recentDrafts reads the drafts that open calls may have made, newest first.
func (c *Connector) recentDrafts(ctx context.Context, calls []channel.OpenCall) ([]api.Listing, error) {
	oldest, need := c.env.Now().Unix(), false
	for _, call := range calls {
		if call.Kind != callDraft {
			continue
		}
		need = true
		oldest = min(oldest, sinceOf(call))
	}
	var all []api.Listing
	for page := range draftPages {
		if !need {
			break
		}
		drafts, err := c.api.Drafts(ctx, page*api.PageLimit)
		if err != nil {
			return nil, err
		}
		all = append(all, drafts...)
		// The order is documented for searches only: an old draft on a page is
		// no proof that the next page has none that are new.
		need = len(drafts) == api.PageLimit
	}
	return newer(all, oldest), nil
}

func newer(all []api.Listing, since int64) []api.Listing {
	var kept []api.Listing
	for _, l := range all {
		if l.Created >= since {
			kept = append(kept, l)
		}
	}
	return kept
}

func sinceOf(call channel.OpenCall) int64 {
	since, err := strconv.ParseInt(call.Intent["since"], 10, 64)
	if err != nil {
		since = call.BeganAt.Unix()
	}
	return since - int64(draftSkew/time.Second)
}

func (c *Connector) settle(ctx context.Context, call channel.OpenCall, change channel.Change, drafts []api.Listing, taken map[int64]bool, save channel.Saver) (channel.Result, error) {
	r := channel.Result{Listing: change.Listing.ID, Outcome: channel.More, Remote: change.Listing.Remote}
	stored := r.Remote != "" && string(r.Remote) != call.Intent["replaces"]
	if stored || call.Kind != callDraft {
		return r, nil // before the crash
	}
	found := int64(0)
	for _, l := range drafts {
		if !taken[l.ID] && l.Created >= sinceOf(call) && isDraftOf(l, call, change) {
			found = l.ID // the oldest one: later ones can't be the first attempt
		}
	}
	if found == 0 {
		if at := call.BeganAt.Add(lookLast); c.env.Now().Before(at) {
			r.Outcome, r.Call, r.CheckAt = channel.Pending, call.ID, at
		}
		return r, nil
	}
	taken[found] = true
	r.Remote, r.Extra = remote(found), memo{}.extra() // nothing is known of it
	if err := save.Created(ctx, r); err != nil {
		return r, fmt.Errorf("store found draft %d: %w", found, err)
	}
	return r, nil
}

// isDraftOf compares what a draft has before its inventory is written: title,
// lowest price, and no SKU but ours.
func isDraftOf(l api.Listing, call channel.OpenCall, change channel.Change) bool {
	if !alike("title", call.Intent["title"], l.Title) {
		return false
	}
	if price := call.Intent["price"]; price != "" && moneyOf(l.Price).Decimal() != price {
		return false
	}
	for _, sku := range l.SKUs {
		known := false
		for _, v := range change.Product.Variants {
			known = known || string(v.SKU) == sku
		}
		if !known {
			return false
		}
	}
	return true
}

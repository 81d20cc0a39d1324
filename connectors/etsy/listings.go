package etsy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// reserve is what is kept of a deadline for storing what was done.
const reserve = 3 * time.Second

// lookAgain is how long after a listing went live it is read back.
const lookAgain = time.Minute

// errSlice says that the time of a call is over.
var errSlice = errors.New("slice is over")

// short says that too little time is left for another call. A context's
// deadline is real time.
func short(ctx context.Context) bool {
	end, limited := ctx.Deadline()
	return limited && time.Until(end) < reserve
}

// Apply implements channel.ListingWriter. What Etsy shows now is read once for
// all changes; then each listing gets the calls it needs and no others.
func (c *Connector) Apply(ctx context.Context, changes []channel.Change, save channel.Saver) ([]channel.Result, error) {
	seen, err := c.seen(ctx, changes)
	if err != nil {
		return nil, fmt.Errorf("read listings before writing: %w", err)
	}
	results := make([]channel.Result, 0, len(changes))
	var stop error
	for _, change := range changes {
		switch {
		case stop != nil:
			results = append(results, channel.Result{Listing: change.Listing.ID, Outcome: channel.Failed, Err: stop})
			continue
		case short(ctx):
			results = append(results, channel.Result{Listing: change.Listing.ID, Outcome: channel.More})
			continue
		}
		result := c.apply(ctx, change, seen, save)
		if result.Outcome == channel.Failed && (fault.Is(result.Err, fault.RateLimited) || fault.Is(result.Err, fault.AuthExpired)) {
			stop = result.Err // the others would only be told the same
		}
		results = append(results, result)
	}
	return results, nil
}

// seen reads the listings of changes that exist, with their inventories.
func (c *Connector) seen(ctx context.Context, changes []channel.Change) (map[int64]api.Listing, error) {
	var ids []int64
	lane := port.LaneImages
	for _, change := range changes {
		if id := numeric(change.Listing.Remote); id != 0 {
			ids = append(ids, id)
		}
		lane = min(lane, laneOf(change))
	}
	return c.inventories(ctx, c.in(lane), ids)
}

// laneOf is the lane of the most urgent group. Bringing something new is less
// urgent than keeping in step what is on sale.
func laneOf(change channel.Change) port.Lane {
	if change.Listing.Remote == "" {
		return port.LaneText
	}
	lane := port.LaneImages
	for _, g := range change.Groups {
		lane = min(lane, port.LaneOf(g))
	}
	return lane
}

// apply makes one listing match. After a conflict with what Etsy has now it is
// read again and tried once more.
func (c *Connector) apply(ctx context.Context, change channel.Change, seen map[int64]api.Listing, save channel.Saver) channel.Result {
	w := c.work(change, save)
	err := w.run(ctx, seen)
	if fault.Is(err, fault.Conflict) && w.id != 0 {
		fresh, again := c.inventories(ctx, w.api, []int64{w.id})
		if again != nil {
			return w.result(again)
		}
		w.fresh = false
		if err = w.run(ctx, fresh); fault.Is(err, fault.Conflict) {
			f := *fault.Of(err)
			f.Kind = fault.Rejected // it will not get better by itself
			err = &f
		}
	}
	return w.result(err)
}

// work is one listing on its way.
type work struct {
	*Connector
	api    *api.Client
	change channel.Change
	save   channel.Saver
	p      commerce.Product // as it is to appear on Etsy
	memo   memo
	id     int64 // 0: not created yet
	fresh  bool  // created just now: nothing of it has to be read
	about  about
	// replaces is the listing in whose place one is created that was deleted
	// on Etsy; empty mostly.
	replaces commerce.RemoteID
	view     channel.View
	items    map[commerce.VariantID]commerce.RemoteID
	done     []commerce.Group
	open     string // id of a call whose answer was lost
	// checkAt is when to look whether Etsy shows what it took over; zero mostly.
	checkAt time.Time
}

func (c *Connector) work(change channel.Change, save channel.Saver) *work {
	return &work{
		Connector: c, api: c.in(laneOf(change)), change: change, save: save,
		p: change.Product.On(commerce.Etsy), memo: memoOf(change.Listing), id: numeric(change.Listing.Remote),
	}
}

func (w *work) wanted() bool { return w.change.Wanted[commerce.Etsy] }

func (w *work) did(groups ...commerce.Group) {
	for _, g := range groups {
		if w.change.Has(g) && !slices.Contains(w.done, g) {
			w.done = append(w.done, g)
		}
	}
}

func (w *work) run(ctx context.Context, seen map[int64]api.Listing) error {
	if w.id == 0 {
		return w.begin(ctx)
	}
	l, there := seen[w.id]
	switch {
	case there:
		return w.converge(ctx, l)
	case w.wanted() && w.asked():
		w.replaces, w.id, w.memo = w.change.Listing.Remote, 0, memo{Category: w.memo.Category, Taxonomy: w.memo.Taxonomy}
		return w.begin(ctx)
	default:
		// The seller deleted it on Etsy, and does not want it back by itself.
		w.memo.Gone, w.view = true, channel.View{State: commerce.ListingEnded, Waiting: waitGone}
		return nil
	}
}

// asked says that the seller asked to have a listing once more that is not on
// Etsy: it is queued again after it was whole, or after it was found gone. One
// that was never finished may only be missing in Etsy's answers yet.
func (w *work) asked() bool {
	l := w.change.Listing
	return l.Views[commerce.Etsy].State == commerce.ListingQueued && (len(l.Items) > 0 || w.memo.Gone)
}

// begin creates a listing that is wanted, and brings it to its end.
func (w *work) begin(ctx context.Context) error {
	switch {
	case !w.wanted():
		w.view = w.kept(channel.View{State: commerce.ListingPaused})
		return nil
	case total(w.p, w.change.Stock) == 0:
		w.view = channel.View{State: commerce.ListingQueued, Waiting: waitFirst}
		return nil
	}
	if err := w.checkCurrency(); err != nil {
		return err
	}
	l, err := w.create(ctx)
	if err != nil {
		return err
	}
	return w.converge(ctx, l)
}

// checkCurrency refuses prices Etsy would take for another currency's.
func (w *work) checkCurrency() error {
	for i, v := range w.p.Variants {
		if shop := w.settings.Currency; shop != "" && v.Price.Currency != shop {
			return fault.Refused(fault.Invalid, commerce.Problem{
				Channel: commerce.Etsy, Rule: "price_currency", Field: fmt.Sprintf("variants[%d].price", i), Value: v.Price.String(), Allowed: "prices in " + shop,
				Fix: "Give the price in " + shop + ", the currency of the Etsy shop.",
			})
		}
	}
	return nil
}

// kept is a view that does not hide why a listing that is wanted is not shown.
func (w *work) kept(v channel.View) channel.View {
	old := w.change.Listing.Views[commerce.Etsy]
	if old.Wanted && len(old.Problems) > 0 {
		v.State, v.Problems = old.State, old.Problems
	}
	return v
}

// result says what became of the change.
func (w *work) result(err error) channel.Result {
	r := channel.Result{Listing: w.change.Listing.ID, Outcome: channel.Done, Done: w.done, Items: w.items, CheckAt: w.checkAt, Err: err}
	if w.id != 0 {
		r.Remote, r.Extra = remote(w.id), w.memo.extra()
	}
	f := fault.Of(err)
	switch {
	case err == nil:
		r.Done = slices.Clone(w.change.Groups)
		r.Views = map[commerce.Channel]channel.View{commerce.Etsy: w.view}
	case errors.Is(err, errSlice):
		r.Outcome, r.Err = channel.More, nil
	case w.open != "":
		r.Outcome, r.Call, r.CheckAt, r.Err = channel.Pending, w.open, w.env.Now().Add(lookFirst), nil
	case refused(err):
		r.Outcome, r.Err = channel.Refused, nil
		r.Views = map[commerce.Channel]channel.View{commerce.Etsy: {State: commerce.ListingRejected, Problems: problemsOf(f)}}
	default:
		r.Outcome = channel.Failed
	}
	return r
}

func problemsOf(f *fault.Error) []commerce.Problem {
	problems := slices.Clone(f.Problems)
	if len(problems) == 0 {
		problems = []commerce.Problem{{Rule: f.Code, Field: f.Field, Fix: f.Message}}
	}
	for i := range problems {
		problems[i].Channel = commerce.Etsy
	}
	return problems
}

// remember stores the memo at once: what it holds must survive a crash.
func (w *work) remember(ctx context.Context) error {
	r := channel.Result{Listing: w.change.Listing.ID, Remote: remote(w.id), Extra: w.memo.extra(), Items: maps.Clone(w.items)}
	if err := w.save.Created(ctx, r); err != nil {
		return fmt.Errorf("store what is known of listing %d: %w", w.id, err)
	}
	return nil
}

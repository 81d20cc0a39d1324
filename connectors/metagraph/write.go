package metagraph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// recordsMax is the most Meta takes in one call (items_batch reference,
	// 2026-09-12). It recommends fewer than 3,000, but counts calls: a call that
	// is too large for it is cut in two when it says so.
	recordsMax = 5000
	// bytesMax is the largest body, 28 MB, less room for the envelope.
	bytesMax    = 28_000_000 - 1000
	firstLook   = 2 * time.Second
	resendAfter = 15 * time.Minute
)

// Apply writes changes of the catalog in one call, whichever surface they are
// for. What does not fit is left for the next call.
func (s *Shop) Apply(ctx context.Context, changes []channel.Change, save channel.Saver) ([]channel.Result, error) {
	results := make([]channel.Result, len(changes))
	for i, c := range changes {
		results[i] = channel.Result{Listing: c.Listing.ID, Outcome: channel.More}
	}
	if !enough(ctx) {
		return results, nil
	}
	plans := fill(changes, s.set.PageName, s.env.Now().Add(firstLook), results)
	if len(plans) == 0 {
		return results, nil
	}
	if err := (&batch{Shop: s, plans: plans, results: results, save: save}).send(ctx); err != nil {
		return nil, denied(err)
	}
	return results, nil
}

// fill chooses what goes into the next call until it is full, the last product
// perhaps in part; what needs no call has its result at once. An item occurs
// once in a call: a second product that claims it is refused.
func fill(changes []channel.Change, brand string, look time.Time, results []channel.Result) []plan {
	var chosen []plan
	records, size := recordsMax, bytesMax
	seen := map[string]bool{}
	for i, c := range changes {
		p := planOf(i, c, brand, look)
		if id, twice := p.repeats(seen); twice {
			p.refuse(commerce.Problem{Rule: "duplicate_retailer_id", Field: "variants", Value: channel.Cut(id), Allowed: "a SKU no other item of the catalog was created with", Fix: "Give the variant another SKU: this one belongs to another item of the catalog."})
		}
		if p.result != nil {
			results[i] = *p.result
			continue
		}
		if p = p.first(records, size); len(p.records) == 0 {
			break
		}
		chosen = append(chosen, p)
		records, size = records-len(p.records), size-p.bytes()
		if p.part || records == 0 {
			break
		}
	}
	return chosen
}

func tooLarge(bytes int) commerce.Problem {
	return commerce.Problem{Rule: "item_too_large", Field: "description", Value: fmt.Sprintf("%d bytes", bytes), Allowed: "what Meta takes in one call", Fix: "Shorten the description, or use fewer pictures."}
}

// repeats finds an item of a plan that is in the call already, and notes its
// items.
func (p plan) repeats(seen map[string]bool) (string, bool) {
	for _, r := range p.records {
		if seen[r.id] {
			return r.id, true
		}
	}
	for _, r := range p.records {
		seen[r.id] = true
	}
	return "", false
}

// batch is one items_batch call on its way.
type batch struct {
	*Shop
	id      string
	plans   []plan
	results []channel.Result // of all changes, filled in by index
	save    channel.Saver
}

// send makes the call. An error means that nothing was taken in.
func (b *batch) send(ctx context.Context) error {
	b.id = b.env.NewID()
	call := channel.Call{ID: b.id, Kind: "items_batch", Intent: map[string]string{}}
	for _, p := range b.plans {
		call.Listings = append(call.Listings, p.change.Listing.ID)
		call.Intent[string(p.change.Listing.ID)] = p.intent().encode()
	}
	if err := b.save.Begin(ctx, call); err != nil {
		return err
	}
	var answer api.Batch
	err := b.asUser(ctx, func(token string) (err error) {
		answer, err = b.graph.ItemsBatch(ctx, token, b.set.Catalog, body(b.plans), urgency(b.plans))
		return err
	})
	// What became of it is stored even if the slice is over by now.
	keep := context.WithoutCancel(ctx)
	switch {
	case fault.Is(err, fault.Unknown):
		return b.await(keep, "")
	case err == nil && len(answer.Handles) > 0:
		return b.taken(keep, answer)
	}
	if end := b.save.End(keep, b.id); end != nil {
		return end
	}
	switch {
	case err == nil:
		b.notTaken(answer.Validation)
		return nil
	case fault.Is(err, fault.TooLarge):
		return b.smaller(ctx)
	}
	return err
}

// smaller sends half of the records, as Meta asks for less; the others are left
// for the next call.
func (b *batch) smaller(ctx context.Context) error {
	all := 0
	for _, p := range b.plans {
		all += len(p.records)
	}
	if all == 1 {
		p := b.plans[0]
		p.refuse(tooLarge(p.bytes()))
		b.results[p.index] = *p.result
		return nil
	}
	var half []plan
	for left := all / 2; left > 0; left -= len(half[len(half)-1].records) {
		half = append(half, b.plans[len(half)].first(left, bytesMax))
	}
	b.plans = half
	return b.send(ctx)
}

// await leaves the call open. Without a token it is read back, since its answer
// was lost.
func (b *batch) await(ctx context.Context, token string) error {
	at := b.env.Now().Add(firstLook)
	if err := b.save.Sent(ctx, b.id, token, at); err != nil {
		return err
	}
	for _, p := range b.plans {
		b.results[p.index] = channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Pending, Call: b.id, CheckAt: at}
	}
	return nil
}

// taken handles a batch with a handle; items may have been refused at once all
// the same.
func (b *batch) taken(ctx context.Context, answer api.Batch) error {
	refused := refusals(answer.Validation)
	if err := b.await(ctx, ticket{Handle: answer.Handles[0], Refused: keysOf(refused)}.encode()); err != nil {
		return err
	}
	for _, p := range b.plans {
		if problems := p.problems(refused); len(problems) > 0 {
			b.results[p.index] = channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Refused, Views: rejected(p.change, problems)}
		}
	}
	return nil
}

// notTaken handles an answer without a handle: nothing was ingested although
// the status is 200.
func (b *batch) notTaken(validation []api.Validation) {
	refused := refusals(validation)
	for _, p := range b.plans {
		res := channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Failed, Err: fault.New(fault.Temporary, "not_ingested", "Meta took in nothing of the batch because of other items in it.")}
		if problems := p.problems(refused); len(problems) > 0 {
			res = channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Refused, Views: rejected(p.change, problems)}
		}
		b.results[p.index] = res
	}
}

// body is the call as JSON. Upserting is on: a batch that is sent again after a
// lost answer must not fail on what is there already.
func body(plans []plan) json.RawMessage {
	var b bytes.Buffer
	size := 100
	for _, p := range plans {
		size += p.bytes()
	}
	b.Grow(size)
	b.WriteString(`{"item_type":"PRODUCT_ITEM","allow_upsert":true,"requests":[`)
	first := true
	for _, p := range plans {
		for _, r := range p.records {
			if !first {
				b.WriteByte(',')
			}
			first = false
			b.Write(r.raw)
		}
	}
	b.WriteString("]}")
	return b.Bytes()
}

// urgency is the lane of the most urgent group in a call.
func urgency(plans []plan) port.Lane {
	lane := port.LaneImages
	for _, p := range plans {
		for _, g := range p.change.Groups {
			lane = min(lane, port.LaneOf(g))
		}
	}
	return lane
}

// refusals are the errors of the synchronous check by item. Warnings let an
// item through.
func refusals(validation []api.Validation) map[string][]string {
	found := map[string][]string{}
	for _, v := range validation {
		for _, e := range v.Errors {
			found[v.RetailerID] = append(found[v.RetailerID], e.Message)
		}
	}
	return found
}

// problems are what was said about the items of a plan.
func (p plan) problems(refused map[string][]string) []commerce.Problem {
	var found []commerce.Problem
	for _, r := range p.records {
		for _, message := range refused[r.id] {
			found = append(found, problemOf(p.change, r.step, message))
		}
	}
	return few(found)
}

// ticketIDs bounds the refused ids a ticket carries.
const ticketIDs = 1000

// ticket is the token of an open call: the batch's handle, and the items that
// were refused at once and are not part of it.
type ticket struct {
	Handle  string   `json:"h"`
	Refused []string `json:"r,omitempty"`
}

func (t ticket) encode() string {
	if len(t.Refused) > ticketIDs {
		t.Refused = t.Refused[:ticketIDs]
	}
	raw, err := json.Marshal(t)
	if err != nil { // plain text: it can't happen
		return t.Handle
	}
	return string(raw)
}

// decodeTicket reads a token; a plain handle is one without refused items.
func decodeTicket(token string) ticket {
	var t ticket
	if json.Unmarshal([]byte(token), &t) != nil || t.Handle == "" {
		return ticket{Handle: token}
	}
	return t
}

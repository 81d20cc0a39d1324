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
	bytesMax = 28_000_000 - 1000
	// rememberMax bounds what a call remembers, in bytes: its row holds 400 KB.
	rememberMax  = 300_000
	rememberEach = 190

	firstLook   = 2 * time.Second
	resendAfter = 15 * time.Minute
)

// Apply writes changes of the catalog in one call, whichever surface they are
// for. What does not fit is left for the next call.
func (s *Shop) Apply(ctx context.Context, changes []channel.Change, save channel.Saver) ([]channel.Result, error) {
	results := make([]channel.Result, len(changes))
	plans := make([]plan, 0, len(changes))
	for i, c := range changes {
		p := planOf(i, c, s.set.PageName)
		results[i] = channel.Result{Listing: c.Listing.ID, Outcome: channel.More}
		if p.result != nil {
			results[i] = *p.result
			continue
		}
		plans = append(plans, p)
	}
	now := fill(plans, results)
	if len(now) == 0 || !enough(ctx) {
		return results, nil
	}
	if err := (&batch{Shop: s, plans: now, results: results, save: save}).send(ctx); err != nil {
		return nil, shut(err)
	}
	return results, nil
}

// fill chooses the plans of the next call. An item occurs once in a call: a
// second product that claims it is refused.
func fill(plans []plan, results []channel.Result) []plan {
	var chosen []plan
	records, size, remembered := 0, 0, 0
	seen := map[string]bool{}
	for _, p := range plans {
		id, twice := repeated(p.ids, seen)
		remember := rememberEach + len(p.intent.encode())
		switch {
		case len(p.records) > recordsMax || p.bytes > bytesMax || remember > rememberMax:
			p.refuse(tooLarge(len(p.records)))
			results[p.index] = *p.result
			continue
		case twice:
			p.refuse(commerce.Problem{Rule: "duplicate_retailer_id", Field: "variants", Value: channel.Cut(id), Allowed: "a SKU no other item of the catalog was created with", Fix: "Give the variant another SKU: this one belongs to another item of the catalog."})
			results[p.index] = *p.result
			continue
		case len(chosen) > 0 && (records+len(p.records) > recordsMax || size+p.bytes > bytesMax || remembered+remember > rememberMax):
			return chosen
		}
		for _, id := range p.ids {
			seen[id] = true
		}
		chosen = append(chosen, p)
		records, size, remembered = records+len(p.records), size+p.bytes, remembered+remember
	}
	return chosen
}

func tooLarge(records int) commerce.Problem {
	return commerce.Problem{Rule: "too_many_variants", Field: "variants", Value: fmt.Sprint(records), Allowed: fmt.Sprintf("at most %d variants and 28 MB", recordsMax), Fix: "Split the product into smaller ones."}
}

func repeated(ids []string, seen map[string]bool) (string, bool) {
	for _, id := range ids {
		if seen[id] {
			return id, true
		}
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
		if text := p.intent.encode(); text != "" {
			call.Intent[string(p.change.Listing.ID)] = text
		}
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

// smaller sends half of the plans, as Meta asks for less; the others are left
// for the next call.
func (b *batch) smaller(ctx context.Context) error {
	if len(b.plans) > 1 {
		b.plans = b.plans[:len(b.plans)/2]
		return b.send(ctx)
	}
	p := b.plans[0]
	p.refuse(tooLarge(len(p.records)))
	b.results[p.index] = *p.result
	return nil
}

// await leaves the call open. Without a token it is read back, since its answer
// was lost.
func (b *batch) await(ctx context.Context, token string) error {
	at := b.env.Now().Add(firstLook)
	if err := b.save.Sent(ctx, b.id, token, at); err != nil {
		return err
	}
	for _, p := range b.plans {
		res := channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Pending, Call: b.id, CheckAt: at}
		if p.stale {
			// The new content stays refused; only the stock went out.
			res = channel.Result{Listing: p.change.Listing.ID, Outcome: channel.Refused, Done: []commerce.Group{commerce.GroupStock}}
		}
		b.results[p.index] = res
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
	b.WriteString(`{"item_type":"PRODUCT_ITEM","allow_upsert":true,"requests":[`)
	first := true
	for _, p := range plans {
		for _, r := range p.records {
			if !first {
				b.WriteByte(',')
			}
			first = false
			b.Write(r)
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
	for _, id := range p.ids {
		for _, message := range refused[id] {
			found = append(found, problemOf(p.change, p.intent, id, message))
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

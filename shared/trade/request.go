package trade

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Cancellation is a wish to cancel an order or some of its lines.
type Cancellation struct {
	Reason string
	Lines  []string
	By     string
	Key    string // the same key is the same wish
}

// Cancel cancels at the marketplace, or here where the order is our own. A
// channel without cancellation is refused as Unsupported. A wish that is on its
// way, for the same lines or under the same key, is not made again.
func (d *Desk) Cancel(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, c Cancellation) (commerce.Order, error) {
	return d.change(ctx, w, id, func(o *commerce.Order) (port.OrderWrite, error) {
		if err := knownLines(*o, c.Lines); err != nil {
			return port.OrderWrite{}, err
		}
		if o.State == commerce.OrderCancelled || cancelling(o, c) {
			return port.OrderWrite{}, errNothingToDo
		}
		switch o.State {
		case commerce.OrderShipped, commerce.OrderDelivered, commerce.OrderCompleted, commerce.OrderRefunded:
			return port.OrderWrite{}, fault.New(fault.Invalid, "not_cancellable", "Order %s is %s: it is too late to cancel it.", o.Number, o.State)
		}
		write := port.OrderWrite{Events: []commerce.OrderEvent{{ID: d.NewID(), At: d.Now(), Kind: "cancellation", By: c.By, Text: "Cancellation asked for: " + c.Reason}}}
		if o.Source != commerce.FromMarketplace {
			cancelLines(o, c.Lines)
			return write, nil
		}
		if !d.CanCancel(o.Channel) {
			return write, fault.New(fault.Unsupported, "cannot_cancel", "%s has no way to cancel an order from here: cancel it in the shop's own pages.", o.Channel)
		}
		a := commerce.Answer{Verdict: commerce.VerdictCancel, Reason: c.Reason, By: c.By}
		r := commerce.Request{ID: wishID(o, cmp.Or(c.Key, d.NewID())), Kind: commerce.RequestCancel, By: commerce.BySeller, State: commerce.RequestWaiting, Reason: c.Reason, Lines: requested(*o, c.Lines), AskedAt: d.Now()}
		write.Out = d.answer(w, o, &r, a)
		o.Requests = append(o.Requests, r)
		return write, nil
	})
}

func wishID(o *commerce.Order, key string) string {
	return commerce.Derive("req", string(o.ID), key)
}

// cancelling says whether a wish has been made already: under its key, or for
// the same lines and not yet answered. Of an order of our own, whether nothing
// is left to cancel.
func cancelling(o *commerce.Order, c Cancellation) bool {
	if o.Source != commerce.FromMarketplace {
		return len(c.Lines) > 0 && !slices.ContainsFunc(requested(*o, c.Lines), func(l commerce.RequestLine) bool { return l.Quantity > 0 })
	}
	if c.Key != "" && o.Request(wishID(o, c.Key)) != nil {
		return true
	}
	lines := requested(*o, c.Lines)
	return slices.ContainsFunc(o.Requests, func(r commerce.Request) bool {
		return r.By == commerce.BySeller && r.Answer != nil && (r.Answer.State == commerce.SendPending || r.Answer.State == commerce.SendUnknown) && slices.Equal(r.Lines, lines)
	})
}

// requested are the pieces of named lines that are not cancelled; none for all.
func requested(o commerce.Order, ids []string) []commerce.RequestLine {
	var lines []commerce.RequestLine
	for _, l := range o.Lines {
		if slices.Contains(ids, l.ID) {
			lines = append(lines, commerce.RequestLine{Line: l.ID, Quantity: l.Quantity - l.Cancelled})
		}
	}
	return lines
}

// cancelLines cancels what is left of the lines and remembers that it was done
// here: the shop, which is not told, may name the units as wanted again.
func cancelLines(o *commerce.Order, ids []string) {
	left := int64(0)
	for i := range o.Lines {
		l := &o.Lines[i]
		if len(ids) == 0 || slices.Contains(ids, l.ID) {
			l.CancelledHere, l.Cancelled = l.Quantity, l.Quantity
		}
		left += l.Quantity - l.Cancelled
	}
	if left == 0 {
		o.State = commerce.OrderCancelled
	}
}

// Ruling is the seller's answer to what a buyer asks of an order.
type Ruling struct {
	Request string
	Verdict commerce.Verdict
	Reason  string // of a rejection: a code of the request's Reasons, or words
	Comment string
	Amount  commerce.Money // of an offer
	By      string
}

// Answer decides a request and sends the decision to the marketplace. The same
// decision made again changes nothing; another one is refused as a Conflict
// once the first is on its way.
func (d *Desk) Answer(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID, u Ruling) (commerce.Order, error) {
	return d.change(ctx, w, id, func(o *commerce.Order) (port.OrderWrite, error) {
		r := o.Request(u.Request)
		if r == nil {
			return port.OrderWrite{}, fault.New(fault.NotFound, "request_not_found", "Order %s has no request %q.", o.Number, u.Request)
		}
		a := commerce.Answer{Verdict: u.Verdict, Reason: u.Reason, Comment: u.Comment, Amount: u.Amount, By: u.By}
		if err := d.answerable(*o, *r, a); err != nil {
			return port.OrderWrite{}, err
		}
		if err := u.fits(*r); err != nil {
			return port.OrderWrite{}, err
		}
		text := fmt.Sprintf("Request (%s) answered: %s", r.Kind, u.Verdict)
		if why := strings.TrimSpace(reasonText(*r, u.Reason) + " " + u.Comment); why != "" {
			text += ", " + why
		}
		return port.OrderWrite{Out: d.answer(w, o, r, a), Events: []commerce.OrderEvent{{ID: d.NewID(), At: d.Now(), Kind: "answer", By: u.By, Text: text}}}, nil
	})
}

// answerable wants a request that waits for the seller.
func (d *Desk) answerable(o commerce.Order, r commerce.Request, a commerce.Answer) error {
	given := r.Answer
	switch {
	case given != nil && given.To == r.RawState && given.State != commerce.SendFailed && given.Verdict == a.Verdict && given.Reason == a.Reason && given.Amount == a.Amount:
		return errNothingToDo
	case !d.CanCancel(o.Channel):
		return fault.New(fault.Unsupported, "cannot_answer", "%s takes no answers from here: answer in the shop's own pages.", o.Channel)
	case r.State == commerce.RequestOpen && !r.Asks():
		return fault.New(fault.Conflict, "answered", "The request has been answered already: %s.", given.Verdict)
	case !r.Asks():
		return fault.New(fault.Conflict, "not_open", "The request is %s: there is nothing to answer.", r.State)
	case !slices.Contains(r.Answers, a.Verdict):
		return &fault.Error{Kind: fault.Invalid, Code: "verdict", Field: "verdict", Message: fmt.Sprintf("This request takes %s.", listed(r.Answers))}
	}
	return nil
}

// fits checks what a verdict has to say beside itself.
func (u Ruling) fits(r commerce.Request) error {
	known := slices.ContainsFunc(r.Reasons, func(have commerce.Reason) bool { return have.Code == u.Reason })
	switch {
	case u.Verdict == commerce.VerdictReject && u.Reason == "":
		return &fault.Error{Kind: fault.Invalid, Code: "required", Field: "reason", Message: "Say why it is rejected."}
	case u.Verdict == commerce.VerdictReject && len(r.Reasons) > 0 && !known:
		return &fault.Error{Kind: fault.Invalid, Code: "not_allowed", Field: "reason", Message: "Choose one of the marketplace's reasons."}
	case u.Verdict != commerce.VerdictOffer && u.Amount != (commerce.Money{}):
		return &fault.Error{Kind: fault.Invalid, Code: "not_together", Field: "amount", Message: "Only an offer has an amount."}
	case u.Verdict == commerce.VerdictOffer && (u.Amount.Amount <= 0 || u.Amount.Currency != r.Amount.Currency || u.Amount.Amount >= r.Amount.Amount):
		return &fault.Error{Kind: fault.Invalid, Code: "out_of_range", Field: "amount", Message: fmt.Sprintf("Offer less than the %s that are asked for.", r.Amount)}
	}
	return nil
}

// answer notes a decision on its request and gives what has to be sent.
func (d *Desk) answer(w commerce.WorkspaceID, o *commerce.Order, r *commerce.Request, a commerce.Answer) []port.Outbound {
	a.ID, a.To, a.State, a.At = commerce.OutboundID(d.NewID()), r.RawState, commerce.SendPending, d.Now()
	r.Answer = &a
	kind := "answer"
	if a.Verdict == commerce.VerdictCancel {
		kind = "cancellation"
	}
	return []port.Outbound{{ID: a.ID, Space: w, Key: string(o.ID), Kind: kind, Account: o.Account, Ref: r.ID, State: commerce.SendPending}}
}

func reasonText(r commerce.Request, code string) string {
	for _, have := range r.Reasons {
		if have.Code == code {
			return have.Text
		}
	}
	return code
}

func listed(verdicts []commerce.Verdict) string {
	texts := make([]string, len(verdicts))
	for i, v := range verdicts {
		texts[i] = string(v)
	}
	return cmp.Or(strings.Join(texts, ", "), "no answer")
}

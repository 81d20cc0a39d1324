package trade_test

import (
	"slices"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

// out is what is on its way of an order.
func (b *bench) out(t *testing.T, id commerce.OrderID) []port.Outbound {
	t.Helper()
	list, err := b.ListOutbound(t.Context(), w, string(id))
	must(t, err)
	return list
}

// A wish whose answer got lost is made again by whoever made it: the
// marketplace must not be asked twice, even when it has been settled meanwhile.
func TestACancellationIsAskedForOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, "o1", commerce.TikTok, commerce.FromMarketplace, commerce.OrderPaid)
	cancel := func(c trade.Cancellation) commerce.Order {
		o, err := b.desk.Cancel(t.Context(), w, "o1", c)
		must(t, err)
		return o
	}
	wish := trade.Cancellation{Reason: "broken", Lines: []string{"1"}, By: "me", Key: "k1"}
	o := cancel(wish)
	if r := o.Requests[0]; r.By != commerce.BySeller || r.State != commerce.RequestWaiting || r.Answer.State != commerce.SendPending ||
		!slices.Equal(r.Lines, []commerce.RequestLine{{Line: "1", Quantity: 2}}) || o.Lines[0].Cancelled != 0 {
		t.Errorf("asked for as %+v", r)
	}
	cancel(wish)
	cancel(trade.Cancellation{Reason: "the same lines, by another hand", Lines: []string{"1"}, Key: "k2"})
	if out := b.out(t, "o1"); len(out) != 1 || len(o.Requests) != 1 {
		t.Fatalf("%d are on their way", len(out))
	}
	// It was settled, and only then the request comes again.
	o.Requests[0].Answer.State = commerce.SendDone
	first := b.out(t, "o1")[0]
	_, err := b.PutOrder(t.Context(), w, port.OrderWrite{Order: o, Settle: &first})
	must(t, err)
	cancel(wish)
	if out := b.out(t, "o1"); len(out) != 0 {
		t.Errorf("asked for again: %+v", out)
	}
	if o = cancel(trade.Cancellation{Lines: []string{"2"}, Key: "k3"}); len(o.Requests) != 2 || len(b.out(t, "o1")) != 1 {
		t.Errorf("another wish: %+v", o.Requests)
	}
	events, err := b.OrderEvents(t.Context(), w, "o1")
	if err != nil || len(events) != 2 {
		t.Errorf("the timeline is %+v, %v", events, err)
	}
}

// ask stores a buyer's request on an order.
func (b *bench) ask(t *testing.T, id commerce.OrderID, c commerce.Channel, r commerce.Request) {
	t.Helper()
	b.put(t, id, c, commerce.FromMarketplace, commerce.OrderPaid)
	o, err := b.Order(t.Context(), w, id)
	must(t, err)
	o.Requests = []commerce.Request{r}
	_, err = b.PutOrder(t.Context(), w, port.OrderWrite{Order: o})
	must(t, err)
}

func asked() commerce.Request {
	return commerce.Request{ID: "req_1", Remote: "4035", Kind: commerce.RequestCancel, By: commerce.ByBuyer, State: commerce.RequestOpen, RawState: "PENDING", Amount: eur(500),
		Answers: []commerce.Verdict{commerce.VerdictApprove, commerce.VerdictReject, commerce.VerdictOffer}, Reasons: []commerce.Reason{{Code: "packed", Text: "It is packed"}}}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ruling  trade.Ruling
		channel commerce.Channel
		edit    func(*commerce.Request)
		kind    fault.Kind
		code    string
	}{
		"approve":                    {ruling: trade.Ruling{Verdict: commerce.VerdictApprove}},
		"reject":                     {ruling: trade.Ruling{Verdict: commerce.VerdictReject, Reason: "packed"}},
		"offer":                      {ruling: trade.Ruling{Verdict: commerce.VerdictOffer, Amount: eur(499)}},
		"reject in words":            {ruling: trade.Ruling{Verdict: commerce.VerdictReject, Reason: "no"}, edit: func(r *commerce.Request) { r.Reasons = nil }},
		"again after a refusal":      {ruling: trade.Ruling{Verdict: commerce.VerdictApprove}, edit: func(r *commerce.Request) { r.Answer = &commerce.Answer{To: "PENDING", State: commerce.SendFailed} }},
		"it asks again":              {ruling: trade.Ruling{Verdict: commerce.VerdictApprove}, edit: func(r *commerce.Request) { r.Answer = &commerce.Answer{To: "BEFORE", State: commerce.SendDone} }},
		"reject without a reason":    {trade.Ruling{Verdict: commerce.VerdictReject}, "", nil, fault.Invalid, "required"},
		"reject with another reason": {trade.Ruling{Verdict: commerce.VerdictReject, Reason: "no"}, "", nil, fault.Invalid, "not_allowed"},
		"what it does not take":      {trade.Ruling{Verdict: commerce.VerdictKeep}, "", nil, fault.Invalid, "verdict"},
		"an offer of everything":     {trade.Ruling{Verdict: commerce.VerdictOffer, Amount: eur(500)}, "", nil, fault.Invalid, "out_of_range"},
		"an offer in other money":    {trade.Ruling{Verdict: commerce.VerdictOffer, Amount: commerce.Money{Amount: 1, Currency: "USD"}}, "", nil, fault.Invalid, "out_of_range"},
		"approve with an amount":     {trade.Ruling{Verdict: commerce.VerdictApprove, Amount: eur(1)}, "", nil, fault.Invalid, "not_together"},
		"a marketplace that can't":   {trade.Ruling{Verdict: commerce.VerdictApprove}, commerce.Etsy, nil, fault.Unsupported, "cannot_answer"},
		"nothing is asked any more":  {trade.Ruling{Verdict: commerce.VerdictApprove}, "", func(r *commerce.Request) { r.State = commerce.RequestWithdrawn }, fault.Conflict, "not_open"},
		"another answer is out":      {trade.Ruling{Verdict: commerce.VerdictApprove}, "", func(r *commerce.Request) { r.Answer = &commerce.Answer{Verdict: commerce.VerdictReject, To: "PENDING"} }, fault.Conflict, "answered"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := newBench(t), asked()
			if c.edit != nil {
				c.edit(&r)
			}
			if c.channel == "" {
				c.channel = commerce.TikTok
			}
			b.ask(t, "o1", c.channel, r)
			c.ruling.Request, c.ruling.By = "req_1", "me"
			o, err := b.desk.Answer(t.Context(), w, "o1", c.ruling)
			if c.kind != "" {
				if f := fault.Of(err); f == nil || f.Kind != c.kind || f.Code != c.code || len(b.out(t, "o1")) != 0 {
					t.Errorf("%v, on its way %+v", err, b.out(t, "o1"))
				}
				return
			}
			must(t, err)
			out := b.out(t, "o1")
			if a := o.Requests[0].Answer; len(out) != 1 || out[0].Kind != "answer" || out[0].Ref != "req_1" || a.ID != out[0].ID || a.State != commerce.SendPending || a.To != "PENDING" || a.By != "me" || o.Requests[0].Asks() {
				t.Errorf("%+v by %+v", a, out)
			}
			_, err = b.desk.Answer(t.Context(), w, "o1", c.ruling)
			if err != nil || len(b.out(t, "o1")) != 1 {
				t.Errorf("the same once more: %v, %+v", err, b.out(t, "o1"))
			}
		})
	}
}

func TestAnswerToNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ask(t, "o1", commerce.TikTok, asked())
	if _, err := b.desk.Answer(t.Context(), w, "o1", trade.Ruling{Request: "req_9", Verdict: commerce.VerdictApprove}); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if _, err := b.desk.Answer(t.Context(), "w2", "o1", trade.Ruling{Request: "req_1", Verdict: commerce.VerdictApprove}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's order: %v", err)
	}
}

// What waits for the seller stands in the list of orders.
func TestTheListCountsWhatIsAsked(t *testing.T) {
	t.Parallel()
	b, r := newBench(t), asked()
	r.AnswerBy = time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	b.ask(t, "o1", commerce.TikTok, r)
	list, err := b.ListOrders(t.Context(), w, port.OrderFilter{}, port.Page{Limit: 5})
	if err != nil || list.Items[0].Asked != 1 || !list.Items[0].AnswerBy.Equal(r.AnswerBy) {
		t.Errorf("%+v, %v", list.Items, err)
	}
	_, err = b.desk.Answer(t.Context(), w, "o1", trade.Ruling{Request: "req_1", Verdict: commerce.VerdictApprove})
	must(t, err)
	list, err = b.ListOrders(t.Context(), w, port.OrderFilter{}, port.Page{Limit: 5})
	if err != nil || list.Items[0].Asked != 0 || !list.Items[0].AnswerBy.IsZero() {
		t.Errorf("answered: %+v, %v", list.Items, err)
	}
}

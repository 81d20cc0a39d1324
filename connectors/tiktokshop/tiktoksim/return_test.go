package tiktoksim

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

const (
	described = "seller_reject_apply_the_product_is_as_described"
	damaged   = "seller_reject_apply_the_product_received_is_damaged"
	packed    = "seller_reject_apply_product_has_been_packed"
)

// back is an order that was delivered, with a request of its buyer.
func (s *stall) back(t *testing.T, kind string) (order, id string) {
	t.Helper()
	order = s.order("MUG-1", 1, "")
	if err := s.sim.Advance(t.Context(), order, delivered); err != nil {
		t.Fatal(err)
	}
	id, err := s.sim.Ask(t.Context(), simkit.Ask{Order: order, Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return order, id
}

func (s *stall) status(t *testing.T, order string) (status, action string) {
	t.Helper()
	r := s.call(0, http.MethodPost, "/return_refund/202309/returns/search", fmt.Sprintf(`{"order_ids":["%s"]}`, order))
	list := field[[]struct {
		Status  string `json:"return_status"`
		Actions []struct {
			Action string `json:"action"`
		} `json:"seller_next_action_response"`
	}](t, r.Data, "return_orders")
	if len(list) == 0 {
		t.Fatalf("no return of %s", order)
	}
	if len(list[0].Actions) > 0 {
		action = list[0].Actions[0].Action
	}
	return list[0].Status, action
}

// What each decision leads to, and what is refused.
func TestReturnDecisions(t *testing.T) {
	t.Parallel()
	type call struct {
		way, body string
		code      int
	}
	approve := func(decision string, code int) call {
		return call{"approve", fmt.Sprintf(`{"decision":%q}`, decision), code}
	}
	no := func(decision, reason string, code int) call {
		return call{"reject", fmt.Sprintf(`{"decision":%q,"reject_reason":%q}`, decision, reason), code}
	}
	offer := func(amount string, code int) call {
		return call{"approve", fmt.Sprintf(`{"decision":"OFFER_PARTIAL_REFUND","partial_refund":{"currency":"USD","amount":%q}}`, amount), code}
	}
	for name, c := range map[string]struct {
		kind, action, status string
		calls                []call
	}{
		"a refund":              {simkit.AskRefund, "SELLER_RESPOND_REFUND", returnSuccess, []call{approve("APPROVE_RETURN", 25020004), approve("APPROVE_REFUND", 0), approve("APPROVE_REFUND", 25011012), no("REJECT_REFUND", described, 25020010)}},
		"no refund":             {simkit.AskRefund, "SELLER_RESPOND_REFUND", returnRejected, []call{no("REJECT_REFUND", "", codeInvalid), no("REJECT_REFUND", "why_not", 25001014), no("REJECT_REFUND", packed, 25001057), no("REJECT_REFUND", described, 0)}},
		"part of it":            {simkit.AskRefund, "SELLER_RESPOND_REFUND", awaitingBuyer, []call{offer("100000.00", 25005005), offer("0", 25005005), approve("OFFER_PARTIAL_REFUND", 25001001), offer("1.50", 0)}},
		"a return":              {simkit.AskReturn, "SELLER_RESPOND_RETURN", awaitingShip, []call{approve("APPROVE_RECEIVED_PACKAGE", 25011012), approve("APPROVE_RETURN", 0)}},
		"a return that is kept": {simkit.AskReturn, "SELLER_RESPOND_RETURN", returnSuccess, []call{{"approve", `{"decision":"APPROVE_RECEIVED_PACKAGE","buyer_keep_item":true}`, 25011012}, {"approve", `{"decision":"APPROVE_RETURN","buyer_keep_item":true}`, 0}}},
		"a replacement":         {simkit.AskReplacement, "SELLER_RESPOND_REPLACEMENT", replaceDone, []call{approve("APPROVE_REPLACEMENT", 0)}},
		"money instead":         {simkit.AskReplacement, "SELLER_RESPOND_REPLACEMENT", replaceRefunded, []call{approve("ISSUE_REPLACEMENT_REFUND", 0)}},
		"no replacement":        {simkit.AskReplacement, "SELLER_RESPOND_REPLACEMENT", replaceRejected, []call{no("REJECT_REPLACEMENT", described, 0)}},
		"a decision of nobody":  {simkit.AskRefund, "SELLER_RESPOND_REFUND", returnPending, []call{approve("", codeInvalid), approve("APPROVE_EVERYTHING", 25001001), approve("REJECT_REFUND", 25001001), no("APPROVE_REFUND", described, 25001001)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStall(t)
			s.live(s.sheet())
			order, id := s.back(t, c.kind)
			if status, action := s.status(t, order); action != c.action {
				t.Errorf("asked for: %s, to be done %q", status, action)
			}
			for _, one := range c.calls {
				s.call(one.code, http.MethodPost, "/return_refund/202309/returns/"+id+"/"+one.way, one.body)
			}
			if status, _ := s.status(t, order); status != c.status {
				t.Errorf("at last it is %s, want %s", status, c.status)
			}
		})
	}
}

func TestAReturnComesBack(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	order, id := s.back(t, simkit.AskReturn)
	const base = "/return_refund/202309/returns/"
	for range 2 { // the same verdict under its key
		s.call(0, http.MethodPost, base+id+"/approve", `{"decision":"APPROVE_RETURN"}`, "idempotency_key", "k")
	}
	if err := s.sim.SendBack(t.Context(), id, "9405"); err != nil {
		t.Fatal(err)
	}
	if status, action := s.status(t, order); status != itemShipped || action != "SELLER_RESPOND_RECEIVE_PACKAGE" {
		t.Errorf("%s, to be done %q", status, action)
	}
	s.call(25001057, http.MethodPost, base+id+"/reject", fmt.Sprintf(`{"decision":"REJECT_RECEIVED_PACKAGE","reject_reason":%q}`, described))
	before := s.left(t, "MUG-1")
	s.call(0, http.MethodPost, base+id+"/approve", `{"decision":"APPROVE_RECEIVED_PACKAGE"}`)
	s.pass(2 * time.Minute)
	if status, _ := s.status(t, order); status != returnComplete || s.left(t, "MUG-1") != before {
		t.Errorf("paid: %s, %d left of %d", status, s.left(t, "MUG-1"), before)
	}
	s.call(25007006, http.MethodPost, base+"1/approve", `{"decision":"APPROVE_RETURN"}`)
	s.call(codeInvalid, http.MethodGet, "/return_refund/202309/reject_reasons", "")
	s.call(25007006, http.MethodGet, "/return_refund/202309/reject_reasons", "", "return_or_cancel_id", "1")
}

// Nobody answered in time: the platform decides for the buyer.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	order := s.order("MUG-1", 1, "")
	if _, err := s.sim.Ask(t.Context(), simkit.Ask{Order: order, Kind: simkit.AskCancel}); err != nil {
		t.Fatal(err)
	}
	other, _ := s.back(t, simkit.AskRefund)
	s.pass(cancelDays*24*time.Hour - time.Minute)
	if o := s.see(order); o.Status != awaitingShipment {
		t.Errorf("too early: %s", o.Status)
	}
	s.pass(time.Minute)
	if o := s.see(order); o.Status != cancelled {
		t.Errorf("not answered in time: %s", o.Status)
	}
	s.pass(returnDays * 24 * time.Hour)
	s.pass(time.Minute)
	if status, _ := s.status(t, other); status != returnComplete {
		t.Errorf("not answered in time: %s", status)
	}
}

func TestBuyersTakeBack(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	order := s.order("MUG-1", 1, "")
	n, err := s.sim.Ask(t.Context(), simkit.Ask{Order: order, Kind: simkit.AskCancel})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.sim.Withdraw(t.Context(), n); err != nil || s.see(order).Request {
		t.Errorf("taken back: %v, %+v", err, s.see(order))
	}
	other, id := s.back(t, simkit.AskReturn)
	if err := s.sim.Withdraw(t.Context(), id); err != nil {
		t.Error(err)
	}
	if status, _ := s.status(t, other); status != returnWithdrawn {
		t.Errorf("taken back: %s", status)
	}
	s.call(25020009, http.MethodPost, "/return_refund/202309/returns/"+id+"/approve", `{"decision":"APPROVE_RETURN"}`)
	for name, err := range map[string]error{
		"twice": s.sim.Withdraw(t.Context(), id), "of nobody": s.sim.Withdraw(t.Context(), "1"), "not granted": s.sim.SendBack(t.Context(), id, "9405"),
	} {
		if err == nil {
			t.Errorf("%s: done", name)
		}
	}
	for _, a := range []simkit.Ask{{Order: order, Kind: simkit.AskReturn}, {Order: "1", Kind: simkit.AskCancel}, {Order: order, Kind: "song"}, {Order: other, Kind: simkit.AskReturn, Units: []string{"1"}}} {
		if _, err := s.sim.Ask(t.Context(), a); err == nil {
			t.Errorf("%+v is asked for", a)
		}
	}
}

package tiktokshop

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/commerce"
)

func sample(t testing.TB, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decoded[T any](t testing.TB, raw []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMapRequests(t *testing.T) {
	t.Parallel()
	usd := func(n int64) commerce.Money { return commerce.Money{Amount: n, Currency: "USD"} }
	got := mapCancellation(decoded[api.Cancellation](t, sample(t, "cancellation.json")))
	want := commerce.Request{
		Remote: "4035318504086604100", Kind: commerce.RequestCancel, By: commerce.ByBuyer, State: commerce.RequestOpen, RawState: cancelPending, Reason: "Order created by mistake",
		Amount: usd(123), AskedAt: time.Unix(1690451136, 0).UTC(), UpdatedAt: time.Unix(1690451136, 0).UTC(), AnswerBy: time.Unix(1690554680, 0).UTC(),
		Answers: []commerce.Verdict{commerce.VerdictApprove, commerce.VerdictReject},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	back := decoded[api.Return](t, sample(t, "return.json"))
	got = mapReturn(back)
	want = commerce.Request{
		Remote: "4035318504086604100", Kind: commerce.RequestRefund, By: commerce.ByBuyer, State: commerce.RequestOpen, RawState: returnPending, Reason: "missing product",
		Amount: usd(123), AskedAt: time.Unix(1690451136, 0).UTC(), UpdatedAt: time.Unix(1690453136, 0).UTC(), AnswerBy: time.Unix(1690554680, 0).UTC(), Tracking: "213456789098765433456",
		Answers: []commerce.Verdict{commerce.VerdictApprove, commerce.VerdictReject, commerce.VerdictOffer},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	order := commerce.Order{Lines: []commerce.OrderLine{{ID: "a", Units: []commerce.OrderUnit{{Remote: "576468844534141348"}, {Remote: "2"}}}, {ID: "b", Units: []commerce.OrderUnit{{Remote: "3"}}}}}
	if diff := cmp.Diff([]commerce.RequestLine{{Line: "a", Quantity: 1}}, requestLines(order, back.Lines)); diff != "" {
		t.Error(diff)
	}
}

// The states of both lists, in all the spellings of the pages.
func TestRequestStates(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]commerce.RequestState{
		"CANCELLATION_REQUEST_PENDING": commerce.RequestOpen, "CANCELLATION_REQUEST_SUCCESS": commerce.RequestApproved, "CANCELLATION_REQUEST_COMPLETE": commerce.RequestDone,
		"CANCELLATION_REQUEST_CANCEL": commerce.RequestClosed, "CANCELLATION_REQUEST_CANCELLED": commerce.RequestClosed,
		"RETURN_OR_REFUND_REQUEST_PENDING": commerce.RequestOpen, "REFUND_OR_RETURN_REQUEST_REJECT": commerce.RequestRejected, "AWAITING_BUYER_SHIP": commerce.RequestWaiting,
		"BUYER_SHIPPED_ITEM": commerce.RequestWaiting, "REJECT_RECEIVE_PACKAGE": commerce.RequestRejected, "RETURN_OR_REFUND_REQUEST_SUCCESS": commerce.RequestApproved,
		"RETURN_OR_REFUND_REQUEST_CANCEL": commerce.RequestWithdrawn, "RETURN_OR_REFUND__REQUEST_CANCEL": commerce.RequestWithdrawn, "RETURN_OR_REFUND_REQUEST_COMPLETE": commerce.RequestDone,
		"AWAITING_BUYER_RESPONSE": commerce.RequestWaiting, "REPLACEMENT_REQUEST_PENDING": commerce.RequestOpen, "REPLACEMENT_REQUEST_REJECT": commerce.RequestRejected,
		"REPLACEMENT_REQUEST_REFUND_SUCCESS": commerce.RequestApproved, "REPLACEMENT_REQUEST_CANCEL": commerce.RequestWithdrawn, "REPLACEMENT_REQUEST_COMPLETE": commerce.RequestDone,
		"SOMETHING_NEW": commerce.RequestOther, "": commerce.RequestOther,
	} {
		if got := requestState(status); got != want {
			t.Errorf("%s is %s, want %s", status, got, want)
		}
	}
}

// Each verdict that is offered has a word at TikTok, and no other has.
func TestEveryAnswerHasAWord(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind, status string
		keep         bool
		want         map[commerce.Verdict]string
	}{
		{"REFUND", returnPending, false, map[commerce.Verdict]string{commerce.VerdictApprove: "APPROVE_REFUND", commerce.VerdictReject: "REJECT_REFUND", commerce.VerdictOffer: "OFFER_PARTIAL_REFUND"}},
		{"RETURN_AND_REFUND", returnPending, false, map[commerce.Verdict]string{commerce.VerdictApprove: "APPROVE_RETURN", commerce.VerdictReject: "REJECT_RETURN", commerce.VerdictOffer: "OFFER_PARTIAL_REFUND"}},
		{"RETURN_AND_REFUND", returnPending, true, map[commerce.Verdict]string{
			commerce.VerdictApprove: "APPROVE_RETURN", commerce.VerdictReject: "REJECT_RETURN", commerce.VerdictKeep: "APPROVE_RETURN", commerce.VerdictOffer: "OFFER_PARTIAL_REFUND",
		}},
		{"RETURN_AND_REFUND", itemShipped, true, map[commerce.Verdict]string{commerce.VerdictApprove: "APPROVE_RECEIVED_PACKAGE", commerce.VerdictReject: "REJECT_RECEIVED_PACKAGE"}},
		{"REPLACEMENT", replacePending, false, map[commerce.Verdict]string{
			commerce.VerdictApprove: "APPROVE_REPLACEMENT", commerce.VerdictReject: "REJECT_REPLACEMENT", commerce.VerdictRefund: "ISSUE_REPLACEMENT_REFUND",
		}},
	} {
		n := decoded[api.Return](t, []byte(`{"return_type":"`+c.kind+`","return_status":"`+c.status+`","seller_next_action_response":[{"action":"X","deadline":"1690554680"}]}`))
		n.CanKeep = c.keep
		r := mapReturn(n)
		got := map[commerce.Verdict]string{}
		for _, v := range r.Answers {
			r.Answer = &commerce.Answer{Verdict: v, To: r.RawState}
			got[v] = decisionOf(r)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %s: %s", c.kind, c.status, diff)
		}
	}
}

// Whatever TikTok answers, what is read of it can be stored and shown.
func FuzzMapRequest(f *testing.F) {
	f.Add(sample(f, "cancellation.json"))
	f.Add(sample(f, "return.json"))
	f.Add([]byte(`{"return_id":9007199254740993123,"refund_amount":{"currency":"XXX","refund_total":"1e9"},"seller_next_action_response":[{"deadline":"x"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var n api.Cancellation
		var r api.Return
		if json.Unmarshal(raw, &n) == nil {
			storable(t, mapCancellation(n))
		}
		if json.Unmarshal(raw, &r) == nil {
			storable(t, mapReturn(r))
		}
	})
}

func storable(t *testing.T, r commerce.Request) {
	t.Helper()
	if r.State == "" || r.Kind == "" || r.By == "" || (r.State != commerce.RequestOpen && len(r.Answers) > 0) {
		t.Errorf("%+v", r)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("%+v can't be stored: %v", r, err)
	}
}

package local_test

import (
	"fmt"
	"net/http"
	"testing"
)

type asked struct {
	State    string `json:"state"`
	Requests []struct {
		ID      string `json:"id"`
		Kind    string `json:"kind"`
		State   string `json:"state"`
		Reasons []struct {
			Code string `json:"code"`
		} `json:"reasons"`
		Answer *struct {
			State   string `json:"state"`
			Problem string `json:"problem"`
		} `json:"answer"`
	} `json:"requests"`
	Can []string `json:"can"`
}

// ask lets the buyer of a new order ask to cancel it, and waits for the request.
func (in *shopper) ask(sku string) (id string, o asked) {
	in.T.Helper()
	remote := in.buy("tiktok", sku, 1, "")
	id = in.order(remote).ID
	in.Call(http.MethodPost, "/local/marketplaces/tiktok/requests", map[string]any{"order": remote, "kind": "cancel"}, nil)
	in.Eventually("the request stands on the order", func() (bool, string) {
		in.Call(http.MethodGet, "/v1/orders/"+id, nil, &o)
		return len(o.Requests) == 1 && o.Requests[0].State == "open", fmt.Sprintf("%+v", o)
	})
	return id, o
}

// requests are answered over the API, and the marketplace carries them out.
func (in *shopper) requests(t *testing.T) {
	const sku = "SOAP-3"
	have := in.ledger()[sku].OnHand
	id, o := in.ask(sku)
	in.Call(http.MethodPost, "/v1/orders/"+id+"/answers", map[string]string{"request": o.Requests[0].ID, "verdict": "approve"}, nil)
	in.Eventually("the order is cancelled", func() (bool, string) {
		var now asked
		in.Call(http.MethodGet, "/v1/orders/"+id, nil, &now)
		r := now.Requests[0]
		return now.State == "cancelled" && r.State != "open" && r.Answer != nil && r.Answer.State == "sent", fmt.Sprintf("%+v", now)
	})
	in.Eventually("its piece is back, once", func() (bool, string) {
		now := in.ledger()[sku].OnHand
		return now == have, fmt.Sprintf("%d on hand, want %d", now, have)
	})
	id, o = in.ask(sku)
	if len(o.Requests[0].Reasons) == 0 {
		t.Fatalf("no reason to choose from: %+v", o)
	}
	in.Call(http.MethodPost, "/v1/orders/"+id+"/answers", map[string]string{"request": o.Requests[0].ID, "verdict": "reject", "reason": o.Requests[0].Reasons[0].Code}, nil)
	in.Eventually("the request is rejected and the order stands", func() (bool, string) {
		var now asked
		in.Call(http.MethodGet, "/v1/orders/"+id, nil, &now)
		return now.State == "paid" && now.Requests[0].State == "closed", fmt.Sprintf("%+v", now)
	})
	if now := in.ledger()[sku].OnHand; now != have-1 {
		t.Errorf("%d on hand, want %d", now, have-1)
	}
}

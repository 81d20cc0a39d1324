package etsysim

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestPlaceOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("MUG", 3)
	receipt := b.order("MUG", 2, "Please hurry")
	a := b.want(b.get(b.shop("/receipts/%s", receipt)), 200, `"message_from_buyer":"Please hurry"`)
	for _, want := range []string{
		`"status":"paid"`, `"is_paid":true`, `"is_shipped":false`, `"name":"Ada Abel"`, `"buyer_email":null`, `"city":"Brooklyn"`,
		`"subtotal":{"amount":2500,`, `"grandtotal":{"amount":2999,`, `"sku":"MUG"`, `"quantity":2`, fmt.Sprintf(`"listing_id":%d`, id), `"shipments":[]`,
	} {
		b.want(a, 200, want)
	}
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"quantity":1,`)
	b.want(b.get(b.shop("")), 200, `"transaction_sold_count":1`)
	for _, tc := range []struct {
		order   simkit.Order
		unknown bool
	}{
		{orderOf("MUG", 2), false}, {orderOf("MUG", 0), false}, {orderOf("", 1), false}, {orderOf("NONE", 1), true}, {orderOf("MU", 1), true},
	} {
		_, err := b.sim.PlaceOrder(t.Context(), tc.order)
		if err == nil || errors.Is(err, simkit.ErrUnknownItem) != tc.unknown {
			t.Errorf("%+v: %v", tc.order, err)
		}
	}
	b.want(b.setState(id, stateInactive), 200, "")
	if _, err := b.sim.PlaceOrder(t.Context(), orderOf("MUG", 1)); !errors.Is(err, simkit.ErrUnknownItem) {
		t.Errorf("an inactive listing sells: %v", err)
	}
	b.want(b.setState(id, stateActive), 200, "")
	anyone, err := b.sim.PlaceOrder(t.Context(), orderOf("MUG", 1))
	if err != nil {
		t.Fatal(err)
	}
	if a := b.get(b.shop("/receipts/%s", anyone)); a.json["name"] == "" || a.json["message_from_buyer"] != nil {
		t.Errorf("receipt %s", a.raw)
	}
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"state":"sold_out"`)
	b.want(b.get(b.shop("/receipts/5")), 404, "Receipt")
}

func TestVariationsOfAnOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("X", 1)
	b.want(b.json("PUT", fmt.Sprintf("/listings/%d/inventory", id), products("", b.variation("R", 2, "5", colored(9, "Red")))), 200, "")
	receipt := b.order("R", 1, "")
	b.want(b.get(b.shop("/receipts/%s", receipt)), 200, `"formatted_name":"Primary color","formatted_value":"Red"`)
}

func TestReceiptLists(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.active("MUG", 9)
	start := b.clock().Unix()
	var ids []string
	for range 4 {
		ids = append(ids, b.order("MUG", 1, ""))
		b.wait(time.Minute)
	}
	b.want(b.form("PUT", b.shop("/receipts/%s", ids[1]), url.Values{"was_shipped": {"true"}}), 200, `"completed"`)
	b.wait(time.Minute)
	if err := b.sim.CancelOrder(t.Context(), ids[3]); err != nil {
		t.Fatal(err)
	}
	listed := func(query string) (got []string) {
		b.Helper()
		a := b.want(b.get(b.shop("/receipts%s", query)), 200, "")
		for _, row := range a.json["results"].([]any) {
			got = append(got, fmt.Sprint(row.(map[string]any)["receipt_id"]))
		}
		return got
	}
	for query, want := range map[string][]string{
		"":                                       {ids[2], ids[1], ids[0]},
		"?sort_order=ascending":                  ids[:3],
		"?sort_on=updated&sort_order=asc":        {ids[0], ids[2], ids[1]},
		"?sort_on=receipt_id&sort_order=up":      ids[:3],
		"?limit=1&offset=1":                      {ids[1]},
		"?offset=3":                              nil,
		"?was_canceled=true":                     {ids[3]},
		"?was_shipped=true":                      {ids[1]},
		"?was_shipped=0":                         {ids[2], ids[0]},
		"?was_paid=1":                            {ids[2], ids[1], ids[0]},
		"?was_paid=false":                        nil,
		"?was_delivered=true":                    nil,
		fmt.Sprintf("?min_created=%d", start+60): {ids[2], ids[1]},
		fmt.Sprintf("?max_created=%d", start+60): {ids[1], ids[0]},
		fmt.Sprintf("?min_last_modified=%d", start+240):                {ids[1]},
		fmt.Sprintf("?max_last_modified=%d", start+239):                {ids[2], ids[0]},
		fmt.Sprintf("?min_last_modified=%d&was_canceled=1", start+300): {ids[3]},
	} {
		if got := listed(query); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"?limit=101", "?offset=12001", "?min_created=5", "?max_last_modified=x", "?was_paid=maybe", "?sort_on=name", "?sort_order=x"} {
		b.want(b.get(b.shop("/receipts%s", query)), 400, "")
	}
}

func TestShipment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("MUG", 9)
	receipt := b.order("MUG", 1, "")
	path := b.shop("/receipts/%s/tracking", receipt)
	for _, tc := range []struct{ body, want string }{
		{`{}`, "required for orders over $10"}, {`{"tracking_code":"1Z"}`, "together"}, {`{"carrier_name":"usps"}`, "together"},
		{`{"tracking_code":"1Z","carrier_name":"pigeon"}`, "not a known carrier"}, {`{"tracking_code":5,"carrier_name":"usps"}`, "Invalid request body"},
		{`[]`, "Invalid request body"}, {`{"tracking_code":"` + strings.Repeat("1", 101) + `","carrier_name":"other"}`, "too long"},
	} {
		b.want(b.json("POST", path, tc.body), 400, tc.want)
	}
	a := b.want(b.json("POST", path, `{"tracking_code":"1Z","carrier_name":"usps","note_to_buyer":"Bye","send_bcc":true}`), 200, `"tracking_code":"1Z"`)
	for _, want := range []string{`"status":"completed"`, `"is_shipped":true`, `"carrier_name":"usps"`, fmt.Sprintf(`"shipped_timestamp":%d`, b.clock().Unix())} {
		b.want(a, 200, want)
	}
	b.want(b.json("POST", path, `{"tracking_code":"1Z","carrier_name":"usps"}`), 200, "") // mails again
	mails, err := b.sim.Mails(t.Context())
	if err != nil || len(mails) != 2 || mails[0].Note != "Bye" || !mails[0].BCC || mails[0].Buyer != "Ada Abel" {
		t.Errorf("mails %+v %v", mails, err)
	}
	b.want(b.json("PUT", fmt.Sprintf("/listings/%d/inventory", id), strings.Replace(b.single("MUG", 2), "12.5", "5", 1)), 200, "")
	cheap := b.order("MUG", 1, "")
	b.want(b.json("POST", b.shop("/receipts/%s/tracking", cheap), `{}`), 200, `"shipments":[]`)
	gone := b.order("MUG", 1, "")
	if err := b.sim.CancelOrder(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	b.want(b.json("POST", b.shop("/receipts/%s/tracking", gone), `{}`), 409, "canceled")
	b.want(b.form("PUT", b.shop("/receipts/%s", gone), url.Values{"was_shipped": {"1"}}), 400, "canceled")
	b.want(b.get(b.shop("/receipts/%s", gone)), 200, `"refunds":[{"amount":{"amount":999,`)
	b.want(b.json("POST", b.shop("/receipts/5/tracking"), `{}`), 404, "")
}

func TestUpdateReceipt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.active("MUG", 9)
	path := b.shop("/receipts/%s", b.order("MUG", 1, ""))
	b.want(b.form("PUT", path, url.Values{"was_paid": {"false"}}), 200, `"is_paid":false`)
	b.want(b.form("PUT", path, url.Values{"was_shipped": {"1"}, "was_paid": {"1"}}), 200, `"is_shipped":true`)
	b.want(b.form("PUT", path, url.Values{"was_shipped": {"0"}}), 200, `"status":"paid"`)
	b.want(b.form("PUT", path, url.Values{"was_shipped": {"soon"}}), 400, "Expected bool")
}

func TestRestrictedApplication(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.Restricted = true
	b.active("MUG", 9)
	receipt := b.order("MUG", 1, "")
	a := b.want(b.get(b.shop("/receipts/%s", receipt)), 200, `"first_line":null`)
	if strings.Contains(string(a.raw), "Elm Street") {
		t.Errorf("an address: %s", a.raw)
	}
	b.want(b.json("POST", b.shop("/receipts/%s/tracking", receipt), `{"tracking_code":"1Z","carrier_name":"usps"}`), 403, "access")
}

func TestBuyersWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.sim.SendMessage(t.Context(), simkit.Message{Text: "Hello"}); !errors.Is(err, simkit.ErrNotOffered) {
		t.Errorf("a message without an order: %v", err)
	}
	b.active("MUG", 9)
	receipt := b.order("MUG", 1, "")
	b.wait(time.Minute)
	for _, text := range []string{"Blue, please", "Thanks"} {
		if id, err := b.sim.SendMessage(t.Context(), simkit.Message{Text: text, Order: receipt}); err != nil || id != receipt {
			t.Errorf("%s: %s %v", text, id, err)
		}
	}
	a := b.want(b.get(b.shop("/receipts/%s", receipt)), 200, `"message_from_buyer":"Blue, please\nThanks"`)
	if a.id("updated_timestamp") != b.clock().Unix() {
		t.Errorf("updated at %d", a.id("updated_timestamp"))
	}
	for _, order := range []string{"x", "5"} {
		if _, err := b.sim.SendMessage(t.Context(), simkit.Message{Text: "Hi", Order: order}); err == nil {
			t.Errorf("a message about order %s", order)
		}
	}
}

func TestReviews(t *testing.T) {
	t.Parallel()
	b := setup(t)
	listing := b.active("MUG", 9)
	first, second := b.order("MUG", 1, ""), b.order("MUG", 1, "")
	start := b.clock().Unix()
	for i, receipt := range []string{first, second} {
		if _, err := b.sim.LeaveReview(t.Context(), receipt, 5-i, "Nice "+receipt); err != nil {
			t.Fatal(err)
		}
		b.wait(time.Minute)
	}
	if _, err := b.sim.LeaveReview(t.Context(), first, 1, "Again"); err == nil {
		t.Error("a second review of the same line")
	}
	for _, rating := range []int{0, 6} {
		if _, err := b.sim.LeaveReview(t.Context(), first, rating, ""); err == nil {
			t.Errorf("rating %d", rating)
		}
	}
	b.token = "" // the key is enough
	a := b.want(b.get(b.shop("/reviews")), 200, `"count":2`)
	if newest := a.json["results"].([]any)[0].(map[string]any); newest["review"] != "Nice "+second {
		t.Errorf("newest first: %v", newest)
	}
	b.want(b.get(fmt.Sprintf("/listings/%d/reviews?limit=1", listing)), 200, `"rating":4`)
	b.want(b.get(b.shop("/reviews?min_created=%d", start+60)), 200, `"count":1`)
	b.want(b.get(b.shop("/reviews?max_created=%d", start)), 200, `"rating":5`)
	b.want(b.get(b.shop("/reviews?min_created=1")), 400, "")
	b.want(b.get(b.shop("")), 200, `"review_average":4.5`)
}

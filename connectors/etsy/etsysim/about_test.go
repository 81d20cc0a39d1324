package etsysim

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
)

// kit makes a draft in a category that requires a property.
func (b *stall) kit() int64 {
	b.Helper()
	fields := b.complete(draftFields())
	fields.Set("taxonomy_id", "6592")
	return b.want(b.form(http.MethodPost, b.shop("/listings"), fields), http.StatusCreated, "").id("listing_id")
}

func TestListingProperties(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.kit()
	path := func(property int64) string { return b.shop("/listings/%d/properties/%d", id, property) }
	put := func(property int64, form string) answer {
		values, err := url.ParseQuery(form)
		if err != nil {
			t.Fatal(err)
		}
		return b.form(http.MethodPut, path(property), values)
	}
	for form, want := range map[string]string{
		"values=Knitting":                                          "[value_ids]",
		"value_ids=2801":                                           "[values]",
		"value_ids=2801&values=Crochet":                            "not valid for property",
		"value_ids=9&values=Macrame":                               "not valid for property",
		"value_ids=0&values=Knitting":                              "value_ids",
		"value_ids=2801,2802&values=Knitting":                      "each with its id",
		"value_ids=2801&values=Knitting&scale_id=5":                "scale_id",
		"value_ids=2801,2802,2803&values=Knitting,Crochet,Weaving": "cannot be more than 2",
	} {
		b.want(put(craftID, form), 400, want)
	}
	b.want(put(needleID, "value_ids=2901&values=4"), 400, "not valid") // of which scale?
	b.want(put(lengthID, "value_ids=1&values=12&scale_id=5"), 400, "not valid")
	b.want(put(scentID, "value_ids=2601&values=Cedar"), 400, "not valid")
	b.want(b.del(path(craftID)), 404, "")
	b.want(b.upload(id, testPicture(t), nil), http.StatusCreated, "")
	b.want(b.setState(id, stateActive), 400, "Must supply all required attributes")
	b.want(put(craftID, "value_ids=2801,2803&values=Knitting,Weaving"), 200, `"values":["Knitting","Weaving"]`)
	b.want(put(needleID, "value_ids=2911&values=4&scale_id=42"), 200, `"scale_name":"Metric"`)
	b.want(b.get(b.shop("/listings/%d/properties", id)), 200, `"count":2`)
	b.want(b.setState(id, stateActive), 200, `"active"`)
	b.want(b.del(path(needleID)), 204, "")
	b.want(b.get(b.shop("/listings/%d/properties", id)), 200, `"count":1`)
}

func TestPersonalization(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	write, read := b.shop("/listings/%d/personalization", id), fmt.Sprintf("/listings/%d/personalization", id)
	one := func(fields string) string {
		return `{"personalization_questions":[{"question_text":"Name","question_type":"text_input","required":true` + fields + `}]}`
	}
	long := fmt.Sprintf("%0300d", 1)
	for body, want := range map[string]string{
		`{}`:                               "[personalization_questions]",
		`{"personalization_questions":[]}`: "1 to 1 questions",
		`{"personalization_questions":[{"question_text":"Name","required":true}]}`:                                      "are required",
		`{"personalization_questions":[{"question_text":"","question_type":"text_input","required":true}]}`:             "1 to 45",
		`{"personalization_questions":[{"question_text":"N","question_type":"checkbox","required":true}]}`:              "checkbox",
		`{"personalization_questions":[{"question_text":"N","question_type":"dropdown","required":true}]}`:              "only text_input",
		`{"personalization_questions":[{"question_text":"` + long + `","question_type":"text_input","required":true}]}`: "1 to 45",
		one(`,"instructions":"` + long + `"`): "instructions",
		one(`,"max_allowed_characters":0`):    "max_allowed_characters",
		one(`,"max_allowed_characters":2000`): "max_allowed_characters",
		one(`,"options":[{"label":"A"}]`):     "dropdowns",
		one(`,"is_personalizable":true`):      "is_personalizable",
	} {
		b.want(b.json(http.MethodPost, write, body), 400, want)
	}
	b.want(b.get(read), 200, `{"personalization_questions":[]}`)
	b.want(b.del(write), 404, "")
	b.want(b.json(http.MethodPost, write, one(`,"max_allowed_characters":20,"instructions":null`)), 201, `"max_allowed_characters":20`)
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"is_personalizable":true`)
	two := `{"personalization_questions":[{"question_text":"Name","question_type":"text_input","required":true},{"question_text":"Font","question_type":"dropdown","required":false,"options":[{"label":"Arial"}]}]}`
	b.want(b.json(http.MethodPost, write, two), 400, "1 to 1")
	b.want(b.json(http.MethodPost, write+"?supports_multiple_personalization_questions=true", two), 201, `"label":"Arial"`)
	b.want(b.json(http.MethodPost, write, one("")), 409, "more than one")
	b.want(b.del(write), 204, "")
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 200, `"is_personalizable":false`)
	b.want(b.form(http.MethodPatch, b.shop("/listings/%d", id), url.Values{"is_personalizable": {"true"}}), 400, "updateListingPersonalization")
}

func TestWhatEtsyItselfDoesToListings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("X", 3)
	if err := b.sim.Suspend(t.Context(), id, "sold_out"); err == nil {
		t.Error("a listing is suspended into sold_out")
	}
	for state, want := range map[string]int{stateEdit: 400, stateRemoved: 409} {
		if err := b.sim.Suspend(t.Context(), id, state); err != nil {
			t.Fatal(err)
		}
		r := formRequest(http.MethodPatch, "/v3/application"+b.shop("/listings/%d", id), url.Values{"state": {stateActive}})
		r.Header.Set("X-Api-Key", testKeystring+":"+testSecret)
		r.Header.Set("Authorization", "Bearer "+b.token)
		b.want(b.serve(r), want, "state = "+state)
		b.want(b.del(fmt.Sprintf("/listings/%d", id)), 409, state)
	}
	if err := b.sim.DeleteListing(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	b.want(b.get(fmt.Sprintf("/listings/%d", id)), 404, "")
	if err := b.sim.DeleteListing(t.Context(), id); err == nil {
		t.Error("a listing is deleted twice")
	}
}

// TestUnfinishedShop: the refusal speaks of pictures, as Etsy's does. It is a
// list, which Etsy's own description has not.
func TestUnfinishedShop(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sim.Unfinished = true
	r := formRequest(http.MethodPost, "/v3/application"+b.shop("/listings"), b.complete(draftFields()))
	r.Header.Set("X-Api-Key", testKeystring+":"+testSecret)
	r.Header.Set("Authorization", "Bearer "+b.token)
	b.want(b.serve(r), 400, `[{"message":"cannot be less than 1 items","path":"/images","type":"array_too_short"}]`)
}

func TestRefunds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.active("X", 5)
	id := b.order("X", 2, "")
	if err := b.sim.RefundOrder(t.Context(), id, 9999); err == nil {
		t.Error("more is given back than was paid")
	}
	if err := b.sim.RefundOrder(t.Context(), id, 500); err != nil {
		t.Fatal(err)
	}
	b.want(b.get(b.shop("/receipts/%s", id)), 200, `"status":"partially refunded"`)
	b.want(b.json(http.MethodPost, b.shop("/receipts/%s/tracking", id), `{"tracking_code":"1","carrier_name":"usps"}`), 200, `"status":"partially refunded"`)
	if err := b.sim.RefundOrder(t.Context(), id, 0); err != nil {
		t.Fatal(err)
	}
	b.want(b.get(b.shop("/receipts/%s", id)), 200, `"status":"fully refunded"`)
	b.want(b.get(b.shop("/receipts/%s", id)), 200, `"amount":{"amount":500,`)
}

func TestWishesOfBuyers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	listing := b.active("X", 5)
	id := b.order("X", 1, "")
	if err := b.sim.Wish(t.Context(), id, "", "Ada"); err == nil {
		t.Error("a question that nobody asked is answered")
	}
	if err := b.sim.Ask(t.Context(), listing, "Name"); err != nil {
		t.Fatal(err)
	}
	if err := b.sim.Wish(t.Context(), id, "Happy birthday", "Ada"); err != nil {
		t.Fatal(err)
	}
	a := b.want(b.get(b.shop("/receipts/%s", id)), 200, `"gift_message":"Happy birthday"`)
	b.want(a, 200, `"formatted_name":"Name","formatted_value":"Ada","question_id":`)
}

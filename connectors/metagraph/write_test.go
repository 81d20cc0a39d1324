package metagraph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

// script is a Meta that answers what it is told to, in turn.
type script struct {
	answers []string
	sent    []httpclient.Request
}

func (s *script) Do(_ context.Context, r httpclient.Request) (httpclient.Response, error) {
	s.sent = append(s.sent, r)
	next := s.answers[0]
	s.answers = s.answers[1:]
	status := http.StatusOK
	if strings.Contains(next, `"error":{`) {
		status = http.StatusInternalServerError
	}
	return httpclient.Response{Status: status, Header: http.Header{}, Body: []byte(next)}, nil
}

type still channel.Tokens

func (t still) Tokens(context.Context) (channel.Tokens, error) { return channel.Tokens(t), nil }
func (still) Refreshed(context.Context, string) (channel.Tokens, error) {
	return channel.Tokens{}, errors.New("not asked for")
}

// ledger is a Saver that keeps what is open.
type ledger map[string]channel.Call

func (l ledger) Begin(_ context.Context, c channel.Call) error { l[c.ID] = c; return nil }
func (l ledger) Sent(_ context.Context, id, token string, at time.Time) error {
	c := l[id]
	c.Token, c.CheckAt = token, at
	l[id] = c
	return nil
}
func (ledger) Created(context.Context, channel.Result) error { return nil }
func (l ledger) End(_ context.Context, id string) error      { delete(l, id); return nil }

func scripted(t *testing.T, answers ...string) (*Shop, *script) {
	t.Helper()
	s, n := &script{answers: answers}, 0
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	env := channel.Env{HTTP: s, Now: func() time.Time { return now }, NewID: func() string { n++; return fmt.Sprint("call", n) }}
	shop, err := Open(channel.OpenParams{Env: env, App: &App{ID: "55", Secret: "s", Version: "v26.0"}, Settings: &Settings{Page: "1", PageName: "Stall", Catalog: "9"}, Tokens: still{Access: "T"}}, Surface{Channel: commerce.Facebook})
	if err != nil {
		t.Fatal(err)
	}
	return shop, s
}

// teas are new listings.
func teas(n int) []channel.Change {
	var changes []channel.Change
	for i := range n {
		c := tea()
		c.Listing = commerce.Listing{ID: commerce.ListingID(fmt.Sprint("lst_", i))}
		c.Product.ID, c.Groups = commerce.ProductID(fmt.Sprint("prd_", i)), commerce.Groups()
		c.Product.Variants = []commerce.Variant{{ID: commerce.VariantID(fmt.Sprint("v", i)), SKU: commerce.SKU(fmt.Sprint("SKU-", i)), Price: commerce.Money{Amount: 500, Currency: "USD"}}}
		changes = append(changes, c)
	}
	return changes
}

// creation is the intent of one of them.
func creation(n int) string {
	c := teas(n + 1)[n]
	v := c.Product.Variants[0]
	return intent{remote: string(v.SKU), steps: []step{{made, v.ID, string(v.SKU), traitsOf(newSheet(c, "Stall").all(v))}}}.encode()
}

func outcomes(results []channel.Result) []channel.Outcome {
	var list []channel.Outcome
	for _, r := range results {
		list = append(list, r.Outcome)
	}
	return list
}

func TestSmallerWhenMetaAsks(t *testing.T) {
	t.Parallel()
	s, meta := scripted(t, `{"error":{"code":1,"message":"Please reduce the amount of data you're asking for"}}`, `{"handles":["Ac1"]}`)
	book := ledger{}
	results, err := s.Apply(t.Context(), teas(5), book)
	if err != nil {
		t.Fatal(err)
	}
	p, m := channel.Pending, channel.More
	if got := outcomes(results); !slices.Equal(got, []channel.Outcome{p, p, m, m, m}) || len(book) != 1 || len(meta.sent) != 2 {
		t.Errorf("outcomes %v, open %v", got, book)
	}
	one, _ := scripted(t, `{"error":{"code":1,"message":"Please reduce the amount of data you're asking for"}}`)
	results, err = one.Apply(t.Context(), teas(1), ledger{})
	if err != nil || results[0].Outcome != channel.Refused || results[0].Views[commerce.Facebook].Problems[0].Rule != "item_too_large" {
		t.Errorf("one that is too large: %+v, %v", results, err)
	}
}

// TestFewestCalls: a change of 5,000 items that exist is one call.
func TestFewestCalls(t *testing.T) {
	t.Parallel()
	changes := teas(1000)
	for i := range changes {
		c := &changes[i]
		c.Listing.Remote, c.Listing.Items = "group", map[commerce.VariantID]commerce.RemoteID{}
		c.Groups, c.Stock = []commerce.Group{commerce.GroupStock}, map[commerce.VariantID]int64{}
		c.Listing.Shown = map[commerce.Group]string{commerce.GroupPrice: "p", commerce.GroupText: "t", commerce.GroupImages: "i"}
		for n := range 5 {
			v := commerce.Variant{ID: commerce.VariantID(fmt.Sprint("v", i, "-", n)), SKU: commerce.SKU(fmt.Sprint("SKU-", i, "-", n)), Price: commerce.Money{Amount: 500, Currency: "USD"}}
			if n == 0 {
				c.Product.Variants = nil
			}
			c.Product.Variants = append(c.Product.Variants, v)
			c.Listing.Items[v.ID], c.Stock[v.ID] = commerce.RemoteID(v.SKU), int64(n)
		}
	}
	s, meta := scripted(t, `{"handles":["Ac1"]}`)
	results, err := s.Apply(t.Context(), changes, ledger{})
	if err != nil || len(meta.sent) != 1 {
		t.Fatalf("%d calls, %v", len(meta.sent), err)
	}
	for _, r := range results {
		if r.Outcome != channel.Pending {
			t.Fatalf("left behind: %+v", r)
		}
	}
}

func TestNothingTakenIn(t *testing.T) {
	t.Parallel()
	s, _ := scripted(t, `{"handles":[],"validation_status":[{"retailer_id":"SKU-1","errors":[{"message":"price must look like 9.99 USD"}]}]}`)
	book := ledger{}
	results, err := s.Apply(t.Context(), teas(2), book)
	if err != nil || len(book) != 0 {
		t.Fatal(err, book)
	}
	if results[0].Outcome != channel.Failed || !fault.Is(results[0].Err, fault.Temporary) {
		t.Errorf("the innocent: %+v", results[0])
	}
	if p := results[1].Views[commerce.Facebook].Problems; results[1].Outcome != channel.Refused || p[0].Field != "variants[0].price" {
		t.Errorf("the refused: %+v", results[1])
	}
}

// A catalog the connection may not write to is no reason to try eight times, nor
// to give the work up: it waits for the seller.
func TestMissingPermissionWaits(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"error":{"message":"(#200) Requires catalog_management permission","type":"OAuthException","code":200}}`,
		`{"error":{"message":"Permission","type":"OAuthException","code":10}}`,
		`{"error":{"message":"Object does not exist","type":"GraphMethodException","code":100,"error_subcode":33}}`,
	} {
		s, _ := scripted(t, answer, answer, answer)
		open := ledger{}
		results, err := s.Apply(t.Context(), teas(3), open)
		if f := fault.Of(err); results != nil || len(open) != 0 || f.Kind != fault.Denied || f.Code != "needs_permission" || !strings.Contains(f.Message, "Connect again") {
			t.Errorf("%v, %v, open %v", results, err, open)
		}
		call := channel.OpenCall{Call: channel.Call{ID: "c", BeganAt: s.env.Now().Add(-time.Hour)}, Changes: teas(1)}
		call.Intent = map[string]string{"lst_0": creation(0)}
		if _, err := s.Settle(t.Context(), []channel.OpenCall{call}, open); fault.Of(err) == nil || fault.Of(err).Code != "needs_permission" {
			t.Errorf("settled: %v", err)
		}
		if _, err := s.Listings(t.Context(), []commerce.Listing{{ID: "l", Items: map[commerce.VariantID]commerce.RemoteID{"v": "TEA"}}}); fault.Of(err) == nil || fault.Of(err).Code != "needs_permission" {
			t.Errorf("read back: %v", err)
		}
	}
}

func TestRefusedItemsTravelInTheTicket(t *testing.T) {
	t.Parallel()
	s, _ := scripted(t, `{"handles":["Ac1"],"validation_status":[{"retailer_id":"SKU-1","errors":[{"message":"brand is required"}]},{"retailer_id":"SKU-0","warnings":[{"message":"Unrecognised field: x"}]}]}`,
		`{"data":[{"handle":"Ac1","status":"finished","errors_total_count":0}]}`)
	book, changes := ledger{}, teas(2)
	results, err := s.Apply(t.Context(), changes, book)
	if err != nil || !slices.Equal(outcomes(results), []channel.Outcome{channel.Pending, channel.Refused}) {
		t.Fatal(err, outcomes(results))
	}
	settled, err := s.Settle(t.Context(), []channel.OpenCall{{Call: book["call1"], Changes: changes}}, book)
	if err != nil {
		t.Fatal(err)
	}
	if settled[0].Outcome != channel.Done || settled[0].Items["v0"] != "SKU-0" || settled[0].Remote != "SKU-0" || settled[1].Outcome != channel.Refused || len(settled[1].Items) != 0 || len(settled[1].Views) != 0 {
		t.Errorf("settled %+v", settled)
	}
}

func TestFailureNobodyNamesIsReadBack(t *testing.T) {
	t.Parallel()
	s, _ := scripted(t, `{"data":[{"handle":"Ac1","status":"finished","errors_total_count":1}]}`,
		`{"data":[{"retailer_id":"SKU-0","name":"Tea","description":"Green.","url":"https://s.example/tea","image_url":"https://i.example/t.png","price":"$5.00","availability":"out of stock"}]}`)
	changes := teas(2)
	for i := range changes {
		changes[i].Stock = nil
	}
	call := channel.Call{ID: "c", Token: "Ac1", Intent: map[string]string{"lst_0": creation(0), "lst_1": creation(1)}, BeganAt: s.env.Now()}
	settled, err := s.Settle(t.Context(), []channel.OpenCall{{Call: call, Changes: changes}}, nil)
	if err != nil || !slices.Equal(outcomes(settled), []channel.Outcome{channel.Done, channel.More}) {
		t.Errorf("settled %v, %v", outcomes(settled), err)
	}
}

func TestSlowAndForgottenHandles(t *testing.T) {
	t.Parallel()
	gone := `{"error":{"code":100,"message":"The handle is invalid or has expired"}}`
	for name, c := range map[string]struct {
		age     time.Duration
		answers []string
		want    channel.Outcome
	}{
		"running":           {time.Minute, []string{`{"data":[{"status":"in_progress"}]}`}, channel.Pending},
		"another word":      {time.Minute, []string{`{"data":[{"status":"queued"}]}`}, channel.Pending},
		"for an hour":       {time.Hour, []string{`{"data":[{"status":"in_progress"}]}`, `{"data":[]}`}, channel.More},
		"forgotten at once": {time.Minute, []string{gone, `{"data":[]}`}, channel.Pending},
		"forgotten":         {time.Hour, []string{gone, `{"data":[]}`}, channel.More},
	} {
		s, _ := scripted(t, c.answers...)
		call := channel.Call{ID: "c", Token: "Ac1", Intent: map[string]string{"lst_0": creation(0)}, BeganAt: s.env.Now().Add(-c.age)}
		settled, err := s.Settle(t.Context(), []channel.OpenCall{{Call: call, Changes: teas(1)}}, nil)
		if err != nil || settled[0].Outcome != c.want || c.want == channel.Pending && !settled[0].CheckAt.After(s.env.Now()) {
			t.Errorf("%s: %+v, %v", name, settled, err)
		}
	}
}

func TestSliceIsOver(t *testing.T) {
	t.Parallel()
	s, meta := scripted(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	results, err := s.Apply(ctx, teas(1), ledger{})
	if err != nil || results[0].Outcome != channel.More || len(meta.sent) != 0 {
		t.Errorf("%+v, %v", results, err)
	}
	settled, err := s.Settle(ctx, []channel.OpenCall{{Call: channel.Call{ID: "c"}, Changes: teas(1)}}, nil)
	if err != nil || settled[0].Outcome != channel.Pending {
		t.Errorf("%+v, %v", settled, err)
	}
}

package etsy_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// away answers 503 below a path while it is on, as Etsy documents for its
// taxonomy.
type away struct {
	next http.RoundTripper
	path string
	on   bool
}

// RoundTrip implements http.RoundTripper.
func (a *away) RoundTrip(r *http.Request) (*http.Response, error) {
	if !a.on || !strings.Contains(r.URL.Path, a.path) {
		return a.next.RoundTrip(r)
	}
	return &http.Response{StatusCode: http.StatusServiceUnavailable, Status: "503 Service Unavailable", Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// TestStockGoesOutWithoutTheTaxonomy: a text that needs what is away waits, the
// quantities do not.
func TestStockGoesOutWithoutTheTaxonomy(t *testing.T) {
	t.Parallel()
	gone := &away{path: "/seller-taxonomy/"}
	b := settle(t, world.New(t, world.Config{Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: 4, Wrap: func(next http.RoundTripper) http.RoundTripper {
		gone.next = next
		return gone
	}}))
	g := mug("calm")
	b.push(g, commerce.ListingLive)
	b.open(b.settings) // a new process, which knows nothing of the taxonomy
	gone.on = true
	g.p.Title, g.p.Attributes = "Calm mug", map[string]string{"primary color": "Blue"}
	r := b.apply(t.Context(), b.change(g.fill(7)))[0]
	if r.Outcome != channel.Failed || !fault.Is(r.Err, fault.Temporary) || !slices.Equal(r.Done, []commerce.Group{commerce.GroupStock}) || b.quantities(g)["calm-0"] != 7 {
		t.Errorf("outcome %q, %v, done %v, pieces %v", r.Outcome, r.Err, r.Done, b.quantities(g))
	}
	gone.on = false
	b.push(g, commerce.ListingLive)
	if l := b.shown(g); l.Title != "Calm mug" || b.said(g)["Primary color"] != "Blue" {
		t.Errorf("title %q, properties %v", l.Title, b.said(g))
	}
}

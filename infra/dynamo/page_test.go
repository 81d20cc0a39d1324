package dynamo_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// few and many are how much lies in a list: what a page costs may not tell them
// apart. A page is a Query with a limit, so what holds for four times as much
// holds for any number.
const few, many = 60, 240

// fill puts n of everything a page lists into a workspace.
func fill(ctx context.Context, s *dynamo.Store, w commerce.WorkspaceID, n int, now time.Time) error {
	for i := range n {
		at, id := now.Add(time.Duration(i)*time.Second), fmt.Sprintf("%06d", i)
		o := sampleOrder(at)
		o.ID, o.Number = commerce.OrderID(id), id
		write := port.OrderWrite{Order: o}
		write.Attend(commerce.AttentionShort, true)
		if i < few {
			write.Lookups = []port.Lookup{{Kind: "sku", Value: "tee"}}
		}
		_, err := s.PutOrder(ctx, w, write)
		steps := []func() error{
			func() error {
				c := commerce.Conversation{ID: commerce.ConversationID(id), Channel: commerce.Facebook, State: commerce.ConvOpen, Snippet: "Hello", LastAt: at, CreatedAt: at}
				_, err := s.PutMessage(ctx, w, port.MessageWrite{Conversation: c})
				return err
			},
			func() error {
				m := &commerce.Message{Conversation: "000000", ID: commerce.MessageID(id), Remote: commerce.RemoteID(id), By: commerce.ByBuyer, Text: "Hello", At: at}
				c, err := s.Conversation(ctx, w, "000000")
				if err == nil {
					_, err = s.PutMessage(ctx, w, port.MessageWrite{Conversation: c, Message: m})
				}
				return err
			},
			func() error {
				l := commerce.Listing{ID: commerce.ListingID(id), Target: "t", Product: commerce.ProductID(id), CreatedAt: at,
					Views: map[commerce.Channel]commerce.View{commerce.Etsy: {Channel: commerce.Etsy, State: commerce.ListingLive, Since: at}}}
				p := commerce.Product{ID: commerce.ProductID(id), Handle: id, Title: "Tee", CreatedAt: at, Variants: []commerce.Variant{{ID: commerce.VariantID(id), SKU: commerce.SKU(id)}}}
				_, err := s.PutProduct(ctx, w, port.ProductWrite{Product: p, Claims: []commerce.SKU{commerce.SKU(id)}, Listings: []commerce.Listing{l}})
				return err
			},
			func() error {
				l := commerce.StockLevel{Variant: commerce.VariantID(id), SKU: commerce.SKU(id), Location: commerce.LocationDefault}
				return s.Move(ctx, w, port.LevelMove{Level: l, Move: commerce.StockMove{ID: "m", Variant: l.Variant, Location: l.Location, Anchor: at}})
			},
			func() error {
				l := commerce.StockLevel{Variant: "hot", SKU: "hot", Location: commerce.LocationDefault, Version: int64(i)}
				return s.Move(ctx, w, port.LevelMove{Level: l, Move: commerce.StockMove{ID: id, Variant: "hot", Location: l.Location, Anchor: at}})
			},
			func() error {
				return s.PutReview(ctx, w, commerce.Review{ID: commerce.ReviewID(id), Channel: commerce.Etsy, At: at})
			},
			func() error { return s.PutFailure(ctx, port.Failure{ID: id, Space: w, At: at}) },
			func() error {
				_, err := s.PutJob(ctx, port.Job{ID: commerce.JobID(id), Space: w, CreatedAt: at})
				return err
			},
			func() error {
				c := port.Contribution{Date: "2026-11-01", Quarter: i % 8, Channel: commerce.Etsy, Currency: "USD", Amount: 5, Orders: 1}
				return s.Fold(ctx, w, port.FoldWrite{Order: o.ID, Next: c})
			},
		}
		for _, step := range steps {
			if err == nil {
				err = step()
			}
		}
		if err != nil {
			return fmt.Errorf("fill %d: %w", i, err)
		}
	}
	return nil
}

// paged reads the first page and the one behind it.
func paged[T any](list func(p port.Page) (port.List[T], error)) func() error {
	return func() error {
		first, err := list(port.Page{Limit: 25})
		if err == nil {
			_, err = list(port.Page{Limit: 25, Cursor: first.Next})
		}
		return err
	}
}

// pages are what every list of the dashboard asks storage for.
func pages(ctx context.Context, s *dynamo.Store, w commerce.WorkspaceID) map[string]func() error {
	count := func(n int, err error) error { return err }
	return map[string]func() error{
		"orders": paged(func(p port.Page) (port.List[port.OrderItem], error) {
			return s.ListOrders(ctx, w, port.OrderFilter{}, p)
		}),
		"orders of a state": paged(func(p port.Page) (port.List[port.OrderItem], error) {
			return s.ListOrders(ctx, w, port.OrderFilter{State: "open"}, p)
		}),
		"orders to look at": paged(func(p port.Page) (port.List[port.OrderItem], error) {
			return s.ListOrders(ctx, w, port.OrderFilter{Attention: commerce.AttentionShort}, p)
		}),
		"orders found":        func() error { _, err := s.FindOrders(ctx, w, []port.Lookup{{Kind: "sku", Value: "tee"}}); return err },
		"orders counted":      func() error { return count(s.CountOrders(ctx, w, commerce.OrderPaid, 50)) },
		"to look at, counted": func() error { return count(s.CountAttention(ctx, w, commerce.AttentionShort, 50)) },
		"conversations": paged(func(p port.Page) (port.List[commerce.Conversation], error) {
			return s.ListConversations(ctx, w, port.ConversationFilter{}, p)
		}),
		"conversations open": paged(func(p port.Page) (port.List[commerce.Conversation], error) {
			return s.ListConversations(ctx, w, port.ConversationFilter{State: commerce.ConvOpen}, p)
		}),
		"messages": paged(func(p port.Page) (port.List[commerce.Message], error) { return s.ListMessages(ctx, w, "000000", p) }),
		"products": paged(func(p port.Page) (port.List[port.ProductItem], error) { return s.ListProducts(ctx, w, p) }),
		"listings": paged(func(p port.Page) (port.List[port.ListingItem], error) {
			return s.ListListings(ctx, w, port.ListingFilter{}, p)
		}),
		"listings of a state": paged(func(p port.Page) (port.List[port.ListingItem], error) {
			return s.ListListings(ctx, w, port.ListingFilter{State: commerce.ListingLive}, p)
		}),
		"levels":             paged(func(p port.Page) (port.List[commerce.StockLevel], error) { return s.ListLevels(ctx, w, "", p) }),
		"moves":              paged(func(p port.Page) (port.List[commerce.StockMove], error) { return s.ListMoves(ctx, w, "hot", p) }),
		"reviews":            paged(func(p port.Page) (port.List[commerce.Review], error) { return s.ListReviews(ctx, w, nil, p) }),
		"failures":           paged(func(p port.Page) (port.List[port.Failure], error) { return s.ListFailures(ctx, w, p) }),
		"jobs":               paged(func(p port.Page) (port.List[port.Job], error) { return s.ListJobs(ctx, w, p) }),
		"totals":             func() error { _, err := s.ListTotals(ctx, w, "2026-10-26", "2026-11-01"); return err },
		"totals by quarters": func() error { _, err := s.ListQuarters(ctx, w, "2026-10-26", "2026-11-01"); return err },
		"orders that wait":   func() error { return count(0, func() error { _, err := s.AnyWants(ctx, w); return err }()) },
	}
}

// TestAPageCostsTheSame: the first two pages of every list, with little and
// with four times as much behind them.
func TestAPageCostsTheSame(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, table := open(t, clock)
	m := &meter{API: client}
	s := dynamo.New(m, table, options(clock))
	units := map[string][2]float64{}
	for i, n := range []int{few, many} {
		w := commerce.WorkspaceID(fmt.Sprint("ws_", i))
		if err := fill(t.Context(), s, w, n, clock.Now()); err != nil {
			t.Fatal(err)
		}
		m.take()
		for name, read := range pages(t.Context(), s, w) {
			if err := read(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			u := units[name]
			u[i] = m.take()
			units[name] = u
		}
	}
	for name, u := range units {
		if u[0] != u[1] || u[0] == 0 {
			t.Errorf("%s: %g units of %d, %g of %d", name, u[0], few, u[1], many)
		}
	}
}

package dashboard

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

const (
	dateForm = "2006-01-02"
	// mostDays bounds a summary: it costs one Query however many orders there are.
	mostDays = 366
	// countUpTo is where counting stops: a page costs the same at any size.
	countUpTo = 100
	// openOrders is the state that stands for everything that has to be shipped.
	openOrders commerce.OrderState = "open"
)

func (h *Handler) summaryRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/summary", Status: http.StatusOK}, h.summary),
	}
}

type summaryRequest struct {
	httpapi.Call
	From string `query:"from" validate:"omitempty,datetime=2006-01-02"`
	To   string `query:"to" validate:"omitempty,datetime=2006-01-02"`
}

type summary struct {
	From     string     `json:"from"`
	To       string     `json:"to"`
	TimeZone string     `json:"time_zone"`
	Totals   []total    `json:"totals"`
	Days     []dayTotal `json:"days"`
	Counts   counts     `json:"counts"`
}

type dayTotal struct {
	Date string `json:"date"`
	total
}

type total struct {
	Channel commerce.Channel `json:"channel"`
	Orders  int64            `json:"orders"`
	Items   int64            `json:"items"`
	Amount  commerce.Money   `json:"amount"`
}

type count struct {
	Count int  `json:"count"`
	More  bool `json:"more"`
}

type counts struct {
	OrdersToShip         count     `json:"orders_to_ship"`
	OrdersShort          count     `json:"orders_short"`
	OrdersUnknownItem    count     `json:"orders_unknown_item"`
	ConversationsOpen    count     `json:"conversations_open"`
	WaitingSince         time.Time `json:"waiting_since,omitzero"`
	ListingsRejected     count     `json:"listings_rejected"`
	ListingsInReview     count     `json:"listings_in_review"`
	Failures             count     `json:"failures"`
	Connections          count     `json:"connections"`
	ConnectionsAttention count     `json:"connections_attention"`
}

func (h *Handler) summary(ctx context.Context, req *summaryRequest) (*summary, error) {
	w, err := h.Store.Workspace(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	s := &summary{From: req.From, To: req.To, TimeZone: w.TimeZone}
	if err := s.dates(h.Now(), w.TimeZone); err != nil {
		return nil, err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error {
		rows, err := h.Store.ListTotals(ctx, req.Space, s.From, s.To)
		s.Days, s.Totals = days(rows), totals(rows)
		return err
	})
	h.count(ctx, req.Space, &s.Counts, work)
	return s, work.Wait()
}

// dates fills what was left out: the last seven days of the seller's calendar.
func (s *summary) dates(now time.Time, zone string) error {
	place, err := time.LoadLocation(zone)
	if err != nil {
		place = time.UTC // a workspace's zone was checked when it was set
	}
	if s.To == "" {
		s.To = now.In(place).Format(dateForm)
	}
	to, err := time.Parse(dateForm, s.To)
	if err != nil {
		return err
	}
	if s.From == "" {
		s.From = to.AddDate(0, 0, -6).Format(dateForm)
	}
	from, err := time.Parse(dateForm, s.From)
	if err != nil {
		return err
	}
	if n := int(to.Sub(from).Hours()/24) + 1; n < 1 || n > mostDays {
		return &fault.Error{Kind: fault.Invalid, Code: "bad_range", Field: "from", Message: "from must not be after to, and both lie within 366 days."}
	}
	return nil
}

func days(rows []port.Total) []dayTotal {
	out := make([]dayTotal, 0, len(rows))
	for _, r := range rows {
		out = append(out, dayTotal{Date: r.Date, total: viewTotal(r)})
	}
	return out
}

// totals adds up the days per channel and currency; currencies never meet.
func totals(rows []port.Total) []total {
	out := []total{}
	for _, r := range rows {
		i := slices.IndexFunc(out, func(t total) bool { return t.Channel == r.Channel && t.Amount.Currency == r.Currency })
		if i < 0 {
			out = append(out, total{Channel: r.Channel, Amount: commerce.Money{Currency: r.Currency}})
			i = len(out) - 1
		}
		out[i].Orders += r.Orders
		out[i].Items += r.Items
		out[i].Amount.Amount += r.Amount
	}
	slices.SortFunc(out, func(a, b total) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Amount.Currency, b.Amount.Currency))
	})
	return out
}

// count starts all counts; each writes its own fields.
func (h *Handler) count(ctx context.Context, w commerce.WorkspaceID, c *counts, work *errgroup.Group) {
	page := port.Page{Limit: countUpTo}
	work.Go(func() error {
		// One more than is shown says whether there are more.
		n, err := h.Store.CountOrders(ctx, w, openOrders, countUpTo+1)
		c.OrdersToShip = count{Count: min(n, countUpTo), More: n > countUpTo}
		return err
	})
	for attention, into := range map[commerce.Attention]*count{commerce.AttentionShort: &c.OrdersShort, commerce.AttentionUnknown: &c.OrdersUnknownItem} {
		work.Go(func() error {
			n, err := h.Store.CountAttention(ctx, w, attention, countUpTo+1)
			*into = count{Count: min(n, countUpTo), More: n > countUpTo}
			return err
		})
	}
	work.Go(func() error {
		open, err := h.Store.ListConversations(ctx, w, port.ConversationFilter{State: commerce.ConvOpen}, page)
		c.ConversationsOpen, c.WaitingSince = counted(open), longest(open.Items)
		return err
	})
	for state, into := range map[commerce.ListingState]*count{commerce.ListingRejected: &c.ListingsRejected, commerce.ListingInReview: &c.ListingsInReview} {
		work.Go(func() error {
			listings, err := h.Store.ListListings(ctx, w, port.ListingFilter{State: state}, page)
			*into = counted(listings)
			return err
		})
	}
	work.Go(func() error {
		failures, err := h.Store.ListFailures(ctx, w, page)
		c.Failures = counted(failures)
		return err
	})
	work.Go(func() error {
		accounts, err := h.Store.ListAccounts(ctx, w)
		h.countConnections(c, accounts)
		return err
	})
}

// longest is since when the longest waiting buyer waits.
func longest(open []commerce.Conversation) time.Time {
	var since time.Time
	for _, c := range open {
		if !c.Waiting.IsZero() && (since.IsZero() || c.Waiting.Before(since)) {
			since = c.Waiting.UTC()
		}
	}
	return since
}

func (h *Handler) countConnections(c *counts, accounts []port.Account) {
	for _, a := range accounts {
		if a.State == port.AccountGone {
			continue
		}
		c.Connections.Count++
		if view := h.connection(a); a.State == port.AccountNeedsConsent || view.EndsSoon || (view.OK != nil && !*view.OK) {
			c.ConnectionsAttention.Count++
		}
	}
}

func counted[T any](l port.List[T]) count {
	return count{Count: len(l.Items), More: l.Next != ""}
}

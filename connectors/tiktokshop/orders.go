package tiktokshop

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	// overlap is how far a run looks back behind the one before: orders appear
	// late, and clocks differ (5 to 10 minutes are advised).
	overlap = 5 * time.Minute
	// ahead keeps orders of a marketplace whose clock is ahead of ours.
	ahead = time.Minute
)

// cursor is how far a poll has come; all times are Unix seconds. A run has one
// fixed window, From to Until, and walks the parts one after the other; only
// its end moves Read.
type cursor struct {
	Read  int64  `json:"read,omitempty"`  // everything before is read
	From  int64  `json:"from,omitempty"`  // of the run that goes on
	Until int64  `json:"until,omitempty"` // of the run that goes on
	Began int64  `json:"began,omitempty"`
	Part  int    `json:"part,omitempty"`
	Token string `json:"token,omitempty"` // its next page
}

// The parts of a run. Requests are lists of their own: they need not move the
// order they belong to.
const (
	partOrders = iota
	partCancellations
	partReturns
	partsAll
)

func (c cursor) text() string {
	raw, err := json.Marshal(c)
	if err != nil { // plain data: it can't happen
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// readCursor answers an empty cursor for text it can't read: reading again is
// harmless.
func readCursor(text string) cursor {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return cursor{}
	}
	return c
}

// run begins a run where the one before ended, or goes on with one.
func (c cursor) run(since, now time.Time) cursor {
	if c.Until > 0 {
		return c
	}
	from := since
	if c.Read > 0 {
		from = time.Unix(c.Read, 0).Add(-overlap)
	}
	return cursor{Read: c.Read, From: max(1, from.Unix()), Until: now.Add(ahead).Unix(), Began: now.Unix()}
}

// next is where a run goes on after a page, and whether it does.
func (c cursor) next(token string) (cursor, bool) {
	c.Token = token
	if token == "" {
		c.Part++
	}
	if c.Part >= partsAll {
		return cursor{Read: c.Began}, false
	}
	return c, true
}

// ListOrders reads orders by the time of their last change, oldest first, then
// names the orders of which something was asked. The window of a run is fixed at
// its start, so that pages do not shift.
func (c *Connector) ListOrders(ctx context.Context, p channel.Poll) (channel.Page, error) {
	run := readCursor(p.Cursor).run(p.Since, c.env.Now())
	updates, token, err := c.page(ctx, run, p.Limit)
	if f := fault.Of(err); f != nil && f.Code == api.CodePageToken && run.Token != "" {
		run.Token = "" // the page is not known any more: the part begins anew
		updates, token, err = c.page(ctx, run, p.Limit)
	}
	if err != nil {
		return channel.Page{}, err
	}
	next, more := run.next(token)
	return channel.Page{Updates: updates, Cursor: next.text(), More: more}, nil
}

func (c *Connector) page(ctx context.Context, run cursor, limit int) ([]channel.Update, string, error) {
	if run.Part == partOrders {
		return c.orderPage(ctx, run, limit)
	}
	updates, next, err := c.requestPage(ctx, run)
	if isScope(err) {
		return nil, "", nil // Health says that it is missing
	}
	return updates, next, err
}

func (c *Connector) orderPage(ctx context.Context, run cursor, limit int) ([]channel.Update, string, error) {
	orders, next, err := c.api.SearchOrders(ctx, api.OrderSearch{UpdatedGE: run.From, UpdatedLT: run.Until}, pageSize(limit), run.Token)
	if err != nil {
		return nil, "", fmt.Errorf("search orders: %w", err)
	}
	updates := make([]channel.Update, 0, len(orders))
	for _, o := range orders {
		order := mapOrder(o)
		updates = append(updates, channel.Update{Kind: channel.UpdateOrder, Order: &order})
	}
	return updates, next, nil
}

// requestPage names the orders of a page of cancellations or returns.
func (c *Connector) requestPage(ctx context.Context, run cursor) ([]channel.Update, string, error) {
	search := api.AfterSaleSearch{UpdatedGE: run.From, UpdatedLT: run.Until}
	var ids []string
	var next string
	var err error
	switch run.Part {
	case partCancellations:
		var list []api.Cancellation
		list, next, err = c.api.SearchCancellations(ctx, search, run.Token)
		for _, n := range list {
			ids = append(ids, string(n.Order))
		}
	case partReturns:
		var list []api.Return
		list, next, err = c.api.SearchReturns(ctx, search, run.Token)
		for _, n := range list {
			ids = append(ids, string(n.Order))
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("search requests: %w", err)
	}
	var f channel.Fetch
	for _, id := range unique(ids) {
		f.Requests = append(f.Requests, commerce.RemoteID(id))
	}
	return fetch(f), next, nil
}

func pageSize(limit int) int {
	if limit <= 0 {
		return 100
	}
	return min(limit, 100)
}

// Orders reads orders by id, fifty with a call; unknown ones are missing.
func (c *Connector) Orders(ctx context.Context, ids []commerce.RemoteID) ([]commerce.Order, error) {
	var orders []commerce.Order
	for part := range slices.Chunk(ids, api.MaxOrderIDs) {
		found, err := c.details(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			orders = append(orders, mapOrder(o))
		}
	}
	return orders, nil
}

func (c *Connector) details(ctx context.Context, ids []commerce.RemoteID) ([]api.Order, error) {
	texts := make([]string, 0, len(ids))
	for _, id := range ids {
		texts = append(texts, string(id))
	}
	found, err := c.api.Orders(ctx, texts)
	if fault.Is(err, fault.NotFound) && len(ids) > 1 {
		// One order of another seller may spoil the call for all.
		first, err := c.details(ctx, ids[:len(ids)/2])
		if err != nil {
			return nil, err
		}
		second, err := c.details(ctx, ids[len(ids)/2:])
		return append(first, second...), err
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	return found, nil
}

// detail reads one order as it is now.
func (c *Connector) detail(ctx context.Context, id commerce.RemoteID) (api.Order, error) {
	found, err := c.details(ctx, []commerce.RemoteID{id})
	if err != nil {
		return api.Order{}, err
	}
	for _, o := range found {
		if commerce.RemoteID(o.ID) == id {
			return o, nil
		}
	}
	return api.Order{}, fault.New(fault.NotFound, "order_not_found", "TikTok does not know order %s in this shop.", id)
}

package etsy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// overlap is how far each poll reaches back before the last one: Etsy counts
// whole seconds and its lists lag behind.
const overlap = 3 * time.Minute

// The two passes of a poll. Etsy leaves open whether cancelled receipts are in
// a list that does not ask for them, so they are asked for on their own.
const (
	passOpen     = "open"
	passCanceled = "canceled"
)

// orderCursor is how far both passes are. Within a pass the window's lower end
// moves up to the last receipt of each page, so that receipts which change
// while they are read are met again, never skipped, and offsets stay small.
type orderCursor struct {
	Open     int64  `json:"open"`     // receipts changed before are known
	Canceled int64  `json:"canceled"` // cancelled ones
	Pass     string `json:"pass,omitempty"`
	From     int64  `json:"from,omitempty"`   // lower end of the window
	Offset   int    `json:"offset,omitempty"` // within one second only
	Before   int64  `json:"before,omitempty"` // the receipt read last before Offset
	Again    int    `json:"again,omitempty"`  // how often this second was begun anew
	Began    int64  `json:"began,omitempty"`  // of this pass
}

func decodeOrderCursor(p channel.Poll) (orderCursor, error) {
	if p.Cursor == "" {
		since := max(p.Since.Unix(), api.FirstStamp)
		return orderCursor{Open: since, Canceled: since}, nil
	}
	var c orderCursor
	if err := json.Unmarshal([]byte(p.Cursor), &c); err != nil || c.Offset < 0 || c.Offset > api.MaxOffset {
		return c, fault.New(fault.Invalid, "bad_cursor", "The cursor of an Etsy shop's orders can't be read.")
	}
	return c, nil
}

func (c orderCursor) String() string {
	raw, err := json.Marshal(c)
	if err != nil { // plain data: it can't happen
		return ""
	}
	return string(raw)
}

// floor is the earliest second Etsy takes, or at minus the overlap.
func floor(at int64) int64 { return max(at-int64(overlap/time.Second), api.FirstStamp) }

// start opens the next pass; false means that both are done.
func (c *orderCursor) start(now int64) bool {
	switch c.Pass {
	case "":
		c.Pass, c.From, c.Offset, c.Began = passOpen, floor(c.Open), 0, now
	case passOpen:
		c.Pass, c.From, c.Offset, c.Began = passCanceled, floor(c.Canceled), 0, now
	default:
		c.Pass, c.From, c.Offset, c.Began = "", 0, 0, 0
		return false
	}
	return true
}

// againMax bounds how often a second is begun anew: then it is read as it is.
const againMax = 50

// shifted says that the receipts of a second moved up while they were read, so
// that some may have slipped before the offset: the page does not begin with
// the receipt that was read last.
func (c *orderCursor) shifted(page []api.Receipt) bool {
	return c.Offset > 0 && c.Again < againMax && (len(page) == 0 || page[0].ID != c.Before)
}

// advance moves the window behind a page that query asked for; false means that
// the pass is over.
func (c *orderCursor) advance(page []api.Receipt, limit int) bool {
	if c.shifted(page) {
		c.Offset, c.Before, c.Again = 0, 0, c.Again+1
		return true
	}
	last := c.From
	for _, r := range page {
		last = max(last, updatedOf(r))
	}
	asked, offset := c.span(limit)
	if len(page) < asked {
		// Nothing newer is there: what changes from here on is newer than the
		// beginning of the pass.
		if c.Pass == passOpen {
			c.Open = max(c.Open, last, c.Began)
		} else {
			c.Canceled = max(c.Canceled, last, c.Began)
		}
		return false
	}
	switch next := offset + asked; {
	case last > c.From:
		c.From, c.Offset, c.Before, c.Again = last, 0, 0, 0
	case next+limit > api.MaxOffset: // 12,000 receipts changed in one second
		c.From, c.Offset, c.Before, c.Again = c.From+1, 0, 0, 0
	default:
		c.Offset, c.Before = next, page[len(page)-1].ID
	}
	return true
}

// span is how many receipts are asked for, and from where: within a second also
// the one that was read last, to see that nothing has moved.
func (c orderCursor) span(limit int) (asked, offset int) {
	if c.Offset == 0 {
		return limit, 0
	}
	return min(max(limit, 2), api.PageLimit), c.Offset - 1
}

func (c orderCursor) query(limit int) url.Values {
	asked, offset := c.span(limit)
	q := url.Values{
		"min_last_modified": {strconv.FormatInt(c.From, 10)}, "sort_on": {"updated"}, "sort_order": {"asc"},
		"limit": {strconv.Itoa(asked)}, "offset": {strconv.Itoa(offset)},
	}
	if c.Pass == passCanceled {
		q.Set("was_canceled", "true")
	}
	return q
}

// ListOrders implements channel.OrderReader: receipts changed since the cursor,
// then cancelled ones, each with the buyer's note as a message beside it.
func (c *Connector) ListOrders(ctx context.Context, p channel.Poll) (channel.Page, error) {
	cursor, err := decodeOrderCursor(p)
	if err != nil {
		return channel.Page{}, err
	}
	page := channel.Page{}
	room := pageSize(p.Limit)
	if cursor.Pass == "" {
		cursor.start(c.env.Now().Unix())
	}
	for room > 0 {
		if len(page.Updates) > 0 && short(ctx) {
			break
		}
		// Always a full page, also for the rest of the room: a page of one could
		// only be passed by an offset, and what moves meanwhile shifts that.
		receipts, err := c.in(port.LaneOrders).Receipts(ctx, cursor.query(api.PageLimit))
		if err != nil && len(page.Updates) > 0 {
			break // what was read counts; the next call meets the error
		}
		if err != nil {
			return channel.Page{}, fmt.Errorf("read receipts of shop %s: %w", c.settings.Shop, err)
		}
		page.Updates = append(page.Updates, c.updates(receipts)...)
		more := cursor.advance(receipts, api.PageLimit)
		room -= len(receipts)
		if !more && !cursor.start(c.env.Now().Unix()) {
			break
		}
	}
	page.Cursor, page.More = cursor.String(), cursor.Pass != ""
	return page, nil
}

func pageSize(limit int) int {
	if limit <= 0 || limit > api.PageLimit {
		return api.PageLimit
	}
	return limit
}

func (c *Connector) updates(receipts []api.Receipt) []channel.Update {
	var all []channel.Update
	for _, r := range receipts {
		order := orderOf(r)
		all = append(all, channel.Update{Kind: channel.UpdateOrder, Order: &order})
		all = append(all, c.Notes(order)...)
	}
	return all
}

// Orders implements channel.OrderReader, one call per order.
func (c *Connector) Orders(ctx context.Context, ids []commerce.RemoteID) ([]commerce.Order, error) {
	var orders []commerce.Order
	for _, id := range ids {
		n := numeric(id)
		if n == 0 {
			continue // no receipt has such an id
		}
		r, err := c.in(port.LaneOrders).Receipt(ctx, n)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return orders, fmt.Errorf("read receipt %s: %w", id, err)
		}
		orders = append(orders, orderOf(r))
	}
	return orders, nil
}

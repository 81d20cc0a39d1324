package webhook

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

const (
	// maxOrder leaves room in a row of the table, which holds 400 KB.
	maxOrder    = 256 << 10
	maxLines    = 500
	maxQuantity = 100_000
	maxText     = 500
	maxTitle    = 300
	maxNote     = 10_000
	maxLanding  = 4 << 10
	// ahead is how far a shop's clock may be before ours.
	ahead = 24 * time.Hour
)

// order is what a shop tells of one of its orders.
type order struct {
	ID        string         `json:"id"`
	Number    string         `json:"number"`
	Status    string         `json:"status"`
	RawStatus string         `json:"-"` // the word of the shop's software
	PlacedAt  time.Time      `json:"placed_at"`
	UpdatedAt time.Time      `json:"updated_at"`
	Lines     []line         `json:"lines"`
	Total     commerce.Money `json:"total"`
	Shipping  commerce.Money `json:"shipping"`
	Tax       commerce.Money `json:"tax"`
	Discount  commerce.Money `json:"discount"`
	Buyer     commerce.Buyer `json:"buyer"`
	Note      string         `json:"note"`
	Session   string         `json:"session"`
	Origin    struct {
		CartOrigin string            `json:"cart_origin"`
		ClickID    string            `json:"fbclid"`
		UTM        map[string]string `json:"utm"`
		Landing    string            `json:"landing"`
	} `json:"attribution"`
}

type line struct {
	ID        string         `json:"id"`
	SKU       commerce.SKU   `json:"sku"`
	Title     string         `json:"title"`
	Quantity  int64          `json:"quantity"`
	Cancelled int64          `json:"cancelled"`
	Price     commerce.Money `json:"price"`
}

// inbound takes an order of the seller's own checkout: verified by its
// signature over the raw bytes, queued, answered 202.
func (h *Handler) inbound(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxOrder+1))
	if err != nil || len(body) > maxOrder {
		problem(w, fault.New(fault.TooLarge, "too_large", "An order is at most %d bytes.", maxOrder))
		return
	}
	a, err := h.Accounts.VerifyInbound(r.Context(), r.Header.Get("Manystall-Key"), r.Header.Get("Manystall-Signature"), body)
	if err != nil {
		h.failed(w, r, err)
		return
	}
	if a.State == port.AccountGone { // what is paused still hears what was sold
		problem(w, fault.New(fault.Denied, "disconnected", "This key has been switched off."))
		return
	}
	in, err := decodeOrder(body, h.Now())
	if err != nil {
		problem(w, fault.Of(err))
		return
	}
	o, err := h.take(r.Context(), a, in)
	if err != nil {
		h.failed(w, r, err)
		return
	}
	answer(w, http.StatusAccepted, "application/json", h.taken(a, o))
}

// take queues an order of the seller's own shop under the channel it belongs to.
func (h *Handler) take(ctx context.Context, a port.Account, in trade.Inbound) (commerce.Order, error) {
	o, err := h.Carts.Receive(ctx, a, in)
	if err != nil {
		return o, err
	}
	m, err := h.message(ctx, channel.Update{Kind: channel.UpdateOrder, Order: &o})
	if err != nil {
		return o, err
	}
	m.Kind, m.Channel, m.Space, m.Account = "update", o.Channel, a.Space, a.ID
	return o, h.Queue.Send(ctx, port.InboundQueue, port.Outgoing{Body: m})
}

func (h *Handler) taken(a port.Account, o commerce.Order) map[string]string {
	return map[string]string{"id": string(h.OrderID(a.ID, o.Remote)), "remote_id": string(o.Remote)}
}

func (h *Handler) failed(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.Of(err)
	if f.Kind != fault.Denied {
		h.Log.ErrorContext(r.Context(), "inbound order not stored", "kind", f.Kind, "err", err.Error())
	}
	problem(w, f)
}

// problem answers a fault as RFC 9457 has it.
func problem(w http.ResponseWriter, f *fault.Error) {
	status := map[fault.Kind]int{fault.Denied: http.StatusUnauthorized, fault.Invalid: http.StatusUnprocessableEntity, fault.TooLarge: http.StatusRequestEntityTooLarge, fault.NotFound: http.StatusNotFound}[f.Kind]
	if status == 0 {
		status = http.StatusServiceUnavailable
	}
	body := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "code": f.Code, "detail": f.Message}
	if f.Field != "" {
		body["errors"] = []map[string]string{{"field": f.Field, "code": f.Code, "message": f.Message}}
	}
	answer(w, status, "application/problem+json", body)
}

func answer(w http.ResponseWriter, status int, kind string, body any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func invalid(field, code, format string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Code: code, Field: field, Message: fmt.Sprintf(format, args...)}
}

// decodeOrder reads and checks an order. Unknown fields are refused: a typing
// error in a field's name would lose what it holds.
func decodeOrder(body []byte, now time.Time) (trade.Inbound, error) {
	var o order
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return trade.Inbound{}, invalid("", "bad_json", "The order can't be read: %s.", reason(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return trade.Inbound{}, invalid("", "bad_json", "There is something behind the order.")
	}
	return o.inbound(now)
}

// inbound checks an order and fills in what may be left out.
func (o order) inbound(now time.Time) (trade.Inbound, error) {
	in := trade.Inbound{
		ID: o.ID, Number: o.Number, Buyer: o.Buyer, Total: o.Total, Shipping: o.Shipping, Tax: o.Tax, Discount: o.Discount, Note: o.Note,
		PlacedAt: o.PlacedAt, UpdatedAt: o.UpdatedAt, Session: o.Session, State: commerce.OrderState(o.Status), RawState: o.RawStatus,
		Attribution: commerce.Attribution{Origin: o.Origin.CartOrigin, ClickID: o.Origin.ClickID, UTM: o.Origin.UTM, Landing: o.Origin.Landing},
	}
	if in.UpdatedAt.IsZero() {
		in.UpdatedAt = now
	}
	if in.PlacedAt.IsZero() {
		in.PlacedAt = in.UpdatedAt
	}
	if in.State == "" {
		in.State = commerce.OrderPaid
	}
	for i := range o.Lines {
		o.Lines[i].ID = cmp.Or(o.Lines[i].ID, strconv.Itoa(i+1))
	}
	if err := errors.Join(checkOrder(in, len(o.Lines)), checkTimes(in, now), checkMoney(in), checkLines(o.Lines, in.Total.Currency)); err != nil {
		return in, err
	}
	for _, l := range o.Lines {
		in.Lines = append(in.Lines, commerce.OrderLine{ID: l.ID, SKU: l.SKU, Title: l.Title, Quantity: l.Quantity, Cancelled: l.Cancelled, Price: l.Price})
	}
	return in, nil
}

// reason says what is wrong with JSON without quoting any of its values.
func reason(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("it is no JSON at byte %d", syntax.Offset)
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s has the wrong type", kind.Field)
	}
	if field, ok := bytes.CutPrefix([]byte(err.Error()), []byte("json: unknown field ")); ok {
		return fmt.Sprintf("the field %s is not known", field)
	}
	return "it is no JSON"
}

func checkOrder(in trade.Inbound, lines int) error {
	states := []commerce.OrderState{commerce.OrderUnpaid, commerce.OrderHeld, commerce.OrderPaid, commerce.OrderPartly, commerce.OrderShipped, commerce.OrderDelivered, commerce.OrderCompleted, commerce.OrderCancelled, commerce.OrderRefunded}
	switch {
	case in.ID == "" || len(in.ID) > 200:
		return invalid("id", "id", "Give the shop's order id, in at most 200 bytes.")
	case !slices.Contains(states, in.State) && (in.State != commerce.OrderOther || in.RawState == ""):
		return invalid("status", "status", "A status is one of %v.", states)
	case lines == 0 || lines > maxLines:
		return invalid("lines", "lines", "An order has 1 to %d lines.", maxLines)
	case len(in.Number) > maxText || len(in.Session) > maxText || len(in.Note) > maxNote:
		return invalid("", "too_long", "A number or session has at most %d bytes, a note %d.", maxText, maxNote)
	}
	return nil
}

// checkTimes refuses times no order can have: one far ahead would stay the
// newest version for ever.
func checkTimes(in trade.Inbound, now time.Time) error {
	earliest := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{"placed_at": in.PlacedAt, "updated_at": in.UpdatedAt} {
		if at.Before(earliest) || at.After(now.Add(ahead)) {
			return invalid(name, "time", "A time lies between the year 2000 and tomorrow.")
		}
	}
	return nil
}

func checkMoney(in trade.Inbound) error {
	if _, err := commerce.Exponent(in.Total.Currency); err != nil {
		return invalid("total.currency", "currency", "%q is not a currency we know.", channel.Cut(in.Total.Currency))
	}
	for name, m := range map[string]commerce.Money{"total": in.Total, "shipping": in.Shipping, "tax": in.Tax, "discount": in.Discount} {
		switch {
		case m.Amount < 0:
			return invalid(name+".amount", "amount", "An amount is not below zero.")
		case m != commerce.Money{} && m.Currency != in.Total.Currency:
			return invalid(name+".currency", "currency", "All amounts of an order have the currency of its total.")
		}
	}
	return nil
}

func checkLines(lines []line, currency string) error {
	seen := map[string]bool{}
	for i, l := range lines {
		at := func(f string) string { return fmt.Sprintf("lines[%d].%s", i, f) }
		switch {
		case l.Quantity < 1 || l.Quantity > maxQuantity:
			return invalid(at("quantity"), "quantity", "A quantity lies between 1 and %d.", maxQuantity)
		case l.Cancelled < 0 || l.Cancelled > l.Quantity:
			return invalid(at("cancelled"), "cancelled", "Not more can be cancelled than was ordered.")
		case l.SKU == "" && l.Title == "":
			return invalid(at("sku"), "sku", "A line names a SKU or a title.")
		case len(l.SKU) > maxText || len(l.Title) > maxText || len(l.ID) > 200:
			return invalid(at("title"), "too_long", "A SKU or title has at most %d bytes, a line's id 200.", maxText)
		case l.Price.Amount < 0:
			return invalid(at("price.amount"), "amount", "An amount is not below zero.")
		case l.Price.Currency != currency:
			return invalid(at("price.currency"), "currency", "All amounts of an order have the currency of its total.")
		case seen[l.ID]:
			return invalid(at("id"), "duplicate_line", "Two lines have the same id. A line without one has its number.")
		}
		seen[l.ID] = true
	}
	return nil
}

package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

func (h *Handler) orderRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/orders", Status: http.StatusOK}, h.listOrders),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/orders", Status: http.StatusCreated}, h.createOrder),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/orders/{id}", Status: http.StatusOK}, h.oneOrder),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/orders/{id}/shipments", Status: http.StatusAccepted}, h.ship),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/orders/{id}/cancellations", Status: http.StatusAccepted}, h.cancel),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/orders/{id}/answers", Status: http.StatusAccepted}, h.answer),
	}
}

type orderList struct {
	httpapi.Call
	httpapi.Paging
	Channel string              `query:"channel" validate:"max=100,line"`
	State   commerce.OrderState `query:"state" validate:"omitempty,oneof=open draft unpaid held paid partly_shipped shipped delivered completed cancelled refunded other"`
	Q       string              `query:"q" validate:"max=200,line"`
	// Attention lists what somebody should look at.
	Attention commerce.Attention `query:"attention" validate:"omitempty,oneof=short unknown_item"`
}

func (h *Handler) listOrders(ctx context.Context, req *orderList) (*httpapi.List[port.OrderItem], error) {
	channels, err := channelsOf(req.Channel)
	if err != nil {
		return nil, err
	}
	if q := strings.TrimSpace(req.Q); q != "" {
		return h.findOrders(ctx, req, q, channels)
	}
	items, err := h.Store.ListOrders(ctx, req.Space, port.OrderFilter{Channels: channels, State: req.State, Attention: req.Attention}, req.Page())
	return httpapi.Listed(items, httpapi.Same), err
}

// channelsOf reads one channel or several with commas.
func channelsOf(param string) ([]commerce.Channel, error) {
	var channels []commerce.Channel
	for name := range strings.SplitSeq(param, ",") {
		switch c := commerce.Channel(strings.TrimSpace(name)); c {
		case "":
		case commerce.Etsy, commerce.TikTok, commerce.Facebook, commerce.Instagram, commerce.Meta, commerce.Own:
			if !slices.Contains(channels, c) {
				channels = append(channels, c)
			}
		default:
			return nil, fault.Refused(fault.Invalid, commerce.Problem{Rule: "not_allowed", Field: "channel", Fix: "channel must be one or several of etsy, tiktok, facebook, instagram, meta, own."})
		}
	}
	return channels, nil
}

// findOrders looks exact values up; the page lies in what was found.
func (h *Handler) findOrders(ctx context.Context, req *orderList, q string, channels []commerce.Channel) (*httpapi.List[port.OrderItem], error) {
	lookups, err := h.lookups(ctx, req.Space, strings.ToLower(q))
	if err != nil {
		return nil, err
	}
	found, err := h.Store.FindOrders(ctx, req.Space, lookups)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(o port.OrderItem) bool {
		return (len(channels) > 0 && !slices.Contains(channels, o.Channel)) || !inState(o.State, req.State)
	})
	from := 0
	if req.Cursor != "" {
		if from, err = strconv.Atoi(req.Cursor); err != nil || from < 0 || from > len(found) {
			return nil, &fault.Error{Kind: fault.Invalid, Code: "invalid_cursor", Field: "cursor", Message: "The cursor is not one of this list. Begin without it."}
		}
	}
	to := min(from+req.Limit, len(found))
	list := httpapi.All(found[from:to])
	if to < len(found) {
		list.Next = strconv.Itoa(to)
	}
	return list, nil
}

func (h *Handler) lookups(ctx context.Context, w commerce.WorkspaceID, q string) ([]port.Lookup, error) {
	if strings.Contains(q, "@") {
		digest, err := h.Digests.Digest(ctx, w, q)
		return []port.Lookup{{Kind: "email", Value: digest}}, err
	}
	number := strings.TrimPrefix(q, "#")
	return []port.Lookup{{Kind: "number", Value: number}, {Kind: "tracking", Value: q}, {Kind: "sku", Value: q}}, nil
}

func inState(is, want commerce.OrderState) bool {
	switch want {
	case "":
		return true
	case openOrders:
		return is == commerce.OrderHeld || is == commerce.OrderPaid || is == commerce.OrderPartly
	default:
		return is == want
	}
}

// order is an order with its timeline and what can be done with it.
type order struct {
	commerce.Order
	Timeline []commerce.OrderEvent `json:"timeline"`
	Can      []string              `json:"can"`
	WhyNot   map[string]string     `json:"why_not"`
	// Checkout is where the buyer of a chat cart can pay for it.
	Checkout string `json:"checkout_link,omitempty"`
	fresh    bool
}

// Head says where a new order is found.
func (o *order) Head(header http.Header) {
	if o.fresh {
		header.Set("Location", "/v1/orders/"+string(o.ID))
	}
}

type orderRequest struct {
	httpapi.Call
	ID commerce.OrderID `path:"id" validate:"id"`
}

func (h *Handler) oneOrder(ctx context.Context, req *orderRequest) (*order, error) {
	o, err := h.Store.Order(ctx, req.Space, req.ID)
	if err != nil {
		return nil, err
	}
	return h.withTimeline(ctx, req.Space, o)
}

func (h *Handler) withTimeline(ctx context.Context, w commerce.WorkspaceID, o commerce.Order) (*order, error) {
	events, err := h.Store.OrderEvents(ctx, w, o.ID)
	if err != nil {
		return nil, err
	}
	o.Allocate()
	o.Lines = some(o.Lines)
	view := &order{Order: o, Timeline: some(events), Can: []string{}, WhyNot: map[string]string{}}
	if o.State == commerce.OrderDraft && o.Cart != "" && o.Became == "" {
		a, err := h.Store.Account(ctx, w, o.Account)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if a.Key != "" {
			view.Checkout = h.PublicURL + "/checkout/meta/" + a.Key + "?mc_session=" + o.Cart
		}
	}
	view.decide("ship", whyNoShipment(o))
	view.decide("cancel", h.whyNoCancel(o))
	view.decide("answer", h.whyNoAnswer(o))
	return view, nil
}

func (o *order) decide(what, whyNot string) {
	if whyNot == "" {
		o.Can = append(o.Can, what)
	} else {
		o.WhyNot[what] = whyNot
	}
}

func whyNoShipment(o commerce.Order) string {
	switch o.State {
	case commerce.OrderPaid, commerce.OrderPartly, commerce.OrderShipped, commerce.OrderOther:
		return ""
	case commerce.OrderDraft, commerce.OrderUnpaid:
		return "It is not paid yet."
	case commerce.OrderHeld:
		return "The marketplace holds it back: it must not be shipped yet."
	default:
		return fmt.Sprintf("It is %s.", o.State)
	}
}

func (h *Handler) whyNoCancel(o commerce.Order) string {
	switch o.State {
	case commerce.OrderShipped, commerce.OrderDelivered, commerce.OrderCompleted, commerce.OrderCancelled, commerce.OrderRefunded:
		return fmt.Sprintf("It is %s.", o.State)
	}
	if o.Source != commerce.FromMarketplace {
		return ""
	}
	if !h.cancels(o.Channel) {
		return "The marketplace gives other programs no way to cancel: cancel it in the shop's own pages."
	}
	return ""
}

func (h *Handler) cancels(c commerce.Channel) bool {
	d, ok := h.driver(c)
	return ok && slices.Contains(d.Abilities, channel.CanCancel)
}

// whyNoAnswer says whether something waits to be answered, or can't be known.
func (h *Handler) whyNoAnswer(o commerce.Order) string {
	n, _ := o.Asked()
	switch {
	case o.Source != commerce.FromMarketplace:
		return "It was not bought at a marketplace: agree with the buyer, then cancel it here."
	case !h.cancels(o.Channel):
		return "The marketplace does not tell other programs what buyers ask for later (to cancel, a refund, a return): look into the shop's own pages."
	case n == 0:
		return "Nothing waits for an answer."
	}
	return ""
}

package dashboard

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

type shipRequest struct {
	httpapi.Call
	ID   commerce.OrderID `path:"id" validate:"id"`
	Body struct {
		Carrier  string   `json:"carrier" validate:"required,max=100,line"`
		Tracking string   `json:"tracking" validate:"required,max=100,line"`
		Note     string   `json:"note" validate:"max=500,text"`
		Lines    []string `json:"lines" validate:"max=100,unique,dive,required,max=200,line"`
	} `body:"json"`
}

func (h *Handler) ship(ctx context.Context, req *shipRequest) (*order, error) {
	if _, err := h.Store.Order(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	o, err := h.Trade.Ship(ctx, req.Space, req.ID, trade.Parcel{
		Carrier: req.Body.Carrier, Tracking: req.Body.Tracking, Note: req.Body.Note, Lines: req.Body.Lines, By: req.Who(), Key: req.Key,
	})
	if err != nil {
		return nil, err
	}
	return h.withTimeline(ctx, req.Space, o)
}

type cancelRequest struct {
	httpapi.Call
	ID   commerce.OrderID `path:"id" validate:"id"`
	Body struct {
		Lines  []string `json:"lines" validate:"max=100,unique,dive,required,max=200,line"`
		Reason string   `json:"reason" validate:"max=200,line"`
	} `body:"json,optional"`
}

func (h *Handler) cancel(ctx context.Context, req *cancelRequest) (*order, error) {
	if _, err := h.Store.Order(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	o, err := h.Trade.Cancel(ctx, req.Space, req.ID, trade.Cancellation{Lines: req.Body.Lines, Reason: req.Body.Reason, By: req.Who(), Key: req.Key})
	if err != nil {
		return nil, err
	}
	return h.withTimeline(ctx, req.Space, o)
}

type answerRequest struct {
	httpapi.Call
	ID   commerce.OrderID `path:"id" validate:"id"`
	Body struct {
		Request string           `json:"request" validate:"required,max=100,line"`
		Verdict commerce.Verdict `json:"verdict" validate:"required,oneof=approve reject keep refund offer"`
		Reason  string           `json:"reason" validate:"max=200,line"`
		Comment string           `json:"comment" validate:"max=500,text"`
		Amount  *moneyBody       `json:"amount"`
	} `body:"json"`
}

func (h *Handler) answer(ctx context.Context, req *answerRequest) (*order, error) {
	if _, err := h.Store.Order(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	o, err := h.Trade.Answer(ctx, req.Space, req.ID, trade.Ruling{
		Request: req.Body.Request, Verdict: req.Body.Verdict, Reason: req.Body.Reason, Comment: req.Body.Comment, Amount: req.Body.Amount.money(), By: req.Who(),
	})
	if err != nil {
		return nil, err
	}
	return h.withTimeline(ctx, req.Space, o)
}

type createOrderRequest struct {
	httpapi.Call
	Body struct {
		Conversation commerce.ConversationID `json:"conversation" validate:"omitempty,id"`
		Connection   commerce.AccountID      `json:"connection" validate:"omitempty,id"`
		State        commerce.OrderState     `json:"state" validate:"omitempty,oneof=unpaid paid"`
		Session      string                  `json:"session" validate:"max=100,line"`
		Lines        []wishLine              `json:"lines" validate:"required_without=Session,omitempty,min=1,max=100,dive"`
		Buyer        buyerBody               `json:"buyer"`
		Note         string                  `json:"note" validate:"max=2000,text"`
	} `body:"json"`
}

type wishLine struct {
	SKU      commerce.SKU `json:"sku" validate:"required,max=100,line"`
	Quantity int64        `json:"quantity" validate:"min=1,max=100000"`
	Price    *moneyBody   `json:"price"`
}

type buyerBody struct {
	Name    string       `json:"name" validate:"max=200,line"`
	Email   string       `json:"email" validate:"omitempty,max=254,email"`
	Phone   string       `json:"phone" validate:"max=50,line"`
	Address *addressBody `json:"address"`
}

type addressBody struct {
	Name    string   `json:"name" validate:"max=200,line"`
	Lines   []string `json:"lines" validate:"max=5,dive,max=200,line"`
	City    string   `json:"city" validate:"max=100,line"`
	Region  string   `json:"region" validate:"max=100,line"`
	Postal  string   `json:"postal" validate:"max=20,line"`
	Country string   `json:"country" validate:"omitempty,iso3166_1_alpha2"`
}

func (b buyerBody) buyer() commerce.Buyer {
	out := commerce.Buyer{Name: b.Name, Email: b.Email, Phone: b.Phone}
	if b.Address != nil {
		a := commerce.Address(*b.Address)
		out.Address = &a
	}
	return out
}

func (h *Handler) createOrder(ctx context.Context, req *createOrderRequest) (*order, error) {
	wish := trade.Wish{
		Account: req.Body.Connection, Conversation: req.Body.Conversation, Session: req.Body.Session, Buyer: req.Body.Buyer.buyer(), Note: req.Body.Note,
		Paid: req.Body.State != commerce.OrderUnpaid, By: req.Who(), Key: req.Key,
	}
	if wish.Account == "" && wish.Conversation == "" {
		account, err := h.soleAccount(ctx, req.Space)
		if err != nil {
			return nil, err
		}
		wish.Account = account
	}
	for _, l := range req.Body.Lines {
		wish.Items = append(wish.Items, trade.WishItem{SKU: l.SKU, Quantity: l.Quantity, Price: l.Price.money()})
	}
	o, err := h.Trade.Make(ctx, req.Space, wish)
	if err != nil {
		return nil, err
	}
	view, err := h.withTimeline(ctx, req.Space, o)
	if view != nil {
		view.fresh = true
	}
	return view, err
}

// soleAccount is whose an order is when nobody says: the only connection, or
// the only checkout. Guessing between shops would count it for the wrong one.
func (h *Handler) soleAccount(ctx context.Context, w commerce.WorkspaceID) (commerce.AccountID, error) {
	accounts, err := h.Store.ListAccounts(ctx, w)
	if err != nil {
		return "", err
	}
	var all, checkouts []commerce.AccountID
	for _, a := range accounts {
		if a.State == port.AccountGone {
			continue
		}
		all = append(all, a.ID)
		if a.Kind == kindCheckout {
			checkouts = append(checkouts, a.ID)
		}
	}
	switch {
	case len(checkouts) == 1:
		return checkouts[0], nil
	case len(all) == 1:
		return all[0], nil
	default:
		return "", fault.Refused(fault.Invalid, commerce.Problem{Rule: "required", Field: "connection", Fix: "Name the connection the order belongs to, or the conversation it comes from."})
	}
}

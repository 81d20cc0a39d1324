package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/stock"
)

func (h *Handler) stockRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/stock", Status: http.StatusOK}, h.listStock),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/stock/{variant}", Status: http.StatusOK}, h.oneStock),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/stock/{variant}/moves", Status: http.StatusOK}, h.listMoves),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/stock/{variant}/moves", Status: http.StatusCreated}, h.createMove),
	}
}

// level is a stock level. Reserved is what buffers and shares withhold.
type level struct {
	SKU       commerce.SKU       `json:"sku"`
	Variant   commerce.VariantID `json:"variant"`
	Product   commerce.ProductID `json:"product"`
	Location  string             `json:"location"`
	OnHand    int64              `json:"on_hand"`
	Reserved  int64              `json:"reserved"`
	Available int64              `json:"available"`
	Version   int64              `json:"version"`
	UpdatedAt time.Time          `json:"updated_at"`
}

func viewLevel(l commerce.StockLevel) level {
	return level{
		SKU: l.SKU, Variant: l.Variant, Product: l.Product, Location: l.Location,
		OnHand: l.OnHand, Available: l.OnHand, Version: l.Version, UpdatedAt: l.UpdatedAt.UTC(),
	}
}

type stockList struct {
	httpapi.Call
	httpapi.Paging
	SKU string `query:"sku" validate:"max=100,line"`
}

func (h *Handler) listStock(ctx context.Context, req *stockList) (*httpapi.List[level], error) {
	levels, err := h.Store.ListLevels(ctx, req.Space, req.SKU, req.Page())
	return httpapi.Listed(levels, viewLevel), err
}

type stockRequest struct {
	httpapi.Call
	Variant commerce.VariantID `path:"variant" validate:"id"`
}

func (h *Handler) oneStock(ctx context.Context, req *stockRequest) (*level, error) {
	l, err := h.Store.Level(ctx, req.Space, req.Variant, commerce.LocationDefault)
	view := viewLevel(l)
	return &view, err
}

// move is an entry of the ledger.
type move struct {
	ID        string              `json:"id"`
	Variant   commerce.VariantID  `json:"variant"`
	Location  string              `json:"location"`
	Quantity  int64               `json:"quantity"`
	Short     int64               `json:"short,omitempty"`
	Reason    commerce.MoveReason `json:"reason"`
	Source    string              `json:"source"`
	Channel   commerce.Channel    `json:"channel,omitempty"`
	Note      string              `json:"note,omitempty"`
	At        time.Time           `json:"at"`
	OnHand    int64               `json:"on_hand"`
	OrderLine string              `json:"order_line,omitempty"`
}

func viewMove(m commerce.StockMove) move {
	return move{
		ID: m.ID, Variant: m.Variant, Location: m.Location, Quantity: m.Quantity, Short: m.Short, Reason: m.Reason, Source: m.Source,
		Channel: m.Channel, Note: m.Note, At: m.At.UTC(), OnHand: m.OnHand, OrderLine: m.OrderLine,
	}
}

type moveList struct {
	httpapi.Call
	httpapi.Paging
	Variant commerce.VariantID `path:"variant" validate:"id"`
}

func (h *Handler) listMoves(ctx context.Context, req *moveList) (*httpapi.List[move], error) {
	// A variant that is not ours is not there; one without moves has none.
	if _, err := h.Store.Level(ctx, req.Space, req.Variant, commerce.LocationDefault); err != nil {
		return nil, err
	}
	moves, err := h.Store.ListMoves(ctx, req.Space, req.Variant, req.Page())
	return httpapi.Listed(moves, viewMove), err
}

type moveRequest struct {
	httpapi.Call
	Variant commerce.VariantID `path:"variant" validate:"id"`
	Body    struct {
		Quantity *int64              `json:"quantity" validate:"required_without=Set,excluded_with=Set,omitnil,ne=0,min=-999999999,max=999999999"`
		Set      *int64              `json:"set" validate:"omitnil,min=0,max=999999999"`
		Reason   commerce.MoveReason `json:"reason" validate:"omitempty,oneof=manual count"`
		Note     string              `json:"note" validate:"max=500,text"`
	} `body:"json"`
}

func (h *Handler) createMove(ctx context.Context, req *moveRequest) (*move, error) {
	if _, err := h.Store.Level(ctx, req.Space, req.Variant, commerce.LocationDefault); err != nil {
		return nil, err
	}
	reason := req.Body.Reason
	if reason == "" {
		reason = commerce.MoveManual
		if req.Body.Set != nil {
			reason = commerce.MoveCount
		}
	}
	m, err := h.Stock.Adjust(ctx, req.Space, req.Variant, stock.Adjustment{By: req.Body.Quantity, To: req.Body.Set, Reason: reason, Note: req.Body.Note, Who: req.Who(), Key: req.Key})
	view := viewMove(m)
	return &view, err
}

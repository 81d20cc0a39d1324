package dashboard

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/validate"
)

func (h *Handler) productRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/products", Status: http.StatusOK}, h.listProducts),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/products", Status: http.StatusCreated}, h.createProduct),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/products/{id}", Status: http.StatusOK}, h.oneProduct),
		httpapi.Handle(httpapi.Endpoint{Pattern: "PUT /v1/products/{id}", Status: http.StatusOK, Guarded: true}, h.replaceProduct),
		httpapi.Handle(httpapi.Endpoint{Pattern: "PATCH /v1/products/{id}", Status: http.StatusOK, Patch: true}, h.updateProduct),
		httpapi.Handle(httpapi.Endpoint{Pattern: "DELETE /v1/products/{id}", Status: http.StatusNoContent}, h.deleteProduct),
	}
}

type productList struct {
	httpapi.Call
	httpapi.Paging
	SKU commerce.SKU `query:"sku" validate:"max=100,line"`
}

func (h *Handler) listProducts(ctx context.Context, req *productList) (*httpapi.List[productRow], error) {
	items, err := h.findProducts(ctx, req)
	if err != nil {
		return nil, err
	}
	marks, err := h.marksOf(ctx, req.Space, items.Items)
	return httpapi.Listed(items, func(i port.ProductItem) productRow {
		return productRow{ProductItem: i, Listings: some(marks[i.ID])}
	}), err
}

func (h *Handler) findProducts(ctx context.Context, req *productList) (port.List[port.ProductItem], error) {
	if req.SKU == "" {
		return h.Store.ListProducts(ctx, req.Space, req.Page())
	}
	var none port.List[port.ProductItem]
	ref, err := h.Store.ProductBySKU(ctx, req.Space, req.SKU)
	if fault.Is(err, fault.NotFound) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	p, err := h.Store.Product(ctx, req.Space, ref.Product)
	return port.List[port.ProductItem]{Items: []port.ProductItem{productItem(p)}}, err
}

func productItem(p commerce.Product) port.ProductItem {
	item := port.ProductItem{ID: p.ID, Title: p.Title, Handle: p.Handle, Variants: len(p.Variants), Archived: p.Archived, UpdatedAt: p.UpdatedAt.UTC()}
	if len(p.Images) > 0 {
		item.Image = p.Images[0].URL
	}
	for i, v := range p.Variants {
		if i == 0 {
			item.SKU, item.Price = v.SKU, v.Price
		}
		if v.Price.Currency == item.Price.Currency && v.Price.Amount < item.Price.Amount {
			item.Price = v.Price
		}
	}
	return item
}

// product is a product with where it is found.
type product struct {
	commerce.Product
	fresh bool
}

// Head sets the ETag.
func (p *product) Head(header http.Header) {
	httpapi.SetTag(header, p.Version)
	if p.fresh {
		header.Set("Location", "/v1/products/"+string(p.ID))
	}
}

func shown(p commerce.Product, err error) (*product, error) {
	if p.Variants == nil {
		p.Variants = []commerce.Variant{}
	}
	return &product{Product: p}, err
}

type productRequest struct {
	httpapi.Call
	ID commerce.ProductID `path:"id" validate:"id"`
}

func (h *Handler) oneProduct(ctx context.Context, req *productRequest) (*product, error) {
	return shown(h.Store.Product(ctx, req.Space, req.ID))
}

type createProductRequest struct {
	httpapi.Call
	Body productBody `body:"json"`
}

func (h *Handler) createProduct(ctx context.Context, req *createProductRequest) (*product, error) {
	p, err := shown(h.Catalog.Create(ctx, req.Space, req.Body.product(commerce.Product{})))
	p.fresh = true
	return p, err
}

type productChange struct {
	httpapi.Call
	ID   commerce.ProductID `path:"id" validate:"id"`
	Body productBody        `body:"json"`
}

func (h *Handler) replaceProduct(ctx context.Context, req *productChange) (*product, error) {
	return h.editProduct(ctx, req.Call, req.ID, func(commerce.Product) (productBody, error) { return req.Body, nil })
}

type productPatch struct {
	httpapi.Call
	ID   commerce.ProductID `path:"id" validate:"id"`
	Body json.RawMessage    `body:"json"`
}

func (h *Handler) updateProduct(ctx context.Context, req *productPatch) (*product, error) {
	return h.editProduct(ctx, req.Call, req.ID, func(old commerce.Product) (productBody, error) {
		var b productBody
		if err := patched(old, req.Body, &b); err != nil {
			return b, err
		}
		return b, validate.Struct(b)
	})
}

func (h *Handler) editProduct(ctx context.Context, c httpapi.Call, id commerce.ProductID, want func(old commerce.Product) (productBody, error)) (*product, error) {
	return shown(edit(c.Match, func() (commerce.Product, error) { return h.Store.Product(ctx, c.Space, id) },
		func(p commerce.Product) int64 { return p.Version },
		func(old commerce.Product) (commerce.Product, error) {
			body, err := want(old)
			if err != nil {
				return old, err
			}
			return h.Catalog.Replace(ctx, c.Space, body.product(old))
		}))
}

func (h *Handler) deleteProduct(ctx context.Context, req *productRequest) (*httpapi.None, error) {
	_, err := edit(req.Match, func() (commerce.Product, error) { return h.Store.Product(ctx, req.Space, req.ID) },
		func(p commerce.Product) int64 { return p.Version },
		func(p commerce.Product) (commerce.Product, error) {
			return p, h.Catalog.Remove(ctx, req.Space, req.ID, p.Version)
		})
	return &httpapi.None{}, err
}

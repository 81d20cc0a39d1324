package trade

import (
	"context"
	"fmt"
	"slices"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	maxWishes = 500
	maxPieces = 100_000
)

// Wish is an order a person makes, from a conversation or from nothing.
type Wish struct {
	Account      commerce.AccountID // may be empty with a conversation
	Conversation commerce.ConversationID
	Session      string     // a cart it is made of, as a checkout would name it
	Items        []WishItem // those of the session when there are none
	Buyer        commerce.Buyer
	Note         string
	Paid         bool
	By           string
	Key          string // the same key is the same order
}

// WishItem is one wanted SKU. A zero price takes the catalog's.
type WishItem struct {
	SKU      commerce.SKU
	Quantity int64
	Price    commerce.Money
}

// Make stores an order a person made. Unknown SKUs are refused as Invalid.
func (d *Desk) Make(ctx context.Context, w commerce.WorkspaceID, wish Wish) (commerce.Order, error) {
	o := commerce.Order{Source: commerce.FromPerson, Buyer: wish.Buyer, Note: wish.Note, PlacedAt: d.Now(), RemoteVersion: 1, State: commerce.OrderUnpaid}
	if wish.Paid {
		o.State = commerce.OrderPaid
	}
	if wish.Conversation != "" {
		conv, err := d.Store.Conversation(ctx, w, wish.Conversation)
		if err != nil {
			return o, err
		}
		wish.Account, o.Conv = conv.Account, conv.ID
		if o.Buyer.Name == "" {
			o.Buyer.Name, o.Buyer.Remote = conv.Name, conv.Contact
		}
	}
	account, err := d.Store.Account(ctx, w, wish.Account)
	if err != nil {
		return o, err
	}
	if wish.Session != "" {
		if wish.Items, err = d.session(ctx, w, wish); err != nil {
			return o, err
		}
		o.Cart = wish.Session
	}
	key := wish.Key
	if key == "" {
		key = d.NewID()
	}
	o.Remote = commerce.RemoteID("manual-" + key)
	o.Number = "M-" + commerce.Derive("m", string(account.ID), key)[2:10]
	if err := d.wishLines(ctx, w, &o, wish.Items); err != nil {
		return o, err
	}
	return d.Take.Order(ctx, account, o, d.Now())
}

// session are the wishes of a cart that is remembered, unless the person named
// some.
func (d *Desk) session(ctx context.Context, w commerce.WorkspaceID, wish Wish) ([]WishItem, error) {
	cart, err := d.Store.Cart(ctx, w, wish.Session)
	if fault.Is(err, fault.NotFound) {
		return nil, &fault.Error{Kind: fault.Invalid, Code: "unknown_cart", Field: "session", Message: "This cart is not known, or is older than two weeks."}
	}
	if err != nil || len(wish.Items) > 0 {
		return wish.Items, err
	}
	items := make([]WishItem, 0, len(cart.Lines))
	for _, l := range cart.Lines {
		items = append(items, WishItem{SKU: l.SKU, Quantity: l.Quantity})
	}
	return items, nil
}

func (d *Desk) wishLines(ctx context.Context, w commerce.WorkspaceID, o *commerce.Order, items []WishItem) error {
	if len(items) == 0 || len(items) > maxWishes {
		return &fault.Error{Kind: fault.Invalid, Code: "items", Field: "items", Message: fmt.Sprintf("An order has 1 to %d lines.", maxWishes)}
	}
	for i, item := range items {
		field := fmt.Sprintf("items[%d].sku", i)
		if item.Quantity < 1 || item.Quantity > maxPieces || item.Price.Amount < 0 {
			return &fault.Error{Kind: fault.Invalid, Code: "quantity", Field: fmt.Sprintf("items[%d].quantity", i), Message: fmt.Sprintf("A line has 1 to %d pieces, and no price below zero.", maxPieces)}
		}
		v, title, err := d.Find(ctx, w, item.SKU)
		if fault.Is(err, fault.NotFound) {
			return &fault.Error{Kind: fault.Invalid, Code: "unknown_sku", Field: field, Message: fmt.Sprintf("There is no SKU %q in the catalog.", item.SKU)}
		}
		if err != nil {
			return err
		}
		price := item.Price
		if price.Currency == "" {
			price = v.Price
		}
		line := commerce.OrderLine{ID: fmt.Sprintf("%d", i+1), Variant: v.ID, SKU: v.SKU, Title: title, Quantity: item.Quantity, Price: price}
		sum, err := price.Times(item.Quantity)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "amount", "The amount of line %d is too large.", i+1)
		}
		if o.Total, err = o.Total.Add(sum); err != nil {
			return fault.Wrap(err, fault.Invalid, "amount", "All prices of an order have one currency.")
		}
		o.Lines = append(o.Lines, line)
	}
	o.Subtotal = o.Total
	return nil
}

// Find reads a variant and its product's title by SKU.
func (d *Desk) Find(ctx context.Context, w commerce.WorkspaceID, sku commerce.SKU) (commerce.Variant, string, error) {
	ref, err := d.Store.ProductBySKU(ctx, w, sku)
	if err != nil {
		return commerce.Variant{}, "", err
	}
	return d.variant(ctx, w, ref.Product, func(v commerce.Variant) bool { return v.SKU == sku })
}

// variant reads the variant of a product that is, and the product's title. One
// that is off sale is NotFound.
func (d *Desk) variant(ctx context.Context, w commerce.WorkspaceID, id commerce.ProductID, is func(commerce.Variant) bool) (commerce.Variant, string, error) {
	gone := fault.New(fault.NotFound, "unknown_sku", "There is no such variant in the catalog.")
	if id == "" {
		return commerce.Variant{}, "", gone
	}
	products, err := d.Store.Products(ctx, w, []commerce.ProductID{id})
	if err != nil {
		return commerce.Variant{}, "", err
	}
	for _, p := range products {
		if i := slices.IndexFunc(p.Variants, is); i >= 0 && !p.Archived {
			return p.Variants[i], p.Title, nil
		}
	}
	return commerce.Variant{}, "", gone
}

package trade

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// MaxCartItems and MaxCartQuantity bound what an unsigned address may ask.
	MaxCartItems    = 100
	MaxCartQuantity = 99
)

// CartItem is one wished piece of an unsigned checkout address. The
// marketplace names it by the id its item was created with: the SKU the variant
// had then.
type CartItem struct {
	SKU      commerce.SKU
	Quantity int64
}

// CartNotice tells the buyer why something is not in the cart as wished.
type CartNotice struct {
	SKU   commerce.SKU
	Title string
	Code  string // unknown, sold_out, fewer
	Left  int64
}

// OpenCart remembers what a buyer brought to the checkout and says what is not
// as wished. Prices come from the catalog alone; a SKU that is named twice is
// one line. A cart is never an order.
func (d *Desk) OpenCart(ctx context.Context, a port.Account, items []CartItem, coupon string, c commerce.Channel, att commerce.Attribution) (port.CartSession, []CartNotice, error) {
	cart := port.CartSession{ID: "crt_" + d.NewID(), Account: a.ID, Channel: c, Coupon: coupon, Attribution: att, CreatedAt: d.Now(), ExpiresAt: d.Now().Add(port.CartLife)}
	cart.Attribution.Session = cart.ID
	notices, err := d.fill(ctx, a, &cart, items)
	if err != nil {
		return cart, nil, err
	}
	if err := d.Store.PutCart(ctx, a.Space, cart); err != nil {
		return cart, nil, fmt.Errorf("remember cart: %w", err)
	}
	return cart, notices, nil
}

// ReopenCart opens a cart that is remembered, by the address of the account it
// is of: with the prices and the stock of now. One that is not known, or of
// another account, is NotFound.
func (d *Desk) ReopenCart(ctx context.Context, a port.Account, session string) (port.CartSession, []CartNotice, error) {
	cart, err := d.Store.Cart(ctx, a.Space, session)
	if err == nil && cart.Account != a.ID {
		err = fault.New(fault.NotFound, "unknown_cart", "There is no such cart.")
	}
	if err != nil {
		return cart, nil, err
	}
	items := make([]CartItem, 0, len(cart.Lines))
	for _, l := range cart.Lines {
		items = append(items, CartItem{SKU: l.SKU, Quantity: l.Quantity})
	}
	cart.Lines = nil
	notices, err := d.fill(ctx, a, &cart, items)
	return cart, notices, err
}

// fill looks wishes up and puts what can be had into a cart.
func (d *Desk) fill(ctx context.Context, a port.Account, cart *port.CartSession, items []CartItem) ([]CartNotice, error) {
	var notices []CartNotice
	items = joined(items)
	made, err := d.made(ctx, a, items)
	if err != nil {
		return nil, err
	}
	for _, item := range items {
		line, notice, err := d.cartLine(ctx, a.Space, item, made[commerce.RemoteID(item.SKU)])
		if err != nil {
			return nil, err
		}
		if notice != nil {
			notices = append(notices, *notice)
		}
		if line.Quantity > 0 {
			line.ID = fmt.Sprintf("%d", len(cart.Lines)+1)
			cart.Lines = append(cart.Lines, line)
		}
	}
	return notices, nil
}

// joined adds up the wishes for one SKU, for at most MaxCartItems SKUs.
func joined(items []CartItem) []CartItem {
	var all []CartItem
	at := map[commerce.SKU]int{}
	for _, item := range items {
		item.Quantity = min(max(item.Quantity, 1), MaxCartQuantity+1) // more is more than there may be
		i, again := at[item.SKU]
		switch {
		case again:
			all[i].Quantity = min(all[i].Quantity+item.Quantity, MaxCartQuantity+1)
		case len(all) < MaxCartItems:
			at[item.SKU] = len(all)
			all = append(all, item)
		}
	}
	return all
}

// made finds the items the account's catalog has under these ids. Of what is
// sold without a catalog nothing is known.
func (d *Desk) made(ctx context.Context, a port.Account, items []CartItem) (map[commerce.RemoteID]port.RemoteRef, error) {
	if a.Target == "" || len(items) == 0 {
		return nil, nil
	}
	ids := make([]commerce.RemoteID, 0, len(items))
	for _, i := range items {
		ids = append(ids, commerce.RemoteID(i.SKU))
	}
	refs, err := d.Store.Resolve(ctx, a.Space, a.Target, port.RemoteItem, ids)
	if err != nil {
		return nil, fmt.Errorf("resolve items of a cart: %w", err)
	}
	return refs, nil
}

// cartLine finds what is wished by the item it was made as, which survives a
// change of SKU, and by SKU second.
func (d *Desk) cartLine(ctx context.Context, w commerce.WorkspaceID, item CartItem, made port.RemoteRef) (commerce.OrderLine, *CartNotice, error) {
	v, title, err := d.variant(ctx, w, made.Product, func(v commerce.Variant) bool { return v.ID == made.Variant })
	if fault.Is(err, fault.NotFound) {
		v, title, err = d.Find(ctx, w, item.SKU)
	}
	if fault.Is(err, fault.NotFound) {
		return commerce.OrderLine{}, &CartNotice{SKU: item.SKU, Code: "unknown"}, nil
	}
	if err != nil {
		return commerce.OrderLine{}, nil, err
	}
	levels, err := d.Store.Levels(ctx, w, []commerce.VariantID{v.ID})
	if err != nil {
		return commerce.OrderLine{}, nil, err
	}
	line := commerce.OrderLine{Variant: v.ID, SKU: v.SKU, Title: title, Price: v.Price, Quantity: min(item.Quantity, MaxCartQuantity)}
	left := levels[v.ID].OnHand
	switch {
	case left == 0:
		line.Quantity = 0
		return line, &CartNotice{SKU: v.SKU, Title: title, Code: "sold_out"}, nil
	case left < item.Quantity || item.Quantity > MaxCartQuantity:
		line.Quantity = min(line.Quantity, left)
		return line, &CartNotice{SKU: v.SKU, Title: title, Code: "fewer", Left: line.Quantity}, nil
	}
	return line, nil, nil
}

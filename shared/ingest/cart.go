package ingest

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// remember gives a cart that was sent in a chat a checkout session, so that a
// checkout can name it, and the conversation it came in.
func (in *Ingester) remember(ctx context.Context, a port.Account, o *commerce.Order) error {
	if o.Source != commerce.FromChatCart || o.State != commerce.OrderDraft || o.Cart != "" {
		return nil
	}
	o.Cart, o.Conv = commerce.Derive("crt", string(o.ID)), ConversationIDOf(a.ID, o.Buyer.Remote)
	session := port.CartSession{
		ID: o.Cart, Account: a.ID, Channel: o.Channel, Draft: o.ID, Conversation: o.Conv, Lines: o.Lines,
		Attribution: commerce.Attribution{Session: o.Cart, Evidence: "a cart sent in a chat"}, CreatedAt: in.Now(), ExpiresAt: in.Now().Add(port.CartLife),
	}
	if err := in.Store.PutCart(ctx, a.Space, session); err != nil {
		return fmt.Errorf("remember cart %s: %w", o.ID, err)
	}
	return nil
}

// became turns the draft whose session an order names into that order: it
// leaves the lists and says where it went. The first order keeps it.
func (in *Ingester) became(ctx context.Context, w commerce.WorkspaceID, o commerce.Order) error {
	if o.Cart == "" || o.State == commerce.OrderDraft {
		return nil
	}
	cart, err := in.Store.Cart(ctx, w, o.Cart)
	if fault.Is(err, fault.NotFound) || err == nil && cart.Draft == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read cart %s: %w", o.Cart, err)
	}
	for range attempts {
		draft, err := in.Store.Order(ctx, w, cart.Draft)
		if fault.Is(err, fault.NotFound) || err == nil && draft.Became != "" {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read draft %s: %w", cart.Draft, err)
		}
		draft.Became = o.ID
		event := commerce.OrderEvent{ID: in.NewID(), At: in.Now(), Kind: "state", Text: "Became order " + o.Number, By: string(o.Channel)}
		_, err = in.Store.PutOrder(ctx, w, port.OrderWrite{Order: draft, Events: []commerce.OrderEvent{event}})
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "order_contended", "Draft %s changes too fast to be written now.", cart.Draft)
}

package world

import (
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/commerce"
)

// Ask lets the buyer of an order ask for all of it.
func (w *World) Ask(order commerce.RemoteID, kind commerce.RequestKind) (commerce.RemoteID, error) {
	var id string
	err := w.asker(func(a simkit.Asker) (err error) {
		id, err = a.Ask(w.t.Context(), simkit.Ask{Order: string(order), Kind: string(kind)})
		return err
	})
	return commerce.RemoteID(id), err
}

// Withdraw lets the buyer take a request back.
func (w *World) Withdraw(request commerce.RemoteID) error {
	return w.asker(func(a simkit.Asker) error { return a.Withdraw(w.t.Context(), string(request)) })
}

// Deliver lets the carrier deliver an order.
func (w *World) Deliver(order commerce.RemoteID) error {
	return w.asker(func(a simkit.Asker) error { return a.Deliver(w.t.Context(), string(order)) })
}

// SendBack lets the buyer of an approved return send the goods.
func (w *World) SendBack(request commerce.RemoteID, tracking string) error {
	return w.asker(func(a simkit.Asker) error { return a.SendBack(w.t.Context(), string(request), tracking) })
}

func (w *World) asker(do func(simkit.Asker) error) error {
	a, ok := w.sim.(simkit.Asker)
	if !ok {
		return simkit.ErrNotOffered
	}
	return do(a)
}

package ingest

import (
	"context"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Has says whether what an update tells of an order or a message is stored, and
// since when: the start of the fetch that brought an order, the time of a
// message. A newer version of an order in the same state tells nothing a
// marketplace sends notifications of. Of other updates it says no.
func (in *Ingester) Has(ctx context.Context, a port.Account, u channel.Update) (since time.Time, has bool, err error) {
	switch {
	case !whole(u):
		return time.Time{}, false, nil
	case u.Kind == channel.UpdateOrder:
		o, err := in.Store.Order(ctx, a.Space, OrderIDOf(a.ID, u.Order.Remote))
		if fault.Is(err, fault.NotFound) {
			return time.Time{}, false, nil
		}
		return o.FetchedAt, err == nil && (o.RemoteVersion >= u.Order.RemoteVersion || o.RawState == u.Order.RawState), err
	case u.Kind == channel.UpdateMessage:
		m, err := in.Store.MessageByRemote(ctx, a.Space, ConversationIDOf(a.ID, u.Message.Thread), u.Message.Message.Remote)
		if fault.Is(err, fault.NotFound) {
			return time.Time{}, false, nil
		}
		return m.At, err == nil, err
	}
	return time.Time{}, false, nil
}

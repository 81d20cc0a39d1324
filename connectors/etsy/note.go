package etsy

import (
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// noReply is why a note can't be answered; inboxPath is where it can.
const (
	noReply   = "Etsy does not share its inbox with applications. Answer on Etsy."
	inboxPath = "/messages"
)

// Notes are the buyer's words on an order as a conversation of its own kind.
// The message's id follows from order and text: reading it again is nothing
// new, a longer note is one more message.
func (c *Connector) Notes(o commerce.Order) []channel.Update {
	if o.Note == "" {
		return nil
	}
	id := commerce.RemoteID(commerce.Derive("note", string(o.Remote), o.Note))
	return []channel.Update{{Kind: channel.UpdateMessage, Message: &channel.MessageUpdate{
		Thread: o.Remote, Contact: o.Buyer.Remote, Name: o.Buyer.Name, Kind: commerce.OrderNote, Order: o.Remote,
		Message: commerce.Message{Remote: id, By: commerce.ByBuyer, Author: o.Buyer.Name, Text: o.Note, Kind: "text", At: placedAt(o)},
		NoReply: noReply, ReplyAt: defaultConsent + inboxPath,
	}}}
}

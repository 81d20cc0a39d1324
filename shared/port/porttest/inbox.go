package porttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

func inboxTests() map[string]func(*testing.T, StoreBench) {
	return map[string]func(*testing.T, StoreBench){
		"conversation round trip":         conversationRoundTrip,
		"a message happens once":          messageOnce,
		"message write is all or nothing": messageAllOrNothing,
		"remote ids mean messages":        messageAlias,
		"threads are newest first":        messageList,
		"conversations by state":          conversationFilters,
		"reviews":                         reviewRoundTrip,
	}
}

func conversation(id string, c commerce.Channel, state commerce.ConversationState, minute int) commerce.Conversation {
	return commerce.Conversation{ID: commerce.ConversationID(id), Account: "a1", Channel: c, Kind: commerce.Chat, Remote: commerce.RemoteID("r" + id),
		Name: "Ada", State: state, Snippet: "hi", LastAt: at(minute), LastBy: commerce.ByBuyer, CreatedAt: epoch()}
}

func message(c commerce.ConversationID, remote string, minute int) *commerce.Message {
	return &commerce.Message{ID: port.MessageIDOf(c, commerce.RemoteID(remote)), Conversation: c, Remote: commerce.RemoteID(remote),
		By: commerce.ByBuyer, Text: "text " + remote, Kind: "text", At: at(minute)}
}

func conversationRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	c := conversation("c1", commerce.Facebook, commerce.ConvOpen, 1)
	put := need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c}))(t)
	same(t, put.Version, int64(1))
	same(t, need(b.Store.Conversation(ctx, mine, "c1"))(t), put)
	_, err := b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c})
	refused(t, err, fault.Conflict, "conversation_moved")
	_, err = b.Store.Conversation(ctx, theirs, "c1")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: put, Message: message("other", "m", 1)})
	refused(t, err, fault.Invalid, "")
	_, err = b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: put, Aliases: []commerce.RemoteID{"x"}})
	refused(t, err, fault.Invalid, "")
}

func messageOnce(t *testing.T, b StoreBench) {
	ctx := t.Context()
	m := message("c1", "m1", 1)
	m.Text = strings.Repeat("a long story ", 900)
	c := need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: conversation("c1", commerce.Facebook, commerce.ConvOpen, 1), Message: m}))(t)
	same(t, need(b.Store.Message(ctx, mine, "c1", m.ID))(t), *m)
	again := *m
	again.Text = "replaced"
	_, err := b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c, Message: &again})
	refused(t, err, fault.Conflict, "message_exists")
	same(t, need(b.Store.Conversation(ctx, mine, "c1"))(t), c)
	// That the message is there counts before the version of the conversation.
	_, err = b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: conversation("c1", commerce.Facebook, commerce.ConvOpen, 1), Message: m})
	refused(t, err, fault.Conflict, "message_exists")
	need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c, Message: &again, Replace: true}))(t)
	same(t, need(b.Store.Message(ctx, mine, "c1", m.ID))(t).Text, "replaced")
	_, err = b.Store.Message(ctx, theirs, "c1", m.ID)
	refused(t, err, fault.NotFound, "")
}

func messageAllOrNothing(t *testing.T, b StoreBench) {
	ctx := t.Context()
	c := conversation("c1", commerce.Facebook, commerce.ConvOpen, 1)
	first := port.MessageWrite{Conversation: c, Message: message("c1", "m1", 1), Out: []port.Outbound{outboundOf("1", "c1")}}
	c = need(b.Store.PutMessage(ctx, mine, first))(t)
	stale := c
	stale.Version = 9
	_, err := b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: stale, Message: message("c1", "m2", 2), Out: []port.Outbound{outboundOf("2", "c1")}})
	refused(t, err, fault.Conflict, "conversation_moved")
	_, err = b.Store.Message(ctx, mine, "c1", port.MessageIDOf("c1", "m2"))
	refused(t, err, fault.NotFound, "")
	out := need(b.Store.ListOutbound(ctx, mine, "c1"))(t)
	same(t, len(out), 1)
	need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c, Settle: &out[0]}))(t)
	same(t, len(need(b.Store.ListOutbound(ctx, mine, "c1"))(t)), 0)
}

func messageAlias(t *testing.T, b StoreBench) {
	ctx := t.Context()
	own := &commerce.Message{ID: "msg_own", Conversation: "c1", By: commerce.BySeller, Text: "hello", Kind: "text", At: at(1)}
	c := need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: conversation("c1", commerce.Facebook, commerce.ConvOpen, 1), Message: own}))(t)
	_, err := b.Store.MessageByRemote(ctx, mine, "c1", "m_9")
	refused(t, err, fault.NotFound, "")
	settled := *own
	settled.Remote, settled.State = "m_9", commerce.SendDone
	write := port.MessageWrite{Conversation: c, Message: &settled, Replace: true, Aliases: []commerce.RemoteID{"m_9", "echo#1"}}
	c = need(b.Store.PutMessage(ctx, mine, write))(t)
	for _, remote := range []commerce.RemoteID{"m_9", "echo#1"} {
		same(t, need(b.Store.MessageByRemote(ctx, mine, "c1", remote))(t), settled)
	}
	write.Conversation = c
	c = need(b.Store.PutMessage(ctx, mine, write))(t) // the same aliases again
	other := message("c1", "m_10", 2)
	_, err = b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c, Message: other, Aliases: []commerce.RemoteID{"m_9"}})
	refused(t, err, fault.Conflict, "message_exists")
	need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c, Message: other}))(t)
	same(t, need(b.Store.MessageByRemote(ctx, mine, "c1", "m_10"))(t), *other)
	_, err = b.Store.MessageByRemote(ctx, mine, "c2", "m_10")
	refused(t, err, fault.NotFound, "")
	_, err = b.Store.MessageByRemote(ctx, theirs, "c1", "m_10")
	refused(t, err, fault.NotFound, "")
}

func messageList(t *testing.T, b StoreBench) {
	ctx := t.Context()
	c := conversation("c1", commerce.Facebook, commerce.ConvOpen, 1)
	for i := range 5 {
		c = need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: c, Message: message("c1", fmt.Sprint(i), (i*3)%5)}))(t)
	}
	b.Settle(t)
	var minutes []int
	for _, m := range need(b.Store.ListMessages(ctx, mine, "c1", page(10, "")))(t).Items {
		minutes = append(minutes, int(m.At.Sub(epoch()).Minutes()))
	}
	same(t, minutes, []int{4, 3, 2, 1, 0})
	same(t, len(need(b.Store.ListMessages(ctx, mine, "c", page(10, "")))(t).Items), 0)
	same(t, len(need(b.Store.ListMessages(ctx, theirs, "c1", page(10, "")))(t).Items), 0)
}

func conversationFilters(t *testing.T, b StoreBench) {
	ctx := t.Context()
	n := 0
	for _, c := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		for _, s := range []commerce.ConversationState{commerce.ConvOpen, commerce.ConvOpen, commerce.ConvSolved} {
			n++
			need(b.Store.PutMessage(ctx, mine, port.MessageWrite{Conversation: conversation(fmt.Sprint(n), c, s, n)}))(t)
		}
	}
	b.Settle(t)
	find := func(f port.ConversationFilter) (ids []string) {
		for _, c := range need(b.Store.ListConversations(ctx, mine, f, page(10, "")))(t).Items {
			ids = append(ids, string(c.ID))
		}
		return ids
	}
	same(t, find(port.ConversationFilter{}), []string{"6", "5", "4", "3", "2", "1"})
	same(t, find(port.ConversationFilter{State: commerce.ConvOpen}), []string{"5", "4", "2", "1"})
	same(t, find(port.ConversationFilter{State: commerce.ConvOpen, Channels: []commerce.Channel{commerce.Facebook}}), []string{"2", "1"})
	same(t, find(port.ConversationFilter{Channels: []commerce.Channel{commerce.Instagram}}), []string{"6", "5", "4"})
	same(t, need(b.Store.CountConversations(ctx, mine, commerce.ConvOpen, 10))(t), 4)
	same(t, need(b.Store.CountConversations(ctx, mine, commerce.ConvOpen, 3))(t), 3)
	same(t, need(b.Store.CountConversations(ctx, theirs, commerce.ConvOpen, 3))(t), 0)
}

func reviewRoundTrip(t *testing.T, b StoreBench) {
	ctx := t.Context()
	r := commerce.Review{ID: "1", Account: "a1", Channel: commerce.Etsy, Remote: "9", Rating: 5, Text: "good", At: at(1)}
	ok(t, b.Store.PutReview(ctx, mine, r))
	r.Text = "very good"
	ok(t, b.Store.PutReview(ctx, mine, r))
	later := r
	later.ID, later.Channel, later.At = "2", commerce.TikTok, at(2)
	ok(t, b.Store.PutReview(ctx, mine, later))
	b.Settle(t)
	same(t, need(b.Store.ListReviews(ctx, mine, nil, page(10, "")))(t).Items, []commerce.Review{later, r})
	same(t, need(b.Store.ListReviews(ctx, mine, []commerce.Channel{commerce.Etsy}, page(10, "")))(t).Items, []commerce.Review{r})
	same(t, len(need(b.Store.ListReviews(ctx, theirs, nil, page(10, "")))(t).Items), 0)
}

package channeltest

import (
	"fmt"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func chatTests() []test {
	const read, reply = channel.CanReadConversations, channel.CanReply
	return []test{
		{"chat/messages are read by poll and by thread", read, chatRead},
		{"chat/a cursor goes on where it was", read, chatCursor},
		{"chat/many threads in small pages", read, chatPaged},
		{"chat/a reply arrives once and is read back", reply, replied},
		{"chat/the answer of a reply is lost", reply, repliedLost},
		{"chat/a reply the marketplace refuses", reply, repliedRefused},
		{"chat/a reply that is too long", reply, repliedLong},
		{"chat/a reply with an expired token", reply, repliedExpired},
	}
}

// say lets a buyer write, and wants that to work.
func (s *seller) say(buyer, text string) commerce.RemoteID {
	s.Helper()
	id, err := s.w.Say(Speech{Buyer: buyer, Text: text})
	s.must("send a message", err)
	s.w.Advance(time.Second)
	return id
}

func (s *seller) pollMessages(cursor string, limit int) (map[commerce.RemoteID]channel.MessageUpdate, string) {
	s.Helper()
	reader := s.conn.(channel.ConversationReader)
	updates, next := s.poll(func(p channel.Poll) (channel.Page, error) { return reader.ListMessages(s.ctx, p) },
		channel.Poll{Cursor: cursor, Since: s.now().Add(-24 * time.Hour), Limit: limit})
	return s.messages(updates), next
}

// messages picks the messages of updates, reading the threads they point at.
func (s *seller) messages(updates []channel.Update) map[commerce.RemoteID]channel.MessageUpdate {
	s.Helper()
	found := map[commerce.RemoteID]channel.MessageUpdate{}
	for _, u := range updates {
		switch {
		case u.Kind == channel.UpdateMessage:
			found[u.Message.Message.Remote] = *u.Message
		case u.Kind == channel.UpdateFetch:
			for _, thread := range u.Fetch.Threads {
				more, err := s.conn.(channel.ConversationReader).Messages(s.ctx, thread)
				s.must("read a thread", err)
				for id, m := range s.messages(more) {
					found[id] = m
				}
			}
		}
	}
	return found
}

func chatRead(s *seller) {
	const text = "Is the green one dishwasher-safe? 😀 <b>1/2</b>"
	id := s.say("Ada Example", text)
	found, _ := s.pollMessages("", 50)
	m, ok := found[id]
	if !ok {
		s.Fatalf("message %s is not found in %v", id, found)
	}
	s.wantMessage(m, id, text, commerce.ByBuyer)
	direct, err := s.conn.(channel.ConversationReader).Messages(s.ctx, m.Thread)
	s.must("read the thread", err)
	again, ok := s.messages(direct)[id]
	if !ok {
		s.Fatal("the thread does not hold the message")
	}
	if again.Thread != m.Thread || again.Contact != m.Contact || again.Message.Text != m.Message.Text {
		s.Errorf("read twice: %+v and %+v", m, again)
	}
}

func (s *seller) wantMessage(m channel.MessageUpdate, id commerce.RemoteID, text string, by commerce.Party) {
	s.Helper()
	if m.Thread == "" || m.Contact == "" || m.Kind != commerce.Chat {
		s.Errorf("thread %q, contact %q, kind %q", m.Thread, m.Contact, m.Kind)
	}
	msg := m.Message
	if msg.Remote != id || msg.Text != text || msg.By != by || msg.Kind != "text" {
		s.Errorf("message %+v, want %q by %s", msg, text, by)
	}
	if age := s.now().Sub(msg.At); age < 0 || age > time.Minute {
		s.Errorf("the message is of %s, now is %s", msg.At, s.now())
	}
	if by == commerce.ByBuyer && s.h.Driver.Rules.Reply.Window > 0 && !m.ReplyUntil.After(s.now()) {
		s.Errorf("it can be answered until %s, now is %s", m.ReplyUntil, s.now())
	}
}

func chatCursor(s *seller) {
	first := s.say("Ada Example", "One")
	found, cursor := s.pollMessages("", 50)
	if _, ok := found[first]; !ok {
		s.Fatal("the first message is not found")
	}
	second, third := s.say("Ada Example", "Two"), s.say("Ben Example", "Three")
	found, cursor = s.pollMessages(cursor, 50)
	for _, id := range []commerce.RemoteID{second, third} {
		if _, ok := found[id]; !ok {
			s.Errorf("message %s is not found after the cursor", id)
		}
	}
	s.w.Advance(2 * time.Hour)
	s.pollMessages(cursor, 50)
}

func chatPaged(s *seller) {
	want := map[commerce.RemoteID]string{}
	for i := range 9 {
		text := fmt.Sprintf("Question %d", i)
		want[s.say(fmt.Sprintf("Buyer %d", i%4), text)] = text
	}
	for _, limit := range []int{1, 3, 50} {
		found, _ := s.pollMessages("", limit)
		for id, text := range want {
			if found[id].Message.Text != text {
				s.Errorf("with pages of %d message %q is read as %q", limit, text, found[id].Message.Text)
			}
		}
	}
}

// talk is a conversation a buyer began, as the product stores it.
func (s *seller) talk(text string) channel.Reply {
	s.Helper()
	id := s.say("Ada Example", text)
	found, _ := s.pollMessages("", 50)
	m, ok := found[id]
	if !ok {
		s.Fatal("the buyer's message is not found")
	}
	return channel.Reply{
		Conversation: commerce.Conversation{
			ID: "cnv_test", Account: "acc_test", Channel: s.h.Driver.Name, Kind: m.Kind, Remote: m.Thread, Contact: m.Contact, Name: "Ada Example",
			ReplyUntil: m.ReplyUntil, LastAt: m.Message.At, LastBy: commerce.ByBuyer, Waiting: m.Message.At,
		},
		Message: commerce.Message{ID: "msg_01HZZZZZZZZZZZZZZZZZZZZZZZ", Conversation: "cnv_test", By: commerce.BySeller, Text: "Yes, it is. Kind regards!", Kind: "text", State: commerce.SendPending, Human: true, At: s.now()},
	}
}

// heard counts how often buyers were told a text.
func (s *seller) heard(text string) (n int) {
	for _, said := range s.w.Said() {
		if said.ByShop && said.Text == text {
			n++
		}
	}
	return n
}

func replied(s *seller) {
	r := s.talk("Is it dishwasher-safe?")
	replier := s.conn.(channel.Replier)
	r.TriedAt = s.now()
	if _, found, err := replier.FindReply(s.ctx, r); err != nil || found {
		s.Errorf("a reply that was not sent is found: %v, %v", found, err)
	}
	sent, err := replier.Reply(s.ctx, r)
	s.must("reply", err)
	if sent.Remote == "" {
		s.Error("the answer has no id of the message")
	}
	if n := s.heard(r.Message.Text); n != 1 {
		s.Fatalf("the buyer got the reply %d times", n)
	}
	s.w.Advance(time.Second)
	updates, err := s.conn.(channel.ConversationReader).Messages(s.ctx, r.Conversation.Remote)
	s.must("read the thread", err)
	echo, ok := s.messages(updates)[sent.Remote]
	if !ok {
		s.Fatalf("the reply %s is not in the thread", sent.Remote)
	}
	s.wantMessage(echo, sent.Remote, r.Message.Text, commerce.BySeller)
	if found, ok, err := replier.FindReply(s.ctx, r); err != nil || !ok || found.Remote != sent.Remote {
		s.Errorf("a reply that was sent is found as %q: %v, %v", found.Remote, ok, err)
	}
}

func repliedLost(s *seller) {
	r := s.talk("Did you get my message?")
	r.TriedAt = s.now()
	s.w.Fault(Fault{Kind: TimeoutAfterApply, Count: 1, Writes: true})
	_, err := s.conn.(channel.Replier).Reply(s.ctx, r)
	s.w.Calm()
	s.kind("a reply whose answer was lost", err, fault.Unknown)
	s.w.Advance(20 * time.Second)
	sent, found, err := s.open().(channel.Replier).FindReply(s.ctx, r)
	if err != nil || !found || sent.Remote == "" {
		s.Errorf("a reply whose answer was lost is found: %v, id %q, %v", found, sent.Remote, err)
	}
	if n := s.heard(r.Message.Text); n != 1 {
		s.Errorf("the buyer got the reply %d times", n)
	}
}

func repliedRefused(s *seller) {
	r := s.talk("Hello")
	s.w.Fault(Fault{Kind: Rejected, Count: 1, Writes: true})
	_, err := s.conn.(channel.Replier).Reply(s.ctx, r)
	s.kind("a reply the marketplace does not like", err, fault.Rejected, fault.Invalid)
	if f := fault.Of(err); f.Message == "" || strings.Contains(f.Message, r.Message.Text) {
		s.Errorf("the seller is told %q", f.Message)
	}
	s.w.Calm()
	_, err = s.conn.(channel.Replier).Reply(s.ctx, r)
	s.must("reply again", err)
}

func repliedLong(s *seller) {
	r := s.talk("Tell me everything")
	limit := max(s.h.Driver.Rules.Reply.MaxRunes, s.h.Driver.Rules.Reply.MaxBytes)
	r.Message.Text = strings.Repeat("a", limit+1)
	_, err := s.conn.(channel.Replier).Reply(s.ctx, r)
	s.kind("a reply that is too long", err, fault.Rejected, fault.Invalid)
	r.Message.Text = strings.Repeat("a", limit)
	_, err = s.conn.(channel.Replier).Reply(s.ctx, r)
	s.must("send a reply of the greatest length", err)
}

func repliedExpired(s *seller) {
	r := s.talk("Hello")
	s.w.Fault(Fault{Kind: TokenExpired, Count: 1, Writes: true})
	_, err := s.conn.(channel.Replier).Reply(s.ctx, r)
	s.wantRenewedOnce(err)
	if n := s.heard(r.Message.Text); err == nil && n != 1 {
		s.Errorf("the buyer got the reply %d times", n)
	}
}

package metagraph_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func (b *bench) say(c commerce.Channel, buyer, text string) string {
	b.t.Helper()
	mid, err := b.sim.SendMessage(b.t.Context(), simkit.Message{Channel: string(c), Buyer: buyer, Text: text})
	must(b.t, err)
	return mid
}

// only is the one update that was told.
func (b *bench) only(kind channel.UpdateKind) channel.Update {
	b.t.Helper()
	got := b.told()
	if len(got) != 1 || got[0].Kind != kind {
		b.t.Fatalf("told %+v, want one %s", got, kind)
	}
	return got[0]
}

// conversation is the thread of a buyer's message as the product keeps it.
func conversation(u *channel.MessageUpdate) commerce.Conversation {
	return commerce.Conversation{ID: "cnv_1", Remote: u.Thread, Contact: u.Contact, ReplyUntil: u.ReplyUntil}
}

func TestTalk(t *testing.T) {
	t.Parallel()
	for _, on := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		t.Run(string(on), func(t *testing.T) {
			t.Parallel()
			s := newBench(t).connect(on)
			mid := s.say(on, "Ada", "Is it blue? café 😀")
			u := s.only(channel.UpdateMessage).Message
			if u.Message.Remote != commerce.RemoteID(mid) || u.Message.By != commerce.ByBuyer || u.Message.Text != "Is it blue? café 😀" || u.Message.Kind != "text" || u.ReplyUntil.Sub(u.Message.At) != 7*24*time.Hour {
				t.Errorf("told %+v", u)
			}
			reply := channel.Reply{Conversation: conversation(u), Message: commerce.Message{ID: "msg_1", Text: "Yes.", Human: true}}
			sent, err := s.Reply(t.Context(), reply)
			must(t, err)
			echo := s.only(channel.UpdateMessage).Message
			if echo.Message.Remote != sent.Remote || echo.Message.By != commerce.BySeller || echo.Thread != u.Thread || !echo.ReplyUntil.IsZero() {
				t.Errorf("echo %+v", echo)
			}
			if ours := commerce.MessageID("msg_1"); on == commerce.Facebook && echo.Ours != ours || on == commerce.Instagram && echo.Ours != "" {
				t.Errorf("echo is of %q", echo.Ours)
			}
			read, err := s.Messages(t.Context(), u.Thread)
			must(t, err)
			if len(read) != 2 || read[0].Message.Message.Remote != u.Message.Remote || read[1].Message.Message.Remote != sent.Remote || read[0].Message.Name == "" || read[1].Message.Message.By != commerce.BySeller {
				t.Errorf("read %+v", read)
			}
		})
	}
}

func TestLostReplyIsFound(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Instagram)
	s.say(commerce.Instagram, "Ada", "Hello?")
	u := s.only(channel.UpdateMessage).Message
	reply := channel.Reply{Conversation: conversation(u), Message: commerce.Message{ID: "msg_1", Text: "Hi."}, TriedAt: s.clock()}
	if _, found, err := s.FindReply(t.Context(), reply); err != nil || found {
		t.Errorf("found %t, %v", found, err)
	}
	must(t, s.sim.Faults().Add(simkit.FaultTimeoutAfterApply, 1))
	_, err := s.Reply(t.Context(), reply)
	kindOf(t, err, fault.Unknown)
	sent, found, err := s.FindReply(t.Context(), reply)
	if err != nil || !found || sent.Remote == "" {
		t.Errorf("found %t %+v, %v", found, sent, err)
	}
	reply.TriedAt = s.clock().Add(time.Minute)
	if _, found, _ := s.FindReply(t.Context(), reply); found {
		t.Error("an older message of the same text was taken for the reply")
	}
}

func TestReplyWindow(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	s.say(commerce.Facebook, "Ada", "Hello?")
	u := s.only(channel.UpdateMessage).Message
	reply := channel.Reply{Conversation: conversation(u), Message: commerce.Message{ID: "msg_1", Text: "Hi."}}
	s.pass(30 * time.Hour)
	_, err := s.Reply(t.Context(), reply)
	kindOf(t, err, fault.Rejected)
	if f := fault.Of(err); f.Code != "window_closed" || f.Problems[0].Fix == "" {
		t.Errorf("fault %+v", f)
	}
	reply.Message.Human = true
	_, err = s.Reply(t.Context(), reply)
	must(t, err)
	s.pass(150 * time.Hour)
	_, err = s.Reply(t.Context(), reply)
	kindOf(t, err, fault.Rejected)

	for text, on := range map[string]commerce.Channel{"": commerce.Facebook, strings.Repeat("x", 2001): commerce.Facebook, strings.Repeat("é", 501): commerce.Instagram} {
		reply.Message.Text = text
		_, err := s.connect(on).Reply(t.Context(), reply)
		kindOf(t, err, fault.Invalid)
	}
}

func TestAbsentPerson(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	s.say(commerce.Facebook, "Ada", "Hello?")
	u := s.only(channel.UpdateMessage).Message
	must(t, s.sim.SetAway(t.Context(), "facebook", "Ada", true))
	_, err := s.Reply(t.Context(), channel.Reply{Conversation: conversation(u), Message: commerce.Message{ID: "m", Text: "Hi."}})
	kindOf(t, err, fault.Rejected)
	if fault.Of(err).Code != "person_unavailable" {
		t.Errorf("fault %v", err)
	}
}

func TestWhatHappensToMessages(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Instagram)
	mid := s.say(commerce.Instagram, "Ada", "Is it blu?")
	s.only(channel.UpdateMessage)
	must(t, s.sim.EditMessage(t.Context(), mid, "Is it blue?"))
	if u := s.only(channel.UpdateEdit).Message; u.Message.Text != "Is it blue?" || u.Message.Edit != 1 || u.Message.Remote != commerce.RemoteID(mid) {
		t.Errorf("edit %+v", u)
	}
	must(t, s.sim.React(t.Context(), mid, "❤️"))
	if u := s.only(channel.UpdateReaction).Message; u.Reaction != "❤️" || u.Message.Remote != commerce.RemoteID(mid) {
		t.Errorf("reaction %+v", u)
	}
	must(t, s.sim.React(t.Context(), mid, ""))
	if u := s.only(channel.UpdateReaction).Message; u.Reaction != "" {
		t.Errorf("taken back %+v", u)
	}
	must(t, s.sim.Read(t.Context(), mid))
	s.only(channel.UpdateRead)
	must(t, s.sim.Unsend(t.Context(), mid))
	if u := s.only(channel.UpdateDelete).Message; u.Message.Text != "" || u.Message.Remote != commerce.RemoteID(mid) {
		t.Errorf("unsend %+v", u)
	}
	_, err := s.sim.SendMessageWith(t.Context(), simkit.Message{Channel: "instagram", Buyer: "Ada"}, metasim.Extra{Attachments: []metasim.Attachment{{Type: "sticker", URL: "https://x.example/s.png"}}, Standby: true})
	must(t, err)
	if u := s.only(channel.UpdateMessage).Message; u.Message.Kind != "sticker" || u.Message.Attachments[0].URL != "https://x.example/s.png" {
		t.Errorf("sticker %+v", u)
	}
	_, err = s.sim.SendMessageWith(t.Context(), simkit.Message{Channel: "instagram", Buyer: "Ada"}, metasim.Extra{Attachments: []metasim.Attachment{{Type: "hologram"}}})
	must(t, err)
	if u := s.only(channel.UpdateMessage).Message; u.Message.Kind != "unsupported" {
		t.Errorf("hologram %+v", u)
	}
}

func TestChatCart(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	c := s.publish(mug("a"))
	_, err := s.sim.SendCart(t.Context(), "Ada", []simkit.Line{{SKU: "MUG-a-S", Quantity: 2}}, "gift wrap, please")
	must(t, err)
	got := s.told()
	if len(got) != 2 || got[0].Kind != channel.UpdateOrder || got[1].Kind != channel.UpdateMessage {
		t.Fatalf("told %+v", got)
	}
	o, m := got[0].Order, got[1].Message
	if o.State != commerce.OrderDraft || o.Source != commerce.FromChatCart || o.Channel != commerce.Facebook || !strings.HasPrefix(string(o.Remote), "cart#") || strings.Contains(string(o.Remote), string(o.Buyer.Remote)) || o.Note != "gift wrap, please" {
		t.Errorf("order %+v", o)
	}
	if o.Total != (commerce.Money{Amount: 2598, Currency: "USD"}) || len(o.Lines) != 1 || o.Lines[0].RemoteItem != c.Listing.Items["var_a0"] || o.Lines[0].Quantity != 2 || o.Buyer.Remote != m.Thread {
		t.Errorf("order %+v", o)
	}
	if m.Order != o.Remote || m.Message.Kind != "order" || m.Message.Text != "2 × Mug a\ngift wrap, please" {
		t.Errorf("message %+v", m)
	}
}

func TestProductPageReferral(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	s.publish(mug("a"))
	_, err := s.sim.SendMessageWith(t.Context(), simkit.Message{Channel: "facebook", Buyer: "Ada", Text: "This one?"}, metasim.Extra{Product: "MUG-a-S"})
	must(t, err)
	u := s.only(channel.UpdateMessage).Message
	if !slices.ContainsFunc(u.Message.Attachments, func(a commerce.Attachment) bool { return a.Kind == "product" && a.Name != "" }) {
		t.Errorf("told %+v", u)
	}
}

func TestPollFindsLostWebhooks(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	began := s.clock()
	must(t, s.sim.Faults().Add(simkit.FaultWebhookLost, 30))
	for i := range 30 {
		s.say(commerce.Facebook, "Buyer "+strings.Repeat("x", i), "Hello")
		s.pass(2 * time.Second)
	}
	read := func(cursor string) (mids []string, last string) {
		for {
			page, err := s.ListMessages(t.Context(), channel.Poll{Cursor: cursor, Since: began, Limit: 100})
			must(t, err)
			for _, u := range page.Updates {
				mids = append(mids, string(u.Message.Message.Remote))
			}
			if cursor = page.Cursor; !page.More {
				return mids, cursor
			}
		}
	}
	mids, cursor := read("")
	slices.Sort(mids)
	if len(slices.Compact(mids)) != 30 {
		t.Fatalf("%d of 30 messages", len(mids))
	}
	s.pass(time.Hour)
	mid := s.say(commerce.Facebook, "Late", "Me too")
	again, cursor := read(cursor)
	if !slices.Contains(again, mid) {
		t.Errorf("the next poll read %d without the new one", len(again))
	}
	if again, _ = read(cursor); len(again) != 1 || again[0] != mid {
		t.Errorf("the poll after it read %d", len(again))
	}
	if _, err := s.ListMessages(t.Context(), channel.Poll{Cursor: "x"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a broken cursor: %v", err)
	}
}

func TestStaleCursorBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	mid := s.say(commerce.Facebook, "Ada", "Hello")
	page, err := s.ListMessages(t.Context(), channel.Poll{Cursor: `{"seen":"2026-11-22T11:00:00Z","after":"!!"}`, Limit: 10})
	must(t, err)
	if len(page.Updates) != 1 || string(page.Updates[0].Message.Message.Remote) != mid || page.More {
		t.Errorf("read %+v", page)
	}
}

func TestLongThreadIsReadAsFarAsItCanBe(t *testing.T) {
	t.Parallel()
	s := newBench(t).connect(commerce.Facebook)
	for range 25 {
		s.say(commerce.Facebook, "Ada", "Hello")
		s.pass(time.Second)
	}
	u := s.told()[0].Message
	got, err := s.Messages(t.Context(), u.Thread)
	must(t, err)
	if len(got) != 20 {
		t.Errorf("%d messages", len(got))
	}
}

package ingest_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

func message(remote commerce.RemoteID, by commerce.Party, minute int, text string) channel.Update {
	return channel.Update{Kind: channel.UpdateMessage, Message: &channel.MessageUpdate{Thread: "t1", Contact: "buyer-1234", Kind: commerce.Chat,
		Message: commerce.Message{Remote: remote, By: by, Kind: "text", Text: text, At: at(minute)}}}
}

// about is what happened to a message.
func about(kind channel.UpdateKind, remote commerce.RemoteID, minute int, f func(*channel.MessageUpdate)) channel.Update {
	u := message(remote, commerce.ByBuyer, minute, "")
	if u.Kind = kind; f != nil {
		f(u.Message)
	}
	return u
}

func edit(remote commerce.RemoteID, n int64, text string) channel.Update {
	return about(channel.UpdateEdit, remote, 10+int(n), func(u *channel.MessageUpdate) { u.Message.Edit, u.Message.Text = n, text })
}

func (b *bench) conversationID() commerce.ConversationID {
	return ingest.ConversationIDOf(b.account.ID, "t1")
}

func (b *bench) conversation(t tester) commerce.Conversation {
	t.Helper()
	c, err := b.Conversation(bg(), b.account.Space, b.conversationID())
	must(t, err)
	return c
}

func (b *bench) messages(t tester) []commerce.Message {
	t.Helper()
	list, err := b.ListMessages(bg(), b.account.Space, b.conversationID(), port.Page{Limit: 100})
	must(t, err)
	return list.Items
}

func TestMessagesOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 3 {
		b.handle(t, message("m1", commerce.ByBuyer, 1, "hello"), at(1))
		b.handle(t, message("m2", commerce.ByBuyer, 2, "anybody?"), at(2))
		b.handle(t, about(channel.UpdateRead, "m2", 3, nil), at(3))
	}
	c := b.conversation(t)
	if c.Messages != 2 || c.Unread != 2 || c.State != commerce.ConvOpen || !c.Waiting.Equal(at(1)) || c.Snippet != "anybody?" || c.Name != "Tiktok buyer …1234" || c.Contact != "buyer-1234" {
		t.Errorf("%+v", c)
	}
	if n := b.writesOf(func() { b.handle(t, message("m1", commerce.ByBuyer, 1, "hello"), at(9)) }); n != 0 {
		t.Errorf("a message that is there is %d writes", n)
	}
	b.handle(t, message("m3", commerce.BySeller, 3, "from the app"), at(3))
	if c = b.conversation(t); c.Messages != 3 || c.Unread != 0 || c.State != commerce.ConvPending || !c.Waiting.IsZero() {
		t.Errorf("after an answer given elsewhere: %+v", c)
	}
	if m := b.messages(t)[0]; m.State != commerce.SendDone || m.Text != "from the app" {
		t.Errorf("an answer given elsewhere: %+v", m)
	}
}

// Two first messages at once are one conversation with both in it.
func TestParallelFirstMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var wait sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wait.Go(func() {
			errs[i] = b.try(message(commerce.RemoteID(fmt.Sprintf("m%d", i%3)), commerce.ByBuyer, i%3, "hello"), at(1))
		})
	}
	wait.Wait()
	for _, err := range errs {
		must(t, err)
	}
	if c := b.conversation(t); c.Messages != 3 || c.Unread != 3 || len(b.messages(t)) != 3 {
		t.Errorf("%d messages, %d stored: %+v", c.Messages, len(b.messages(t)), c)
	}
}

// A deletion beats an edit, a later edit an earlier one, an edit the original,
// in whatever order and however often they arrive; the conversation says the
// same in the end.
func TestMessagesInAnyOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var mu sync.Mutex
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		mu.Lock()
		n++
		b.account.ID = commerce.AccountID(fmt.Sprintf("acc_%d", n)) // a thread of its own
		mu.Unlock()
		_, err := b.PutAccount(bg(), port.Account{ID: b.account.ID, Space: "w1", Channel: commerce.TikTok, Kind: "marketplace", State: port.AccountActive})
		must(rt, err)
		deleted, edits := rapid.Bool().Draw(rt, "deleted"), rapid.Int64Range(0, 3).Draw(rt, "edits")
		all := []channel.Update{message("m1", commerce.ByBuyer, 1, "original")}
		want, text := "original", "original"
		for i := range edits {
			text = fmt.Sprintf("edit %d", i+1)
			all = append(all, edit("m1", i+1, text))
		}
		if want = text; deleted {
			all, want = append(all, about(channel.UpdateDelete, "m1", 20, nil)), ""
		}
		for _, u := range append(rapid.Permutation(all).Draw(rt, "order"), rapid.Permutation(all).Draw(rt, "again")...) {
			b.handle(rt, u, at(30))
		}
		stored := b.messages(rt)
		if len(stored) != 1 || stored[0].Text != want || stored[0].Deleted != deleted || stored[0].Kind != "text" || !stored[0].At.Equal(at(1)) {
			rt.Fatalf("stored %+v, want %q", stored, want)
		}
		c := b.conversation(rt)
		if c.Messages != 1 || c.Unread != 1 || c.State != commerce.ConvOpen || c.Snippet != want || !c.LastAt.Equal(at(1)) || !c.Waiting.Equal(at(1)) {
			rt.Fatalf("the conversation is %+v, want the snippet %q", c, want)
		}
	})
}

func TestReactions(t *testing.T) {
	t.Parallel()
	react := func(emoji string) channel.Update {
		return about(channel.UpdateReaction, "m1", 5, func(u *channel.MessageUpdate) { u.Reaction = emoji })
	}
	b := newBench(t)
	b.handle(t, react("❤"), at(1)) // faster than its message
	b.handle(t, message("m1", commerce.BySeller, 1, "hello"), at(1))
	b.handle(t, react("❤"), at(1))
	if m := b.messages(t); len(m) != 1 || len(m[0].Reactions) != 1 || m[0].Text != "hello" || m[0].State != commerce.SendDone {
		t.Errorf("%+v", m)
	}
	b.handle(t, react(""), at(1))
	if m := b.messages(t); len(m[0].Reactions) != 0 {
		t.Errorf("a reaction that was taken away: %+v", m)
	}
	b.handle(t, about(channel.UpdateDelete, "m1", 6, nil), at(1))
	b.handle(t, react("❤"), at(1))
	if m := b.messages(t); len(m[0].Reactions) != 0 || !m[0].Deleted {
		t.Errorf("a reaction to a deleted message: %+v", m)
	}
}

func TestOrderNotes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	note := message("note-1", commerce.ByBuyer, 1, "please wrap it")
	note.Message.Kind, note.Message.Order, note.Message.NoReply, note.Message.ReplyAt, note.Message.Name = commerce.OrderNote, "1", "Etsy has no way to answer from here.", "https://etsy.example/1", "Ada"
	for range 2 {
		b.handle(t, note, at(1))
	}
	c := b.conversation(t)
	if c.Kind != commerce.OrderNote || c.Order != ingest.OrderIDOf(b.account.ID, "1") || c.NoReply == "" || c.ReplyAt == "" || c.Messages != 1 || c.Name != "Ada" {
		t.Errorf("%+v", c)
	}
}

// sending stores an answer of ours that is on its way; tried is when it went
// out, zero is not yet.
func (b *bench) sending(t tester, id, text string, tried time.Time) {
	t.Helper()
	b.handle(t, message("m1", commerce.ByBuyer, 1, "hello"), at(1))
	c := b.conversation(t)
	m := commerce.Message{ID: commerce.MessageID(id), Conversation: c.ID, By: commerce.BySeller, Text: text, Kind: "text", State: commerce.SendPending, Outbound: commerce.OutboundID("out_" + id), At: at(2)}
	o := port.Outbound{ID: m.Outbound, Space: "w1", Key: string(c.ID), Kind: "reply", Account: b.account.ID, Ref: id, State: commerce.SendPending, TriedAt: tried}
	_, err := b.PutMessage(bg(), "w1", port.MessageWrite{Conversation: c.With(m), Message: &m, Out: []port.Outbound{o}})
	must(t, err)
}

// An echo is our own message, found by what it carries or by its text shortly
// after the attempt, and settles it.
func TestEchoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tried time.Time
		edit  func(*channel.MessageUpdate)
		ours  bool
	}{
		"by text":                 {at(30), nil, true},
		"carries our id":          {at(3), func(u *channel.MessageUpdate) { u.Ours, u.Message.Text = "own_1", "changed by the marketplace" }, true},
		"other text":              {at(30), func(u *channel.MessageUpdate) { u.Message.Text = "typed in the app" }, false},
		"long after":              {at(10), nil, false},
		"nothing has gone out":    {time.Time{}, nil, false},
		"the buyer says the same": {at(30), func(u *channel.MessageUpdate) { u.Message.By = commerce.ByBuyer }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.sending(t, "own_1", "we do", c.tried)
			echo := message("echo-1", commerce.BySeller, 31, "we do")
			if c.edit != nil {
				c.edit(echo.Message)
			}
			for range 2 {
				b.handle(t, echo, at(31))
			}
			own, err := b.Message(bg(), "w1", b.conversationID(), "own_1")
			must(t, err)
			if settled := own.State == commerce.SendDone && own.Remote == "echo-1"; settled != c.ours {
				t.Errorf("ours is %+v", own)
			}
			want := int64(3)
			if c.ours {
				want = 2
			}
			if conv := b.conversation(t); conv.Messages != want || int64(len(b.messages(t))) != want {
				t.Errorf("%d messages counted, %d stored, want %d", conv.Messages, len(b.messages(t)), want)
			}
		})
	}
}

// An echo under another id than the send's answer is the same message, too.
func TestAnEchoUnderAnotherID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sending(t, "own_1", "we do", at(2))
	for _, id := range []commerce.RemoteID{"answer-1", "echo-1", "echo-1"} {
		u := message(id, commerce.BySeller, 2, "we do")
		u.Message.Ours = "own_1"
		b.handle(t, u, at(3))
	}
	b.handle(t, about(channel.UpdateDelete, "echo-1", 5, nil), at(5))
	stored := b.messages(t)
	want := commerce.Message{ID: "own_1", Conversation: b.conversationID(), Remote: "answer-1", By: commerce.BySeller, Kind: "text", State: commerce.SendDone, Outbound: "out_own_1", Deleted: true, At: at(2)}
	if diff := cmp.Diff(want, stored[0], cmpopts.EquateEmpty()); diff != "" || len(stored) != 2 {
		t.Errorf("%d messages; the newest (-want +got):\n%s", len(stored), diff)
	}
}

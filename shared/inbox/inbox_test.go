package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

const (
	w  commerce.WorkspaceID    = "w1"
	id commerce.ConversationID = "cnv_1"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

type bench struct {
	*dynamo.Store
	clock *porttest.Clock
	desk  *inbox.Desk
}

func newBench(t *testing.T, edit func(*commerce.Conversation)) bench {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	b := bench{Store: localtest.Open(t, clock.Now).Store, clock: clock}
	b.desk = &inbox.Desk{
		Store: b.Store, Now: clock.Now, NewID: (&localtest.IDs{}).Next,
		Rules: func(commerce.Channel) channel.ReplyRules { return channel.ReplyRules{MaxRunes: 10, MaxBytes: 12} },
		Send:  func(context.Context, commerce.WorkspaceID, string) error { return errors.New("the queue is away") },
	}
	c := commerce.Conversation{ID: id, Account: "acc", Channel: commerce.Instagram, Kind: commerce.Chat, State: commerce.ConvOpen, Unread: 2, Messages: 2, Waiting: clock.Now(), ReplyUntil: clock.Now().Add(24 * time.Hour), LastBy: commerce.ByBuyer}
	if edit != nil {
		edit(&c)
	}
	_, err := b.PutMessage(t.Context(), w, port.MessageWrite{Conversation: c})
	must(t, err)
	return b
}

func (b bench) conversation(t *testing.T) commerce.Conversation {
	t.Helper()
	c, err := b.Conversation(t.Context(), w, id)
	must(t, err)
	return c
}

// A conversation of a disconnected account says so and takes no answer; one
// that was given before, with the same key, is still known.
func TestADisconnectedAccountCantBeAnswered(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	a, err := b.PutAccount(t.Context(), port.Account{ID: "acc", Space: w, Name: "Clay page", State: port.AccountActive})
	must(t, err)
	before, err := b.desk.Reply(t.Context(), w, id, inbox.Answer{Text: "we do", Key: "k"})
	must(t, err)
	a.State = port.AccountGone
	_, err = b.PutAccount(t.Context(), a)
	must(t, err)
	_, err = b.desk.Reply(t.Context(), w, id, inbox.Answer{Text: "we do"})
	if f := fault.Of(err); f == nil || f.Code != "cannot_reply" || !strings.Contains(f.Message, "Clay page is disconnected") {
		t.Errorf("answered with %v", err)
	}
	again, err := b.desk.Reply(t.Context(), w, id, inbox.Answer{Text: "we do", Key: "k"})
	if err != nil || again.ID != before.ID {
		t.Errorf("the answer of before is %v, %v", again.ID, err)
	}
}

func TestReply(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	m, err := b.desk.Reply(t.Context(), w, id, inbox.Answer{Text: " we do ", By: "me"})
	must(t, err)
	if m.Text != "we do" || m.State != commerce.SendPending || !m.Human || m.Author != "me" {
		t.Errorf("%+v", m)
	}
	out, err := b.ListOutbound(t.Context(), w, string(id))
	if err != nil || len(out) != 1 || out[0].Ref != string(m.ID) || out[0].ID != m.Outbound || out[0].Account != "acc" {
		t.Errorf("%+v, %v", out, err)
	}
	if c := b.conversation(t); c.State != commerce.ConvPending || c.Unread != 0 || c.Messages != 3 || !c.Waiting.IsZero() {
		t.Errorf("%+v", c)
	}
}

// The same request is one message, at once, later, and after the time to reply
// has ended.
func TestReplyOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	var wait sync.WaitGroup
	ids := make([]commerce.MessageID, 5)
	for i := range ids {
		wait.Go(func() {
			for range 20 {
				m, err := b.desk.Reply(t.Context(), w, id, inbox.Answer{Text: "we do", Key: "k1"})
				if ids[i] = m.ID; !fault.Is(err, fault.Conflict) {
					return
				}
			}
		})
	}
	wait.Wait()
	b.clock.Advance(48 * time.Hour)
	late, err := b.desk.Reply(t.Context(), w, id, inbox.Answer{Text: "we do", Key: "k1"})
	must(t, err)
	for _, got := range ids {
		if got != late.ID {
			t.Errorf("message %s and %s", got, late.ID)
		}
	}
	out, err := b.ListOutbound(t.Context(), w, string(id))
	if c := b.conversation(t); err != nil || len(out) != 1 || c.Messages != 3 {
		t.Errorf("%d on their way, %d messages, %v", len(out), c.Messages, err)
	}
}

func TestReplyRefusals(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		text string
		edit func(*commerce.Conversation)
		late time.Duration
	}{
		"empty":         {" \n ", nil, 0},
		"too_long":      {strings.Repeat("x", 11), nil, 0},
		"too_long ":     {strings.Repeat("ж", 7), nil, 0}, // few characters, many bytes
		"cannot_reply":  {"hi", func(c *commerce.Conversation) { c.NoReply = "Etsy has no way to answer from here." }, 0},
		"window_closed": {"hi", nil, 25 * time.Hour},
	} {
		b := newBench(t, c.edit)
		b.clock.Advance(c.late)
		_, err := b.desk.Reply(t.Context(), w, id, inbox.Answer{Text: c.text, Key: "k"})
		if !fault.Is(err, fault.Invalid) || fault.Of(err).Code != strings.TrimSpace(code) || fault.Of(err).Field != "text" {
			t.Errorf("%s: %v", code, err)
		}
	}
	b := newBench(t, nil)
	if _, err := b.desk.Reply(t.Context(), "w2", id, inbox.Answer{Text: "hi"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's conversation: %v", err)
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	seen := b.conversation(t)
	solved, err := b.desk.SetState(t.Context(), w, id, seen.Version, commerce.ConvSolved)
	if err != nil || solved.State != commerce.ConvSolved || solved.Unread != 0 || solved.Solved.IsZero() || !solved.Waiting.IsZero() {
		t.Errorf("%+v, %v", solved, err)
	}
	if _, err := b.desk.SetState(t.Context(), w, id, seen.Version, commerce.ConvOpen); !fault.Is(err, fault.Conflict) {
		t.Errorf("over an older version: %v", err)
	}
	if _, err := b.desk.SetState(t.Context(), w, id, solved.Version, "lost"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown state: %v", err)
	}
	open, err := b.desk.SetState(t.Context(), w, id, solved.Version, commerce.ConvOpen)
	if err != nil || !open.Solved.IsZero() {
		t.Errorf("%+v, %v", open, err)
	}
}

func TestMarkRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for i := range 2 {
		c, err := b.desk.MarkRead(t.Context(), w, id)
		if err != nil || c.Unread != 0 || c.Version != 2 || c.State != commerce.ConvOpen {
			t.Errorf("%s: %+v, %v", fmt.Sprint("time ", i+1), c, err)
		}
	}
}

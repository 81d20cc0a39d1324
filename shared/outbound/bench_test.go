package outbound_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/outbound"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

const (
	w    commerce.WorkspaceID    = "w1"
	conv commerce.ConversationID = "cnv_1"
	ord  commerce.OrderID        = "ord_1"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// shop is a marketplace: it answers as it is told to and keeps what arrived.
type shop struct {
	mu      sync.Mutex
	arrived []string
	looked  int
	answers []error // of the next calls; nil is taken
	finds   []any   // of the next look-ups: true, false or an error
	before  func()  // each call
}

func (s *shop) Channel() commerce.Channel { return commerce.TikTok }

func (s *shop) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }

func (s *shop) take(what string) (channel.Sent, error) {
	if s.before != nil {
		s.before()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if len(s.answers) > 0 {
		err, s.answers = s.answers[0], s.answers[1:]
	}
	if err != nil {
		return channel.Sent{}, err
	}
	s.arrived = append(s.arrived, what)
	return channel.Sent{Remote: commerce.RemoteID("r-" + what)}, nil
}

func (s *shop) find(what string) (channel.Sent, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked++
	if len(s.finds) == 0 {
		return channel.Sent{}, false, nil
	}
	next := s.finds[0]
	s.finds = s.finds[1:]
	if err, ok := next.(error); ok {
		return channel.Sent{}, false, err
	}
	return channel.Sent{Remote: commerce.RemoteID("r-" + what)}, next.(bool), nil
}

func (s *shop) Reply(_ context.Context, r channel.Reply) (channel.Sent, error) {
	return s.take(r.Message.Text)
}

func (s *shop) FindReply(_ context.Context, r channel.Reply) (channel.Sent, bool, error) {
	if r.TriedAt.IsZero() {
		return channel.Sent{}, false, errors.New("looked up without the time of the attempt")
	}
	return s.find(r.Message.Text)
}

func (s *shop) Ship(_ context.Context, p channel.Shipping) (channel.Sent, error) {
	return s.take(p.Shipment.Tracking)
}

func (s *shop) FindShipment(_ context.Context, p channel.Shipping) (channel.Sent, bool, error) {
	return s.find(p.Shipment.Tracking)
}

// mute is a connection without any ability.
type mute struct{ channel.Connector }

func (mute) Channel() commerce.Channel { return commerce.Etsy }

type bench struct {
	*dynamo.Store
	clock   *porttest.Clock
	shop    *shop
	worker  *outbound.Worker
	queued  []port.Outgoing
	expired int
	conn    channel.Connector
	opening error
}

func (b *bench) Send(_ context.Context, _ string, m ...port.Outgoing) error {
	b.queued = append(b.queued, m...)
	return nil
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{clock: porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)), shop: &shop{}}
	b.Store, b.conn = localtest.Open(t, b.clock.Now).Store, b.shop
	b.worker = b.on(b.Store)
	return b
}

func (b *bench) on(s outbound.Store) *outbound.Worker {
	return &outbound.Worker{
		Store: s, Queue: b, Now: b.clock.Now, NewID: (&localtest.IDs{}).Next, Log: localtest.Quiet(),
		Open: func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
			return b.conn, b.opening
		},
		Expired: func(context.Context, commerce.WorkspaceID, commerce.AccountID, string) error {
			b.expired++
			return nil
		},
	}
}

// reply stores answers of ours as the inbox does.
func (b *bench) reply(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		c, err := b.Conversation(t.Context(), w, conv)
		if err != nil {
			c = commerce.Conversation{ID: conv, Account: "acc", Channel: commerce.TikTok, Kind: commerce.Chat, State: commerce.ConvOpen}
		}
		id := fmt.Sprintf("msg_%02d", c.Messages+1)
		m := commerce.Message{ID: commerce.MessageID(id), Conversation: conv, By: commerce.BySeller, Text: text, Kind: "text", State: commerce.SendPending, Outbound: commerce.OutboundID("out" + id), At: b.clock.Now()}
		o := port.Outbound{ID: m.Outbound, Space: w, Key: string(conv), Kind: "reply", Account: "acc", Ref: id, State: commerce.SendPending}
		_, err = b.PutMessage(t.Context(), w, port.MessageWrite{Conversation: c.With(m), Message: &m, Out: []port.Outbound{o}})
		must(t, err)
	}
}

func (b *bench) message(t *testing.T, n int) commerce.Message {
	t.Helper()
	m, err := b.Message(t.Context(), w, conv, commerce.MessageID(fmt.Sprintf("msg_%02d", n)))
	must(t, err)
	return m
}

func (b *bench) run(t *testing.T) {
	t.Helper()
	must(t, b.worker.Run(t.Context(), port.Nudge{Space: w, Key: string(conv)}))
}

func (b *bench) left(t *testing.T, key string) []port.Outbound {
	t.Helper()
	list, err := b.ListOutbound(t.Context(), w, key)
	must(t, err)
	return list
}

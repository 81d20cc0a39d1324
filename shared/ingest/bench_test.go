package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func bg() context.Context { return context.Background() }

func start() time.Time { return time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC) }

func at(n int) time.Time { return start().Add(time.Duration(n) * time.Minute) }

// counted counts what is written.
type counted struct {
	ingest.Store
	writes atomic.Int64
}

func (c *counted) PutOrder(ctx context.Context, w commerce.WorkspaceID, o port.OrderWrite) (commerce.Order, error) {
	c.writes.Add(1)
	return c.Store.PutOrder(ctx, w, o)
}

func (c *counted) PutMessage(ctx context.Context, w commerce.WorkspaceID, m port.MessageWrite) (commerce.Conversation, error) {
	c.writes.Add(1)
	return c.Store.PutMessage(ctx, w, m)
}

// shop is a marketplace: what its account can read, and how events map.
type shop struct {
	channel.Connector
	orders  map[commerce.RemoteID]commerce.Order
	asked   map[commerce.RemoteID][]commerce.Request
	threads map[commerce.RemoteID][]channel.Update
	maps    func(e channel.Event) ([]channel.Update, error)
	fails   error
}

func (s *shop) Open(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
	return s, s.fails
}

func (s *shop) Map(e channel.Event) ([]channel.Update, error) { return s.maps(e) }

func (s *shop) ListOrders(context.Context, channel.Poll) (channel.Page, error) {
	return channel.Page{}, nil
}

func (s *shop) Orders(_ context.Context, ids []commerce.RemoteID) ([]commerce.Order, error) {
	var found []commerce.Order
	for _, id := range ids {
		if o, ok := s.orders[id]; ok {
			found = append(found, o)
		}
	}
	return found, nil
}

func (s *shop) ListMessages(context.Context, channel.Poll) (channel.Page, error) {
	return channel.Page{}, nil
}

func (s *shop) Messages(_ context.Context, thread commerce.RemoteID) ([]channel.Update, error) {
	return s.threads[thread], nil
}

// told keeps what connections and listings were told.
type told struct{ log []string }

func (t *told) Revoked(_ context.Context, _ commerce.WorkspaceID, id commerce.AccountID, reason string) error {
	t.log = append(t.log, fmt.Sprint("revoked ", id, " ", reason))
	return nil
}

func (t *told) EndsAt(_ context.Context, _ commerce.WorkspaceID, id commerce.AccountID, at time.Time) error {
	t.log = append(t.log, fmt.Sprint("ends ", id, " ", at.Year()))
	return nil
}

func (t *told) Changed(_ context.Context, _ commerce.WorkspaceID, target commerce.TargetID, remote commerce.RemoteID) error {
	t.log = append(t.log, fmt.Sprint("changed ", target, " ", remote))
	return nil
}

type bench struct {
	*dynamo.Store
	in      *ingest.Ingester
	writes  *atomic.Int64
	clock   *porttest.Clock
	shop    *shop
	told    *told
	account port.Account
}

func newBench(t testing.TB) *bench {
	t.Helper()
	clock := porttest.NewClock(start())
	b := &bench{Store: localtest.Open(t, clock.Now).Store, clock: clock, shop: &shop{}, told: &told{}}
	store, ids := &counted{Store: b.Store}, &localtest.IDs{}
	b.writes = &store.writes
	b.in = &ingest.Ingester{
		Store: store, Open: b.shop, Connections: b.told, Listings: b.told, Now: clock.Now, NewID: ids.Next, Log: localtest.Quiet(),
		Digest: func(_ context.Context, w commerce.WorkspaceID, value string) (string, error) {
			return commerce.Derive("dig", string(w), value), nil
		},
	}
	b.account = b.connect(t, "w1", "shop-1")
	return b
}

func (b *bench) connect(t tester, w commerce.WorkspaceID, remote commerce.RemoteID) port.Account {
	t.Helper()
	a, err := b.Connect(bg(), port.Account{ID: commerce.AccountID("acc_" + remote), Space: w, Channel: commerce.TikTok, Kind: "marketplace", Remote: remote, Target: "tgt", State: port.AccountActive, ClaimedAt: start()}, nil)
	must(t, err)
	return a
}

// writesOf is how many writes an action makes.
func (b *bench) writesOf(f func()) int64 {
	before := b.writes.Load()
	f()
	return b.writes.Load() - before
}

// handle gives an update to the ingester as the queue does.
func (b *bench) handle(t tester, u channel.Update, fetched time.Time) {
	t.Helper()
	must(t, b.try(u, fetched))
}

// try is handle, again while others are faster, as a queue would.
func (b *bench) try(u channel.Update, fetched time.Time) error {
	body, err := json.Marshal(u)
	if err != nil {
		return err
	}
	m := port.Inbound{V: 1, Kind: "update", Space: b.account.Space, Account: b.account.ID, Body: body, FetchedAt: fetched}
	for range 20 {
		if err = b.in.Handle(bg(), m); !fault.Is(err, fault.Temporary) {
			return err
		}
	}
	return err
}

package sims_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/outbound"
	"github.com/manystall/manystall/shared/poll"
	"github.com/manystall/manystall/shared/port"
)

// office is a seller's inbox at Meta: real connections, webhooks, polls,
// replies, client, budgets and storage against the simulated hosts, on one
// clock.
type office struct {
	testing.TB
	w      *world.World
	sim    *metasim.Sim
	store  *dynamo.Store
	desk   *accounts.Desk
	in     *ingest.Ingester
	poller *poll.Poller
	sender *outbound.Worker
	inbox  *inbox.Desk
	ids    localtest.IDs
	read   int // deliveries taken
	queued []port.Inbound
	reads  []time.Time // calls of the Conversations API
}

const shopSpace commerce.WorkspaceID = "ws_office"

func openOffice(t testing.TB, tune func(*metasim.Sim)) *office {
	t.Helper()
	o := &office{TB: t}
	o.w = world.New(t, world.Config{
		Stand: metasim.Stand(), Driver: driverOf(commerce.Instagram), Seed: 3, Wrap: o.watch,
		Budgets: func(now func() time.Time) port.Budgets {
			o.store = localtest.Open(t, now).Store
			return dynamo.NewBudgets(o.store)
		},
		Tune: func(s simkit.Simulator) {
			o.sim, _ = s.(*metasim.Sim)
			if tune != nil {
				tune(o.sim)
			}
		},
	})
	keeper, err := vault.OpenKeyFile(filepath.Join(t.TempDir(), "master.key"))
	o.must(err)
	_, err = o.store.PutWorkspace(t.Context(), port.Workspace{ID: shopSpace, Currency: "USD"})
	o.must(err)
	drivers, apps := map[commerce.Channel]channel.Driver{}, map[commerce.Channel]any{}
	for _, c := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		drivers[c], apps[c] = driverOf(c), o.w.App()
	}
	o.desk = &accounts.Desk{
		Store: o.store, Vault: vault.New(keeper, o.store), Drivers: drivers, Apps: apps, Env: o.w.Env(), PublicURL: o.w.PublicURL(),
		Spread: func(context.Context, commerce.WorkspaceID, commerce.TargetID) error { return nil },
		Now:    o.now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Log: localtest.Quiet(),
	}
	o.in = &ingest.Ingester{Store: o.store, Open: o.desk, Connections: o.desk, Now: o.now, NewID: o.ids.Next, Log: localtest.Quiet(),
		Digest: func(_ context.Context, _ commerce.WorkspaceID, v string) (string, error) { return "#" + v, nil }}
	o.poller = &poll.Poller{Store: o.store, Open: o.desk.Open, Expired: o.desk.Expired, Queue: o, Now: o.now, NewID: o.ids.Next, Log: localtest.Quiet(),
		Every: func(commerce.Channel) time.Duration { return 10 * time.Minute }, Pace: &poll.Pacer{Budgets: dynamo.NewBudgets(o.store), Store: o.store, Now: o.now},
		Settle: o.desk.Settle, Has: o.in.Has}
	o.sender = &outbound.Worker{Store: o.store, Open: o.desk.Open, Expired: o.desk.Expired, Queue: o, Now: o.now, NewID: o.ids.Next, Log: localtest.Quiet()}
	o.inbox = &inbox.Desk{Store: o.store, Now: o.now, NewID: o.ids.Next,
		Rules: func(c commerce.Channel) channel.ReplyRules { return driverOf(c).Rules.Reply },
		Send:  func(context.Context, commerce.WorkspaceID, string) error { return nil }}
	return o
}

func (o *office) must(err error) {
	o.Helper()
	if err != nil {
		o.Fatal(err)
	}
}

func (o *office) now() time.Time { return o.w.Env().Now() }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// watch notes when the Conversations API is called. Every call takes a while.
func (o *office) watch(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		fields := r.URL.Query().Get("fields")
		if strings.Contains(r.URL.Path, "/conversations") || strings.Contains(fields, "created_time") {
			o.reads = append(o.reads, o.now())
		}
		o.w.Advance(70 * time.Millisecond)
		return next.RoundTrip(r)
	})
}

// Send implements port.Sender: only what goes to the inbound queue is kept.
func (o *office) Send(_ context.Context, queue string, messages ...port.Outgoing) error {
	for _, m := range messages {
		if in, ok := m.Body.(port.Inbound); ok && queue == port.InboundQueue {
			o.queued = append(o.queued, in)
		}
	}
	return nil
}

// connect walks the seller through a login of a channel.
func (o *office) connect(c commerce.Channel, login string) (port.Account, error) {
	o.Helper()
	address, _, err := o.desk.Start(o.Context(), shopSpace, c, login, accounts.Beginner{})
	o.must(err)
	back, err := o.w.Consent(o.Context(), address, true)
	o.must(err)
	_, connected, err := o.desk.Callback(o.Context(), accounts.Return{Channel: c, Query: back, Space: shopSpace})
	if err != nil {
		return port.Account{}, err
	}
	if len(connected) != 1 {
		o.Fatalf("%s opened %d accounts", c, len(connected))
	}
	return connected[0], nil
}

// work lets everything that is told or queued be taken in.
func (o *office) work() {
	o.Helper()
	o.w.Advance(time.Second)
	all := o.w.Delivered()
	for _, d := range all[o.read:] {
		o.take(d)
	}
	o.read = len(all)
	o.drain()
}

func (o *office) drain() {
	o.Helper()
	for _, m := range o.queued {
		o.must(o.in.Handle(o.Context(), m))
	}
	o.queued = nil
}

// take hands a delivery to its hook and queues what it tells.
func (o *office) take(d channeltest.Delivery) {
	o.Helper()
	for _, h := range all.Hooks() {
		if h.Method != d.Method || h.Path != d.Path {
			continue
		}
		resp, events, err := h.Handle(o.desk.Apps, channel.HookRequest{Query: d.Query, Header: d.Header, Body: d.Body, Now: o.now(), PublicURL: o.w.PublicURL()})
		o.must(err)
		if resp.Status != http.StatusOK {
			o.Fatalf("a delivery is answered %d", resp.Status)
		}
		if resp.Revoked != "" {
			for c := range o.desk.Drivers {
				o.must(o.desk.RevokedBy(o.Context(), c, resp.Revoked))
			}
		}
		for _, e := range events {
			m, err := port.Inbound{V: port.MessageVersion, Kind: "event", Channel: e.Channel, Remote: e.Account, FetchedAt: o.now()}.Carry(o.Context(), nil, o.ids.Next, e)
			o.must(err)
			o.queued = append(o.queued, m)
		}
		return
	}
	o.Fatalf("nobody takes %s %s", d.Method, d.Path)
}

// lose lets the webhooks of up to now get lost.
func (o *office) lose() {
	o.w.Advance(time.Second)
	o.read = len(o.w.Delivered())
}

func (o *office) say(c commerce.Channel, buyer, text string) string {
	o.Helper()
	id, err := o.sim.SendMessage(o.Context(), simkit.Message{Channel: string(c), Buyer: buyer, Text: text})
	o.must(err)
	return id
}

// threads are the conversations with what is said in them, by contact.
func (o *office) threads() map[commerce.RemoteID][]string {
	o.Helper()
	said := map[commerce.RemoteID][]string{}
	list, err := o.store.ListConversations(o.Context(), shopSpace, port.ConversationFilter{}, port.Page{Limit: 100})
	o.must(err)
	for _, c := range list.Items {
		messages, err := o.store.ListMessages(o.Context(), shopSpace, c.ID, port.Page{Limit: 100})
		o.must(err)
		for _, m := range messages.Items {
			said[c.Contact] = append(said[c.Contact], fmt.Sprintf("%s: %s (%s)", m.By, m.Text, m.State))
		}
	}
	return said
}

func (o *office) conversation(contact string) commerce.Conversation {
	o.Helper()
	list, err := o.store.ListConversations(o.Context(), shopSpace, port.ConversationFilter{}, port.Page{Limit: 100})
	o.must(err)
	for _, c := range list.Items {
		if c.Name == contact {
			return c
		}
	}
	o.Fatalf("there is no conversation with %s in %v", contact, list.Items)
	return commerce.Conversation{}
}

// answer types a reply and brings it out.
func (o *office) answer(c commerce.Conversation, text string) {
	o.Helper()
	_, err := o.inbox.Reply(o.Context(), shopSpace, c.ID, inbox.Answer{Text: text, By: "Robin"})
	o.must(err)
	o.must(o.sender.Run(o.Context(), port.Nudge{V: port.MessageVersion, Space: shopSpace, Key: string(c.ID)}))
}

// poll reads an account as often as there is more.
func (o *office) poll(a port.Account) {
	o.Helper()
	for range 50 {
		o.must(o.poller.Poll(o.Context(), shopSpace, a.ID))
		now, err := o.store.Account(o.Context(), shopSpace, a.ID)
		o.must(err)
		if now.NextPoll.Sub(o.now()) > time.Minute {
			break
		}
		o.w.Advance(time.Second)
	}
	o.drain()
}

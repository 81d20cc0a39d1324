package accounts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

const (
	mine   commerce.WorkspaceID = "ws_mine"
	theirs commerce.WorkspaceID = "ws_theirs"
)

// bench is two workspaces and a marketplace whose consents are scripted.
type bench struct {
	t      *testing.T
	clock  *porttest.Clock
	store  *dynamo.Store
	vault  *vault.Vault
	desk   *accounts.Desk
	market *market
	log    bytes.Buffer
	mu     sync.Mutex
	spread []commerce.TargetID
}

func newBench(t *testing.T) *bench {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	b := &bench{t: t, clock: clock, store: localtest.Open(t, clock.Now).Store, market: &market{now: clock.Now}}
	keeper, err := vault.OpenKeyFile(filepath.Join(t.TempDir(), "master.key"))
	b.ok(err)
	b.vault = vault.New(keeper, b.store)
	for _, w := range []commerce.WorkspaceID{mine, theirs} {
		_, err := b.store.PutWorkspace(t.Context(), port.Workspace{ID: w, Currency: "USD"})
		b.ok(err)
	}
	b.desk = b.newDesk()
	return b
}

// newDesk is another process over the same storage.
func (b *bench) newDesk() *accounts.Desk {
	drivers := map[commerce.Channel]channel.Driver{}
	for _, c := range []commerce.Channel{commerce.Etsy, commerce.Facebook, commerce.Instagram} {
		drivers[c] = b.market.driver(c)
	}
	return &accounts.Desk{
		Store: b.store, Vault: b.vault, Drivers: drivers, Apps: map[commerce.Channel]any{}, PublicURL: "https://us.example",
		Spread: func(_ context.Context, _ commerce.WorkspaceID, t commerce.TargetID) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.spread = append(b.spread, t)
			return nil
		},
		Now: b.clock.Now, Sleep: func(ctx context.Context, _ time.Duration) error { runtime.Gosched(); return ctx.Err() },
		Log: slog.New(slog.NewTextHandler(&b.log, nil)),
	}
}

func (b *bench) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// consent walks a seller through the consent of a channel.
func (b *bench) consent(w commerce.WorkspaceID, c commerce.Channel, candidates ...channel.Candidate) (port.Grant, []port.Account, error) {
	b.t.Helper()
	b.market.candidates = candidates
	return b.consentBy("", w, c)
}

func (b *bench) consentBy(login string, w commerce.WorkspaceID, c commerce.Channel) (port.Grant, []port.Account, error) {
	b.t.Helper()
	_, state, err := b.desk.Start(b.t.Context(), w, c, login, accounts.Beginner{})
	b.ok(err)
	return b.desk.Callback(b.t.Context(), back(w, c, state))
}

// back is the owner of a workspace coming back from a consent page.
func back(w commerce.WorkspaceID, c commerce.Channel, state string) accounts.Return {
	return accounts.Return{Channel: c, Query: query(state), Space: w}
}

func query(state string) url.Values { return url.Values{"state": {state}, "code": {"secret-code"}} }

func (b *bench) connect(w commerce.WorkspaceID, c commerce.Channel, remote, target string) port.Account {
	b.t.Helper()
	_, connected, err := b.consent(w, c, shop(remote, target))
	b.ok(err)
	if len(connected) != 1 {
		b.t.Fatalf("connected %v", connected)
	}
	return connected[0]
}

func shop(remote, target string) channel.Candidate {
	raw, _ := json.Marshal(settings{Target: target})
	return channel.Candidate{Remote: commerce.RemoteID(remote), Name: "Shop " + remote, Settings: raw}
}

func (b *bench) account(a port.Account) port.Account {
	b.t.Helper()
	now, err := b.store.Account(b.t.Context(), a.Space, a.ID)
	b.ok(err)
	return now
}

func (b *bench) target(a port.Account) port.Target {
	b.t.Helper()
	t, err := b.store.Target(b.t.Context(), a.Space, a.Target)
	b.ok(err)
	return t
}

func (b *bench) hasGrant(w commerce.WorkspaceID, id commerce.GrantID) bool {
	b.t.Helper()
	_, err := b.store.Grant(b.t.Context(), w, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		b.t.Fatal(err)
	}
	return err == nil
}

// source is the token source a connector of the account gets.
func (b *bench) source(d *accounts.Desk, a port.Account) channel.TokenSource {
	b.t.Helper()
	conn, err := d.Open(b.t.Context(), a.Space, a.ID)
	b.ok(err)
	return conn.(*conn0).tokens
}

func code(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

type settings struct {
	Target string `json:"target"`
}

// market is a marketplace that gives consents and rotates its tokens: each
// refresh token works once.
type market struct {
	now        func() time.Time
	candidates []channel.Candidate

	mu        sync.Mutex
	valid     []string // refresh tokens
	refreshes int
	n         int
	refuse    error
	verifiers []string
	life      time.Duration
	ends      time.Duration // of the consent; it does not end when zero
	before    func()        // the next renewal; once
}

func (m *market) driver(c commerce.Channel) channel.Driver {
	orders := channel.OrdersPulled
	if c != commerce.Etsy {
		orders = channel.OrdersInbound
	}
	return channel.Driver{
		Name: c, Title: strings.ToUpper(string(c)), Orders: orders,
		NewSettings: func() any { return &settings{} },
		Auth:        func(any, channel.Env) channel.Auth { return m },
		Logins:      []channel.Login{{Name: "short", Title: "Short", Auth: func(any, channel.Env) channel.Auth { return shortcut{m} }}},
		Target: func(s any) channel.TargetRef {
			return channel.TargetRef{Kind: "catalog", Remote: commerce.RemoteID(s.(*settings).Target)}
		},
		Open: func(p channel.OpenParams) (channel.Connector, error) { return &conn0{c, p.Tokens}, nil },
		Map:  func(any, channel.Event) ([]channel.Update, error) { return nil, nil },
	}
}

func (m *market) Consent(state, redirect, verifier string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.verifiers = append(m.verifiers, verifier)
	return "https://market.example/consent?" + url.Values{"state": {state}, "redirect_uri": {redirect}}.Encode(), nil
}

func (m *market) issue() channel.Tokens {
	m.n++
	refresh := fmt.Sprint("secret-refresh-", m.n)
	m.valid = append(m.valid, refresh)
	life := m.life
	if life == 0 {
		life = time.Hour
	}
	t := channel.Tokens{Access: fmt.Sprint("secret-access-", m.n), Refresh: refresh, ExpiresAt: m.now().Add(life)}
	if m.ends > 0 {
		t.EndsAt = m.now().Add(m.ends)
	}
	return t
}

func (m *market) Exchange(_ context.Context, _ url.Values, _, verifier string) (channel.Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.verifiers, verifier) || len(verifier) != 64 {
		return channel.Grant{}, fault.New(fault.Rejected, "verifier", "The verifier is another.")
	}
	return channel.Grant{Principal: "user1", Tokens: m.issue(), Scopes: []string{"all"}, Candidates: m.candidates}, nil
}

func (m *market) Refresh(_ context.Context, t channel.Tokens) (channel.Tokens, error) {
	if first := m.before; first != nil {
		m.before = nil
		first()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return t, m.refuse
	}
	i := slices.Index(m.valid, t.Refresh)
	if i < 0 {
		return t, fault.New(fault.AuthExpired, "used", "This refresh token has been used.")
	}
	m.valid = slices.Delete(m.valid, i, i+1)
	m.refreshes++
	return m.issue(), nil
}

// shortcut is another login of the market: its tokens say so.
type shortcut struct{ *market }

func (s shortcut) Consent(state, redirect, verifier string) (string, error) {
	address, err := s.market.Consent(state, redirect, verifier)
	return address + "&short=1", err
}

func (s shortcut) Refresh(ctx context.Context, t channel.Tokens) (channel.Tokens, error) {
	fresh, err := s.market.Refresh(ctx, t)
	fresh.Access += "-short"
	return fresh, err
}

type conn0 struct {
	channel commerce.Channel
	tokens  channel.TokenSource
}

func (c *conn0) Channel() commerce.Channel { return c.channel }

func (c *conn0) Check(ctx context.Context) (channel.Health, error) {
	if _, err := c.tokens.Tokens(ctx); err != nil {
		return channel.Health{}, err
	}
	return channel.Health{OK: true, ShopName: "Shop"}, nil
}

func (b *bench) spaces() *accounts.Spaces {
	return &accounts.Spaces{Store: b.store, Spread: b.desk.Spread}
}

package sims_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/all"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/infra/blob"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/publish"
)

const (
	space  commerce.WorkspaceID = "ws_quota"
	target commerce.TargetID    = "tgt_quota"
	writer commerce.AccountID   = "acc_quota"
)

// market is a seller's catalog, published by the real worker through the real
// connector, client, budgets and storage to a simulated marketplace, all on one
// clock that moves when nothing is left to do.
type market struct {
	testing.TB
	w      *world.World
	store  *dynamo.Store
	worker *publish.Worker
	marker *publish.Marker
	ids    localtest.IDs
	nudges []nudge
	goods  []commerce.Product
	pieces int64 // of each variant of the next good
}

type nudge struct {
	port.Nudge
	at time.Time
}

// Send implements port.Sender.
func (m *market) Send(_ context.Context, _ string, messages ...port.Outgoing) error {
	for _, o := range messages {
		n, ok := o.Body.(port.Nudge)
		if !ok {
			return fmt.Errorf("sent %T", o.Body)
		}
		m.nudges = append(m.nudges, nudge{n, m.now().Add(o.Delay)})
	}
	return nil
}

func (m *market) now() time.Time { return m.w.Env().Now() }

func (m *market) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func driverOf(name commerce.Channel) channel.Driver {
	for _, d := range all.Drivers() {
		if d.Name == name {
			return d
		}
	}
	return channel.Driver{}
}

// openMarket connects a seller to the first channel of a simulator; the target
// shows all of them.
func openMarket(t testing.TB, stand simkit.Stand, tune func(simkit.Simulator), channels ...commerce.Channel) *market {
	t.Helper()
	m := &market{TB: t, pieces: 10}
	driver := driverOf(channels[0])
	m.w = world.New(t, world.Config{Stand: stand, Driver: driver, Seed: 1, Tune: tune, Budgets: func(now func() time.Time) port.Budgets {
		m.store = localtest.Open(t, now).Store
		return dynamo.NewBudgets(m.store)
	}})
	conn := m.connect(driver)
	m.worker = &publish.Worker{
		Store: m.store, Rules: func(c commerce.Channel) channel.Rules { return driverOf(c).Rules }, Queue: m, Now: m.now, NewID: m.ids.Next, Log: localtest.Quiet(),
		Open: func(context.Context, commerce.WorkspaceID, commerce.AccountID) (channel.Connector, error) {
			return conn, nil
		},
		Expired: func(_ context.Context, _ commerce.WorkspaceID, _ commerce.AccountID, why string) error {
			return fmt.Errorf("consent ended: %s", why)
		},
	}
	blobs, err := blob.OpenDir(blob.DirOptions{Path: t.TempDir(), Now: m.now})
	m.must(err)
	t.Cleanup(func() { _ = blobs.Close() })
	m.worker.Blobs = blobs
	m.marker = &publish.Marker{Store: m.store, Now: m.now, NewID: m.ids.Next}
	m.setUp(driver, channels)
	return m
}

// connect walks the consent and opens the first account.
func (m *market) connect(driver channel.Driver) channel.Connector {
	m.Helper()
	const verifier = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	auth, redirect := driver.Auth(m.w.App(), m.w.Env()), m.w.PublicURL()+"/v1/oauth/"+string(driver.Name)+"/callback"
	address, err := auth.Consent("state", redirect, verifier)
	m.must(err)
	back, err := m.w.Consent(m.Context(), address, true)
	m.must(err)
	grant, err := auth.Exchange(m.Context(), back, redirect, verifier)
	m.must(err)
	settings := driver.NewSettings()
	m.must(json.Unmarshal(grant.Candidates[0].Settings, settings))
	conn, err := driver.Open(channel.OpenParams{Env: m.w.Env(), App: m.w.App(), Settings: settings, Account: writer, Tokens: &keeper{auth: auth, have: grant.Tokens}})
	m.must(err)
	return conn
}

// keeper holds one grant's tokens.
type keeper struct {
	auth channel.Auth
	have channel.Tokens
}

func (k *keeper) Tokens(context.Context) (channel.Tokens, error) { return k.have, nil }

func (k *keeper) Refreshed(ctx context.Context, refused string) (fresh channel.Tokens, err error) {
	if k.have.Access == refused {
		if fresh, err = k.auth.Refresh(ctx, k.have); err != nil {
			return fresh, err
		}
		k.have = fresh
	}
	return k.have, nil
}

func (m *market) setUp(driver channel.Driver, channels []commerce.Channel) {
	m.Helper()
	ctx := m.Context()
	_, err := m.store.PutWorkspace(ctx, port.Workspace{ID: space, Currency: "USD", Defaults: commerce.Defaults{
		Currency: "USD", Grams: 420, LengthMM: 120, WidthMM: 100, HeightMM: 100, WhoMade: "i_did", WhenMade: "recent", Condition: "new", Brand: "Corner Stall",
		ProductURL: "https://shop.example/p/{handle}?sku={sku}", Publish: "live", Renew: "never", Categories: map[string]string{"mugs": m.category(driver.Name)},
	}})
	m.must(err)
	tgt := port.Target{ID: target, Space: space, Kind: string(driver.Name), Remote: "shop", Writer: writer, Accounts: map[commerce.Channel]commerce.AccountID{}}
	for i, c := range channels {
		id := writer
		if i > 0 {
			id += commerce.AccountID("_" + string(c))
		}
		_, err := m.store.PutAccount(ctx, port.Account{ID: id, Space: space, Channel: c, Kind: "marketplace", State: port.AccountActive, Target: target})
		m.must(err)
		tgt.Accounts[c] = id
	}
	_, err = m.store.PutTarget(ctx, tgt)
	m.must(err)
}

// category is the marketplace's own one that the seller chose for mugs.
func (m *market) category(c commerce.Channel) string {
	return map[commerce.Channel]string{commerce.Etsy: "1062", commerce.TikTok: "600024"}[c]
}

// good makes a product with pictures and variants, and marks
// it. Names are of one length: Meta counts bytes.
func (m *market) good(i, images, variants int) {
	m.Helper()
	m.goods = append(m.goods, m.make(i, images, variants, m.targets()))
}

func (m *market) make(i, images, variants int, targets []port.Target) commerce.Product {
	m.Helper()
	name := fmt.Sprintf("mug%05d", i)
	p := commerce.Product{
		ID: commerce.ProductID("prd_" + name), Handle: name, Title: "Stoneware mug " + name, Category: "mugs", CreatedAt: m.now(),
		Description: "Thrown by hand, glazed in sea green. Holds a quarter of a litre.",
	}
	for n := range images {
		p.Images = append(p.Images, commerce.Image{URL: fmt.Sprintf("https://shop.example/%s-%d.png", name, n), Alt: "The mug"})
	}
	var claims []commerce.SKU
	for n := range variants {
		v := commerce.Variant{ID: commerce.VariantID(fmt.Sprintf("var_%s_%d", name, n)), SKU: commerce.SKU(fmt.Sprintf("%s-%d", name, n)), Price: commerce.Money{Amount: 1990, Currency: "USD"}}
		if variants > 1 {
			p.Options, v.Options = []string{"Size"}, map[string]string{"Size": fmt.Sprint("No ", n)}
		}
		p.Variants, claims = append(p.Variants, v), append(claims, v.SKU)
		m.move(p, v, m.pieces)
	}
	put, err := m.store.PutProduct(m.Context(), space, port.ProductWrite{Product: p, Claims: claims, Marks: m.marker.Edited(space, targets, commerce.Product{}, p)})
	m.must(err)
	return put
}

func (m *market) targets() []port.Target {
	m.Helper()
	targets, err := m.store.ListTargets(m.Context(), space)
	m.must(err)
	return targets
}

// edit changes a product as the catalog does.
func (m *market) edit(i int, change func(*commerce.Product)) {
	m.Helper()
	next := m.goods[i]
	change(&next)
	put, err := m.store.PutProduct(m.Context(), space, port.ProductWrite{Product: next, Marks: m.marker.Edited(space, m.targets(), m.goods[i], next)})
	m.must(err)
	m.goods[i] = put
}

// move changes the level of a variant.
func (m *market) move(p commerce.Product, v commerce.Variant, by int64) commerce.StockLevel {
	m.Helper()
	level, err := m.store.Level(m.Context(), space, v.ID, commerce.LocationDefault)
	if err != nil && !fault.Is(err, fault.NotFound) {
		m.Fatal(err)
	}
	level.Variant, level.Product, level.SKU, level.Location = v.ID, p.ID, v.SKU, commerce.LocationDefault
	level.OnHand += by
	m.must(m.store.Move(m.Context(), space, port.LevelMove{Level: level, Move: commerce.StockMove{
		ID: m.ids.Next(), Variant: v.ID, Location: level.Location, Quantity: by, Reason: commerce.MoveManual, Source: "test", At: m.now(), Anchor: m.now(), OnHand: level.OnHand,
	}}))
	return level
}

// again marks everything without changing anything, as a repeated import or a
// reconnected account does.
func (m *market) again() {
	m.Helper()
	for _, p := range m.goods {
		m.must(m.store.PutMarks(m.Context(), m.marker.All(space, target, p.ID)))
	}
}

// cost is what a step costs until nothing is left to do, by operation.
func (m *market) cost(step func()) map[string]int {
	m.Helper()
	before := m.w.Calls()
	step()
	m.nudges = append(m.nudges, nudge{port.Nudge{V: port.MessageVersion, Space: space, Key: string(target)}, m.now()})
	m.drain()
	spent := map[string]int{}
	for op, n := range m.w.Calls() {
		if n > before[op] {
			spent[op] = n - before[op]
		}
	}
	return spent
}

// drain delivers nudges when they are due until none is left.
func (m *market) drain() {
	m.Helper()
	m.deliver(m.now().AddDate(10, 0, 0))
	for _, g := range commerce.Groups() {
		marks, err := m.store.ListMarks(m.Context(), space, target, port.LaneOf(g), 10)
		m.must(err)
		if len(marks) > 0 {
			m.Errorf("marks are left: %+v", marks)
		}
	}
}

// deliver delivers the nudges that are due by a time.
func (m *market) deliver(end time.Time) {
	m.Helper()
	for n := 0; len(m.nudges) > 0; n++ {
		if n > 5000 {
			m.Fatal("the target never comes to rest")
		}
		next := 0
		for i := range m.nudges {
			if m.nudges[i].at.Before(m.nudges[next].at) {
				next = i
			}
		}
		due := m.nudges[next]
		if due.at.After(end) {
			return
		}
		m.nudges = append(m.nudges[:next], m.nudges[next+1:]...)
		m.w.Advance(due.at.Sub(m.now()))
		m.must(m.worker.Run(m.Context(), due.Nudge))
	}
}

// wantLive wants every product shown.
func (m *market) wantLive() {
	m.Helper()
	for _, p := range m.goods {
		l, err := m.store.Listing(m.Context(), space, port.ListingIDOf(target, p.ID))
		m.must(err)
		for c, v := range l.Views {
			if v.State != commerce.ListingLive {
				m.Fatalf("%s on %s is %s: %v %s", p.ID, c, v.State, v.Problems, v.Waiting)
			}
		}
	}
}

// sum adds what some operations cost.
func sum(spent map[string]int, ops ...string) int {
	total := 0
	for _, op := range ops {
		total += spent[op]
	}
	return total
}

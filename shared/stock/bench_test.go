package stock_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/stock"
)

// tester is what a test and a property of rapid have in common.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// bench is a keeper over storage as it runs.
type bench struct {
	localtest.Ground
	Clock  *porttest.Clock
	Keeper *stock.Keeper
	ids    *localtest.IDs
}

func newBench(t *testing.T) bench {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	b := bench{Ground: localtest.Open(t, clock.Now), Clock: clock, ids: &localtest.IDs{}}
	b.Keeper = b.keeper(b.Store)
	return b
}

func (b bench) keeper(s stock.Store) *stock.Keeper {
	return &stock.Keeper{Store: s, Now: b.Clock.Now, NewID: b.ids.Next, SellsDown: func(c commerce.Channel) bool { return c == commerce.Etsy }}
}

func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// open gives a variant its opening quantity.
func (b bench) open(t tester, w commerce.WorkspaceID, v commerce.VariantID, quantity int64) {
	t.Helper()
	must(t, b.Keeper.State(bg(), w, stock.Stated{Product: "prd", Variant: commerce.Variant{ID: v, SKU: commerce.SKU(v)}, Quantity: quantity, Import: "job_0"}))
}

// line is a line of an order of one variant.
func line(id string, v commerce.VariantID, quantity, cancelled int64) commerce.OrderLine {
	return commerce.OrderLine{ID: id, Variant: v, SKU: commerce.SKU(v), Title: "Mug", Quantity: quantity, Cancelled: cancelled}
}

// put stores a sight of an order over whatever is stored.
func (b bench) put(t tester, w commerce.WorkspaceID, id commerce.OrderID, state commerce.OrderState, lines ...commerce.OrderLine) commerce.Order {
	t.Helper()
	for {
		o, err := b.Store.Order(bg(), w, id)
		if fault.Is(err, fault.NotFound) {
			o, err = commerce.Order{ID: id, Account: "acc", Channel: commerce.Etsy, Target: "tgt", Remote: commerce.RemoteID(id), Number: string(id), FirstSeen: b.Clock.Now(), PlacedAt: b.Clock.Now()}, nil
		}
		must(t, err)
		shorts := map[string]int64{}
		for _, l := range o.Lines {
			shorts[l.ID] = l.Short
		}
		for i, l := range lines {
			lines[i].Short = shorts[l.ID]
		}
		o.State, o.Lines = state, lines
		put, err := b.Store.PutOrder(bg(), w, port.OrderWrite{Order: o})
		if !fault.Is(err, fault.Conflict) {
			must(t, err)
			return put
		}
	}
}

// ledger is everything the moves of a variant say.
type ledger struct {
	onHand, sum int64
	taken       map[string]int64 // order/line -> taken from stock
	short       map[string]int64
	moves       []commerce.StockMove
}

func (b bench) ledger(t tester, w commerce.WorkspaceID, v commerce.VariantID) ledger {
	t.Helper()
	l := ledger{taken: map[string]int64{}, short: map[string]int64{}}
	level, err := b.Store.Level(bg(), w, v, commerce.LocationDefault)
	if !fault.Is(err, fault.NotFound) {
		must(t, err)
	}
	l.onHand = level.OnHand
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := b.Store.ListMoves(bg(), w, v, port.Page{Limit: 100, Cursor: cursor})
		must(t, err)
		for _, m := range page.Items {
			l.sum += m.Quantity
			if m.OrderLine != "" {
				l.taken[m.Source+"/"+m.OrderLine] -= m.Quantity
				l.short[m.Source+"/"+m.OrderLine] += m.Short
			}
			if m.OnHand < 0 {
				t.Fatalf("the level of %s was %d after %s", v, m.OnHand, m.ID)
			}
		}
		l.moves, cursor = append(l.moves, page.Items...), page.Next
	}
	return l
}

// settles lets several workers settle orders at once, each again after what
// the stream would give it again.
func (b bench) settles(w commerce.WorkspaceID, workers int, ids ...commerce.OrderID) error {
	var wait sync.WaitGroup
	failed := make([]error, workers*len(ids))
	for i := range failed {
		wait.Go(func() {
			for range 20 {
				if failed[i] = b.Keeper.Settle(bg(), w, ids[i%len(ids)]); !fault.Is(failed[i], fault.Temporary) {
					return
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(failed...)
}

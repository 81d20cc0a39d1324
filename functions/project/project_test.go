package project_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/functions/project"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
	"github.com/manystall/manystall/shared/publish"
	"github.com/manystall/manystall/shared/report"
	"github.com/manystall/manystall/shared/stock"
)

const w commerce.WorkspaceID = "w1"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

type bench struct {
	localtest.Ground
	clock  *porttest.Clock
	keeper *stock.Keeper
	deps   project.Deps

	mu     sync.Mutex
	nudges []string
	refuse int // the next sends
}

func (b *bench) Send(_ context.Context, queue string, messages ...port.Outgoing) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse--; b.refuse >= 0 {
		return errors.New("the queue is away")
	}
	for _, m := range messages {
		n := m.Body.(port.Nudge)
		b.nudges = append(b.nudges, fmt.Sprintf("%s %s %s %s", queue, n.Space, n.Key, m.Delay))
	}
	return nil
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{clock: porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))}
	b.Ground = localtest.Open(t, b.clock.Now)
	ids := &localtest.IDs{}
	keeper := &stock.Keeper{Store: b.Store, Now: b.clock.Now, NewID: ids.Next, SellsDown: func(commerce.Channel) bool { return false }}
	b.keeper = keeper
	finder := &ingest.Finder{Store: b.Store, Now: b.clock.Now, NewID: ids.Next}
	b.deps = project.Deps{
		Decode: dynamo.DecodeChange, Find: finder.Find, Appeared: finder.Appeared, Waits: b.Store.AnyWants, Settle: keeper.Settle, Fold: (&report.Folder{Store: b.Store}).Fold,
		LevelChanged: (&publish.Marker{Store: b.Store, Now: b.clock.Now, NewID: ids.Next}).LevelChanged,
		Failures:     b.Store, Queue: b, Now: b.clock.Now, NewID: ids.Next, Log: localtest.Quiet(),
	}
	_, err := b.Store.PutWorkspace(t.Context(), port.Workspace{ID: w, TimeZone: "UTC", Currency: "EUR"})
	must(t, err)
	_, err = b.Store.PutTarget(t.Context(), port.Target{ID: "tgt", Space: w, Kind: "etsy", Remote: "1", Accounts: map[commerce.Channel]commerce.AccountID{commerce.Etsy: "acc"}})
	must(t, err)
	must(t, keeper.State(t.Context(), w, stock.Stated{Product: "prd", Variant: commerce.Variant{ID: "v", SKU: "v"}, Quantity: 10, Import: "job"}))
	return b
}

func (b *bench) put(t *testing.T, id int, state commerce.OrderState, quantity int64) {
	t.Helper()
	oid := commerce.OrderID(fmt.Sprintf("o%d", id))
	for {
		o, err := b.Store.Order(t.Context(), w, oid)
		if fault.Is(err, fault.NotFound) {
			o, err = commerce.Order{ID: oid, Channel: commerce.Etsy, FirstSeen: b.clock.Now(), PlacedAt: b.clock.Now()}, nil
		}
		must(t, err)
		short := int64(0)
		if len(o.Lines) > 0 {
			short = o.Lines[0].Short
		}
		o.State, o.Total = state, commerce.Money{Amount: quantity * 100, Currency: "EUR"}
		o.Lines = []commerce.OrderLine{{ID: "1", Variant: "v", SKU: "v", Quantity: quantity, Short: short}}
		if _, err = b.Store.PutOrder(t.Context(), w, port.OrderWrite{Order: o}); !fault.Is(err, fault.Conflict) {
			must(t, err)
			return
		}
	}
}

// deliver works a shard as Lambda does: in batches, from the record that
// failed on again, and some batches once more.
func deliver(t *testing.T, h *project.Handler, records []events.DynamoDBEventRecord, r *rand.Rand) {
	for at := 0; at < len(records); {
		end := min(len(records), at+1+r.IntN(5))
		out, err := h.Handle(context.Background(), events.DynamoDBEvent{Records: records[at:end]})
		if err != nil || len(out.BatchItemFailures) > 1 {
			t.Errorf("answered %+v, %v", out, err)
			return
		}
		switch {
		case len(out.BatchItemFailures) == 1:
			next := slices.IndexFunc(records, func(r events.DynamoDBEventRecord) bool {
				return r.Change.SequenceNumber == out.BatchItemFailures[0].ItemIdentifier
			})
			if next < at || next >= end {
				t.Errorf("record %d of a batch %d to %d is to come again", next, at, end)
				return
			}
			at = next
		case r.IntN(3) > 0:
			at = end
		}
	}
}

// Several shards at once, one of them split, batches that come again, faults in the middle: in
// the end the stock and the totals are what the orders say.
func TestFoldsUnderReplays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 40 {
		if i == 20 {
			must(t, b.Server.DynamoDB().SplitShard(t.Context(), localtest.Table, 0))
		}
		b.put(t, r.IntN(8), []commerce.OrderState{commerce.OrderDraft, commerce.OrderUnpaid, commerce.OrderPaid, commerce.OrderCancelled}[r.IntN(4)], 1+r.Int64N(3))
	}
	settle, fold, mu := b.deps.Settle, b.deps.Fold, sync.Mutex{}
	flaky := func(do func(context.Context, commerce.WorkspaceID, commerce.OrderID) error) func(context.Context, commerce.WorkspaceID, commerce.OrderID) error {
		return func(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
			mu.Lock()
			n := r.IntN(10)
			mu.Unlock()
			switch n {
			case 0:
				return fault.New(fault.Temporary, "busy", "Busy.")
			case 1:
				return errors.Join(do(ctx, w, id), fault.New(fault.Temporary, "lost", "The answer was lost."))
			}
			return do(ctx, w, id)
		}
	}
	b.deps.Settle, b.deps.Fold, b.refuse = flaky(settle), flaky(fold), 3
	h := project.New(b.deps)
	shards := b.Changes(t)
	if len(shards) < 4 { // two, one of which became two
		t.Fatalf("%d shards", len(shards))
	}
	var wait sync.WaitGroup
	for round := range 2 { // the second round is what the first one wrote, and all again
		for i, records := range b.Changes(t) {
			wait.Go(func() { deliver(t, h, records, rand.New(rand.NewPCG(uint64(round), uint64(i)))) })
		}
		wait.Wait()
	}
	b.agree(t)
}

// agree compares stock and totals with the orders.
func (b *bench) agree(t *testing.T) {
	t.Helper()
	list, err := b.Store.ListOrders(t.Context(), w, port.OrderFilter{}, port.Page{Limit: 100})
	must(t, err)
	var demand, short, amount, orders int64
	for _, item := range list.Items {
		o, err := b.Store.Order(t.Context(), w, item.ID)
		must(t, err)
		demand, short = demand+o.Lines[0].Demand(o.State), short+o.Lines[0].Short
		if c := report.Contribution(o, time.UTC); c.Orders > 0 {
			amount, orders = amount+c.Amount, orders+1
		}
	}
	level, err := b.Store.Level(t.Context(), w, "v", commerce.LocationDefault)
	must(t, err)
	totals, err := b.Store.ListTotals(t.Context(), w, "2026-11-01", "2026-11-01")
	must(t, err)
	quarters, err := b.Store.ListQuarters(t.Context(), w, "2026-11-01", "2026-11-01")
	must(t, err)
	for _, q := range quarters {
		amount, orders = amount-q.Amount, orders-q.Orders
	}
	if amount != 0 || orders != 0 || len(quarters) != len(totals) {
		t.Errorf("by quarters %+v, by days %+v", quarters, totals)
	}
	for _, q := range quarters {
		amount, orders = amount+q.Amount, orders+q.Orders
	}
	if level.OnHand != 10-(demand-short) || level.OnHand < 0 {
		t.Errorf("%d on hand; the orders demand %d and are short of %d", level.OnHand, demand, short)
	}
	if len(totals) != 1 || totals[0].Amount != amount || totals[0].Orders != orders {
		t.Errorf("totals %+v; the orders say %d orders of %d", totals, orders, amount)
	}
}

// An order of a product that comes into the catalog later, or at the same time:
// whatever the order of the records, however often they come and whatever
// fails, its stock is taken, once.
func TestSoldBeforeItsProduct(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		b := newBench(t)
		r := rand.New(rand.NewPCG(seed, 7))
		for i := range 3 {
			id := commerce.OrderID(fmt.Sprint("early", i))
			o := commerce.Order{ID: id, Channel: commerce.Etsy, State: commerce.OrderPaid, Target: "tgt", FirstSeen: b.clock.Now(), PlacedAt: b.clock.Now(), Total: commerce.Money{Amount: 100, Currency: "EUR"}}
			o.Lines = []commerce.OrderLine{{ID: "1", SKU: "LATER", Quantity: 2}}
			if i == 2 {
				o.Lines[0] = commerce.OrderLine{ID: "1", RemoteItem: "77", Quantity: 2}
			}
			_, err := b.Store.PutOrder(t.Context(), w, port.OrderWrite{Order: o})
			must(t, err)
		}
		come := func() {
			v := commerce.Variant{ID: "later", SKU: "LATER"}
			must(t, b.keeper.State(t.Context(), w, stock.Stated{Product: "new", Variant: v, Quantity: 5, Import: "job"}))
			_, err := b.Store.PutProduct(t.Context(), w, port.ProductWrite{Product: commerce.Product{ID: "new", Handle: "new", Variants: []commerce.Variant{v}}, Claims: []commerce.SKU{"LATER"},
				Listings: []commerce.Listing{{ID: "lst", Target: "tgt", Product: "new"}}})
			must(t, err)
			l, err := b.Store.Listing(t.Context(), w, "lst")
			must(t, err)
			l.Items = map[commerce.VariantID]commerce.RemoteID{"later": "77"}
			_, err = b.Store.PutListing(t.Context(), w, port.ListingWrite{Listing: l})
			must(t, err)
		}
		come = sync.OnceFunc(come)
		deps := b.deps
		deps.Find = func(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) error {
			if r.IntN(12) == 0 {
				come()
			}
			err := b.deps.Find(ctx, w, id)
			if r.IntN(4) == 0 {
				return fault.New(fault.Temporary, "lost", "The answer was lost.")
			}
			return err
		}
		h := project.New(deps)
		told := map[string]int{} // how far each shard has been told
		for round := range 6 {
			if round == 2 {
				come()
			}
			shards := b.Changes(t)
			for _, i := range r.Perm(len(shards)) {
				name := fmt.Sprint(i)
				deliver(t, h, shards[i][told[name]:], r)
				told[name] = len(shards[i])
			}
		}
		level, err := b.Store.Level(t.Context(), w, "later", commerce.LocationDefault)
		must(t, err)
		moves, err := b.Store.ListMoves(t.Context(), w, "later", port.Page{Limit: 100})
		must(t, err)
		sum, short := int64(0), int64(0)
		for _, m := range moves.Items {
			sum, short = sum+m.Quantity, short+m.Short
		}
		if level.OnHand != 0 || sum != 0 || short != 1 {
			t.Errorf("seed %d: %d on hand, moves %d, short %d; want 0 of 5 after three times 2, 1 short", seed, level.OnHand, sum, short)
		}
	}
}

// A sale leaves a mark for the shop, a mark a nudge; what waits has none.
func TestNudges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	h := project.New(b.deps)
	b.put(t, 1, commerce.OrderPaid, 2)
	later := b.clock.Now().Add(time.Hour)
	must(t, b.Store.PutMarks(t.Context(), []port.Mark{
		{Space: w, Target: "bulk", Lane: port.LaneText, Product: "p", Version: "1"}, {Space: w, Target: "soon", Lane: port.LaneText, Product: "p", Version: "2"}, {Space: w, Target: "soon", Lane: port.LanePrice, Product: "p", Version: "3"},
		{Space: w, Target: "parked", Lane: port.LanePrice, Product: "p", Version: "4", NotBefore: later}, {Space: w, Target: "tried", Lane: port.LanePrice, Product: "p", Version: "5", Attempts: 1},
	}))
	_, err := b.Store.PutOutbound(t.Context(), port.Outbound{ID: "1", Space: w, Key: "cnv_1", Kind: "reply", State: commerce.SendPending})
	must(t, err)
	_, err = b.Store.PutOutbound(t.Context(), port.Outbound{ID: "2", Space: w, Key: "cnv_2", Kind: "reply", State: commerce.SendPending, NotBefore: later})
	must(t, err)
	for range 2 { // the second time the marks of the first have come
		b.nudges = nil
		out, err := h.Handle(t.Context(), events.DynamoDBEvent{Records: slices.Concat(b.Changes(t)...)})
		if err != nil || len(out.BatchItemFailures) != 0 {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	slices.Sort(b.nudges)
	want := []string{"NudgeQueue w1 bulk 1s", "NudgeQueue w1 soon 0s", "NudgeQueue w1 tgt 0s", "OutboundQueue w1 cnv_1 0s"}
	if !slices.Equal(b.nudges, want) {
		t.Errorf("nudges %q, want %q", b.nudges, want)
	}
}

// Nothing is done with when the nudges could not be sent.
func TestNudgesThatAreNotSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	must(t, b.Store.PutMarks(t.Context(), []port.Mark{{Space: w, Target: "t", Lane: port.LaneStock, Product: "p", Version: "1"}}))
	b.refuse = 1
	records := slices.Concat(b.Changes(t)...)
	out, err := project.New(b.deps).Handle(t.Context(), events.DynamoDBEvent{Records: records})
	if err != nil || len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != records[0].Change.SequenceNumber {
		t.Errorf("%+v, %v", out, err)
	}
}

// A record that can never be worked goes on a list and lets the others pass; a
// record that can't now stops its shard there.
func TestPoison(t *testing.T) {
	t.Parallel()
	for kind, stops := range map[fault.Kind]bool{fault.Permanent: false, fault.Invalid: false, fault.Temporary: true, fault.Internal: true, fault.Conflict: true} {
		b := newBench(t)
		b.put(t, 1, commerce.OrderPaid, 1)
		b.put(t, 2, commerce.OrderPaid, 1)
		var folded []commerce.OrderID
		b.deps.Fold = func(_ context.Context, _ commerce.WorkspaceID, id commerce.OrderID) error {
			if folded = append(folded, id); id == "o1" {
				return fault.New(kind, "code", "Words.")
			}
			return nil
		}
		var records []events.DynamoDBEventRecord
		for _, want := range []string{"o1", "o2"} { // in this order, whatever their shards
			for _, r := range slices.Concat(b.Changes(t)...) {
				if v, ok := r.Change.NewImage["pk"]; ok && v.String() == "w#w1#ord#"+want && r.Change.NewImage["t"].String() == "order" {
					records = append(records, r)
				}
			}
		}
		records = append([]events.DynamoDBEventRecord{{Change: events.DynamoDBStreamRecord{SequenceNumber: "0", NewImage: map[string]events.DynamoDBAttributeValue{"t": events.NewStringAttribute("order"), "pk": events.NewStringAttribute("broken")}}}}, records...)
		out, err := project.New(b.deps).Handle(t.Context(), events.DynamoDBEvent{Records: records})
		must(t, err)
		failures, err := b.Store.ListFailures(t.Context(), w, port.Page{Limit: 10})
		must(t, err)
		if (len(out.BatchItemFailures) == 1) != stops || (len(failures.Items) == 1) == stops || slices.Contains(folded, "o2") == stops {
			t.Errorf("%s: to come again %+v, failures %+v, folded %v", kind, out.BatchItemFailures, failures.Items, folded)
		}
		if stops && out.BatchItemFailures[0].ItemIdentifier != records[1].Change.SequenceNumber {
			t.Errorf("%s: it goes on at %s", kind, out.BatchItemFailures[0].ItemIdentifier)
		}
	}
}

// What can't be read of the stream goes on a list, once however often it comes,
// and names what has to be looked at again.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, 1, commerce.OrderPaid, 1)
	var broken []events.DynamoDBEventRecord
	for _, r := range slices.Concat(b.Changes(t)...) {
		if r.Change.NewImage["t"].String() == "order" {
			r.Change.NewImage["d"] = events.NewBinaryAttribute([]byte{1, 2})
			broken = append(broken, r)
		}
	}
	for range 2 {
		out, err := project.New(b.deps).Handle(t.Context(), events.DynamoDBEvent{Records: broken})
		must(t, err)
		if len(out.BatchItemFailures) != 0 {
			t.Errorf("to come again: %+v", out)
		}
	}
	failures, err := b.Store.ListFailures(t.Context(), w, port.Page{Limit: 10})
	must(t, err)
	if len(broken) != 1 || len(failures.Items) != 1 {
		t.Fatalf("%d records, failures %+v", len(broken), failures.Items)
	}
	if f := failures.Items[0]; f.Queue != port.ProjectQueue || f.Entity != port.EntityOrder || f.Ref != "o1" || f.Code != "change_broken" {
		t.Errorf("%+v", f)
	}
	b.deps.Failures = refusing{}
	out, err := project.New(b.deps).Handle(t.Context(), events.DynamoDBEvent{Records: broken})
	if err != nil || len(out.BatchItemFailures) != 1 {
		t.Errorf("nobody noted it, and it does not come again: %+v, %v", out, err)
	}
}

type refusing struct{}

func (refusing) PutFailure(context.Context, port.Failure) error {
	return fault.New(fault.Temporary, "busy", "Busy.")
}

package dynamo_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// meter adds up what requests cost.
type meter struct {
	dynamo.API
	mu    sync.Mutex
	units float64
}

func (m *meter) add(all ...types.ConsumedCapacity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range all {
		m.units += *c.CapacityUnits
	}
}

func (m *meter) one(c *types.ConsumedCapacity) {
	if c != nil {
		m.add(*c)
	}
}

func (m *meter) take() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	units := m.units
	m.units = 0
	return units
}

func (m *meter) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := m.API.GetItem(ctx, in, o...)
	if err == nil {
		m.one(out.ConsumedCapacity)
	}
	return out, err
}

func (m *meter) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := m.API.PutItem(ctx, in, o...)
	if err == nil {
		m.one(out.ConsumedCapacity)
	}
	return out, err
}

func (m *meter) DeleteItem(ctx context.Context, in *dynamodb.DeleteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := m.API.DeleteItem(ctx, in, o...)
	if err == nil {
		m.one(out.ConsumedCapacity)
	}
	return out, err
}

func (m *meter) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := m.API.Query(ctx, in, o...)
	if err == nil {
		m.one(out.ConsumedCapacity)
	}
	return out, err
}

func (m *meter) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := m.API.BatchGetItem(ctx, in, o...)
	if err == nil {
		m.add(out.ConsumedCapacity...)
	}
	return out, err
}

func (m *meter) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := m.API.BatchWriteItem(ctx, in, o...)
	if err == nil {
		m.add(out.ConsumedCapacity...)
	}
	return out, err
}

func (m *meter) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	out, err := m.API.TransactWriteItems(ctx, in, o...)
	if err == nil {
		m.add(out.ConsumedCapacity...)
	}
	return out, err
}

// costs is one access after the other with what each may cost; the state they
// need is handed on.
func costs(t *testing.T, m *meter, s *dynamo.Store, now time.Time) []access {
	const w commerce.WorkspaceID = "ws_01j9zqk3v7e8"
	ctx := t.Context()
	o := sampleOrder(now)
	c := commerce.Conversation{ID: "cnv_01j9zqk3v7e8", Channel: commerce.Facebook, State: commerce.ConvOpen, Account: "acc_1", Remote: "t_1029384756", Name: "Ada Lovelace", Snippet: strings.Repeat("s", 140), LastAt: now, CreatedAt: now}
	var level commerce.StockLevel
	moveBy := func(id string, n int64) error {
		next := level
		next.Variant, next.SKU, next.Location, next.OnHand = "var_01j9zqk3v7e8", "TEE-BLUE-M", commerce.LocationDefault, level.OnHand+n
		err := s.Move(ctx, w, port.LevelMove{Level: next, Move: commerce.StockMove{ID: id, Variant: next.Variant, Location: next.Location, Quantity: n, Anchor: now, At: now}})
		level = next
		level.Version++
		return err
	}
	message := func(n int) *commerce.Message {
		m := &commerce.Message{Conversation: c.ID, Remote: commerce.RemoteID(fmt.Sprint("m_", n)), By: commerce.ByBuyer, Text: strings.Repeat("t", 400), Kind: "text", At: now}
		m.ID = port.MessageIDOf(c.ID, m.Remote)
		return m
	}
	listing := commerce.Listing{Target: "tgt_1", Product: "prd_1", Remote: "17", Views: map[commerce.Channel]commerce.View{commerce.Etsy: {Channel: commerce.Etsy, State: commerce.ListingQueued}}}
	listing.ID = port.ListingIDOf(listing.Target, listing.Product)
	mark := port.Mark{Space: w, Target: "tgt_1", Lane: port.LaneStock, Product: "prd_1", Version: "01"}
	putOrder := func(e ...commerce.OrderEvent) (err error) {
		o, err = s.PutOrder(ctx, w, port.OrderWrite{Order: o, Events: e})
		return err
	}
	putListing := func(drop ...port.Mark) (err error) {
		listing, err = s.PutListing(ctx, w, port.ListingWrite{Listing: listing, Drop: drop})
		return err
	}
	return []access{
		{"order, 1.5 KB: put", 4, func() error { return putOrder() }},
		{"order: another state, alone", 5, func() error { o.State = commerce.OrderShipped; return putOrder() }},
		{"order: another state with an event", 12, func() error {
			o.State = commerce.OrderDelivered
			return putOrder(commerce.OrderEvent{ID: "e", At: now})
		}},
		{"order: read", 1, func() error { _, err := s.Order(ctx, w, o.ID); return err }},
		{"orders: first page over all channels", 3, func() error {
			_, err := s.ListOrders(ctx, w, port.OrderFilter{}, port.Page{Limit: 50})
			return err
		}},
		{"level: first move", 6, func() error { return moveBy("m1", 5) }},
		{"level: a move", 4, func() error { return moveBy("m2", -1) }},
		{"ledger: a page", 1, func() error { _, err := s.ListMoves(ctx, w, level.Variant, port.Page{Limit: 50}); return err }},
		{"message, 0.7 KB: first of a conversation", 10, func() (err error) {
			c, err = s.PutMessage(ctx, w, port.MessageWrite{Conversation: c, Message: message(1)})
			return err
		}},
		{"message: a further one", 14, func() (err error) {
			c.LastAt = now.Add(time.Minute)
			c, err = s.PutMessage(ctx, w, port.MessageWrite{Conversation: c, Message: message(2)})
			return err
		}},
		{"thread: a page", 0.5, func() error { _, err := s.ListMessages(ctx, w, c.ID, port.Page{Limit: 50}); return err }},
		{"contribution: fold", 6, func() error {
			return s.Fold(ctx, w, port.FoldWrite{Order: o.ID, Next: port.Contribution{Date: "2026-11-01", Channel: commerce.Etsy, Currency: "USD", Amount: 5, Orders: 1}})
		}},
		{"totals: a year", 5, func() error { _, err := s.ListTotals(ctx, w, "2026-01-01", "2026-12-31"); return err }},
		{"totals: a month by quarters of an hour", 5, func() error { _, err := s.ListQuarters(ctx, w, "2026-11-01", "2026-11-30"); return err }},
		{"totals: which are shown", 1, func() error { _, err := s.Generations(ctx, w); return err }},
		{"unknown SKU of an order: note it", 2, func() error { return s.PutWants(ctx, w, o.ID, []port.Want{{SKU: "X"}}) }},
		{"unknown SKU: who waits for it", 1, func() error { _, err := s.Waiting(ctx, w, port.Want{SKU: "X"}, 100); return err }},
		{"orders to look at: count", 1, func() error {
			_, err := s.CountAttention(ctx, w, commerce.AttentionShort, 100)
			return err
		}},
		{"mark: put", 1, func() error { return s.PutMarks(ctx, []port.Mark{mark}) }},
		{"marks: read a lane", 1, func() error { _, err := s.ListMarks(ctx, w, "tgt_1", port.LaneStock, 100); return err }},
		{"listing: first, with a view, a remote id, and its mark done", 12, func() error { return putListing(mark) }},
		{"listing: pushed, view unchanged", 2, func() error { listing.PushedAt = now; return putListing() }},
		{"views: of a listing with 300 items, for a list of products", 0.5, func() error {
			listing.Items = map[commerce.VariantID]commerce.RemoteID{}
			for i := range 300 {
				listing.Items[commerce.VariantID(fmt.Sprint("var_", i))] = commerce.RemoteID(fmt.Sprint("17293820192", i))
			}
			if err := putListing(); err != nil {
				return err
			}
			m.take()
			_, err := s.Views(ctx, w, []port.ViewID{{Listing: listing.ID, Channel: commerce.Etsy}})
			return err
		}},
		{"lock and unlock", 2, func() error {
			token, err := s.Lock(ctx, "k", time.Minute)
			if err != nil {
				return err
			}
			return s.Unlock(ctx, "k", token)
		}},
		{"idempotency key: claim and remember", 2, func() error {
			r := port.Remembered{Key: "k", Hash: "h", ExpiresAt: now.Add(time.Hour)}
			_, _, err := s.Claim(ctx, w, r)
			if err != nil {
				return err
			}
			return s.Remember(ctx, w, r)
		}},
		{"poll: book its calls", 2, func() error {
			booked, err := s.Booked(ctx, "b")
			if err == nil {
				_, err = s.PutBooked(ctx, "b", booked)
			}
			return err
		}},
		{"due list: look", 2, func() error { _, err := s.ListDue(ctx, port.DuePoll, now, 100); return err }},
	}
}

type access struct {
	name string
	most float64
	do   func() error
}

func sampleOrder(now time.Time) commerce.Order {
	line := commerce.OrderLine{ID: "2890384756", Variant: "var_01j9zqk3v7e8", SKU: "TEE-BLUE-M", Title: "Blue tee, medium, organic cotton", Quantity: 1,
		Price: commerce.Money{Amount: 2500, Currency: "USD"}, RemoteItem: "17293820192837", RemoteListing: "1029384756"}
	second := line
	second.ID = "2"
	return commerce.Order{ID: "ord_01j9zqk3v7e8", Account: "acc_1", Channel: commerce.Etsy, Source: commerce.FromMarketplace, Remote: "3029384756", Number: "3029384756",
		State: commerce.OrderPaid, Lines: []commerce.OrderLine{line, second}, Total: commerce.Money{Amount: 5500, Currency: "USD"}, PlacedAt: now, UpdatedAt: now, FirstSeen: now,
		Buyer: commerce.Buyer{Name: "Ada Lovelace", Email: "ada@example.com", Address: &commerce.Address{Name: "Ada Lovelace", Lines: []string{"12 St James's Square"}, City: "London", Country: "GB"}}}
}

// TestCosts measures what docs/table.md promises.
func TestCosts(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, table := open(t, clock)
	m := &meter{API: client}
	page, err := os.ReadFile("../../docs/table.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range costs(t, m, dynamo.New(m, table, options(clock)), clock.Now()) {
		if err := a.do(); err != nil {
			t.Fatalf("%s: %v", a.name, err)
		}
		if got := m.take(); got != a.most {
			t.Errorf("%s: %g units, want %g", a.name, got, a.most)
		}
		if row := fmt.Sprintf("| %s | %g |", a.name, a.most); !strings.Contains(string(page), row) {
			t.Errorf("docs/table.md lacks the row %q", row)
		}
	}
}

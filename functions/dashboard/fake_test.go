package dashboard

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// memory is storage of tests: everything lies under its workspace.
type memory struct {
	mu          sync.Mutex
	credentials map[string]port.Credential
	spaces      map[commerce.WorkspaceID]*space
	locks       map[string]bool
	remembered  map[string]port.Remembered
	down        error // what every read answers, when set
}

type space struct {
	workspace     port.Workspace
	accounts      map[commerce.AccountID]port.Account
	grants        map[commerce.GrantID]port.Grant
	targets       []port.Target
	products      map[commerce.ProductID]commerce.Product
	listings      map[commerce.ListingID]commerce.Listing
	jobs          map[commerce.JobID]port.Job
	orders        map[commerce.OrderID]commerce.Order
	events        map[commerce.OrderID][]commerce.OrderEvent
	lookups       map[port.Lookup]commerce.OrderID
	totals        []port.Total
	quarters      []port.QuarterTotal
	conversations map[commerce.ConversationID]commerce.Conversation
	messages      map[commerce.ConversationID][]commerce.Message
	levels        map[commerce.VariantID]commerce.StockLevel
	moves         map[commerce.VariantID][]commerce.StockMove
	failures      []port.Failure
}

func newMemory() *memory {
	return &memory{
		credentials: map[string]port.Credential{}, spaces: map[commerce.WorkspaceID]*space{},
		locks: map[string]bool{}, remembered: map[string]port.Remembered{},
	}
}

func (m *memory) add(w port.Workspace) *space {
	s := &space{
		workspace: w, accounts: map[commerce.AccountID]port.Account{}, grants: map[commerce.GrantID]port.Grant{},
		products: map[commerce.ProductID]commerce.Product{}, listings: map[commerce.ListingID]commerce.Listing{}, jobs: map[commerce.JobID]port.Job{},
		orders: map[commerce.OrderID]commerce.Order{}, events: map[commerce.OrderID][]commerce.OrderEvent{}, lookups: map[port.Lookup]commerce.OrderID{},
		conversations: map[commerce.ConversationID]commerce.Conversation{}, messages: map[commerce.ConversationID][]commerce.Message{},
		levels: map[commerce.VariantID]commerce.StockLevel{}, moves: map[commerce.VariantID][]commerce.StockMove{},
	}
	m.spaces[w.ID] = s
	return s
}

// get reads one thing of a workspace.
func get[K ~string, V any](m *memory, w commerce.WorkspaceID, from func(*space) map[K]V, id K) (V, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var none V
	if m.down != nil {
		return none, m.down
	}
	if s, ok := m.spaces[w]; ok {
		if v, ok := from(s)[id]; ok {
			return v, nil
		}
	}
	return none, fault.New(fault.NotFound, "not_found", "There is no %s.", id)
}

// list is a page of sorted things; a cursor is the name of the last one.
func list[V any](m *memory, w commerce.WorkspaceID, p port.Page, name func(V) string, from func(*space) []V) (port.List[V], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out port.List[V]
	if m.down != nil {
		return out, m.down
	}
	s, ok := m.spaces[w]
	if !ok {
		return out, nil
	}
	all := from(s)
	slices.SortFunc(all, func(a, b V) int { return cmp.Compare(name(a), name(b)) })
	for _, v := range all {
		if p.Cursor != "" && name(v) <= p.Cursor {
			continue
		}
		if len(out.Items) == p.Limit {
			out.Next = name(out.Items[p.Limit-1])
			break
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

func values[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func (m *memory) Workspace(_ context.Context, id commerce.WorkspaceID) (port.Workspace, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spaces[id].workspace, m.down
}

func (m *memory) Credential(_ context.Context, hash string) (port.Credential, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return port.Credential{}, m.down
	}
	c, ok := m.credentials[hash]
	if !ok {
		return c, fault.New(fault.NotFound, "not_found", "There is no such credential.")
	}
	return c, nil
}

func (m *memory) PutCredential(_ context.Context, c port.Credential) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.credentials[c.Hash] = c
	return nil
}

func (m *memory) DeleteCredential(_ context.Context, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.credentials, hash)
	return nil
}

func (m *memory) Account(_ context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error) {
	return get(m, w, func(s *space) map[commerce.AccountID]port.Account { return s.accounts }, id)
}

func (m *memory) ListAccounts(_ context.Context, w commerce.WorkspaceID) ([]port.Account, error) {
	l, err := list(m, w, port.Page{Limit: 1000}, func(a port.Account) string { return string(a.ID) }, func(s *space) []port.Account { return values(s.accounts) })
	return l.Items, err
}

func (m *memory) Grant(_ context.Context, w commerce.WorkspaceID, id commerce.GrantID) (port.Grant, error) {
	return get(m, w, func(s *space) map[commerce.GrantID]port.Grant { return s.grants }, id)
}

func (m *memory) ListTargets(_ context.Context, w commerce.WorkspaceID) ([]port.Target, error) {
	return m.spaces[w].targets, m.down
}

func (m *memory) Product(_ context.Context, w commerce.WorkspaceID, id commerce.ProductID) (commerce.Product, error) {
	return get(m, w, func(s *space) map[commerce.ProductID]commerce.Product { return s.products }, id)
}

func (m *memory) ListProducts(_ context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.ProductItem], error) {
	return list(m, w, p, func(i port.ProductItem) string { return string(i.ID) }, func(s *space) []port.ProductItem {
		var out []port.ProductItem
		for _, p := range s.products {
			out = append(out, productItem(p))
		}
		return out
	})
}

func (m *memory) ProductBySKU(_ context.Context, w commerce.WorkspaceID, sku commerce.SKU) (port.SKURef, error) {
	for _, p := range m.spaces[w].products {
		for _, v := range p.Variants {
			if v.SKU == sku {
				return port.SKURef{Product: p.ID, Variant: v.ID}, nil
			}
		}
	}
	return port.SKURef{}, fault.New(fault.NotFound, "not_found", "There is no SKU %s.", sku)
}

func (m *memory) Listing(_ context.Context, w commerce.WorkspaceID, id commerce.ListingID) (commerce.Listing, error) {
	return get(m, w, func(s *space) map[commerce.ListingID]commerce.Listing { return s.listings }, id)
}

func (m *memory) Listings(ctx context.Context, w commerce.WorkspaceID, ids []commerce.ListingID) ([]commerce.Listing, error) {
	var out []commerce.Listing
	for _, id := range ids {
		if l, err := m.Listing(ctx, w, id); err == nil {
			out = append(out, l)
		}
	}
	return out, nil
}

func (m *memory) Views(ctx context.Context, w commerce.WorkspaceID, ids []port.ViewID) ([]port.ListingItem, error) {
	var out []port.ListingItem
	for _, id := range ids {
		l, err := m.Listing(ctx, w, id.Listing)
		if v, ok := l.Views[id.Channel]; err == nil && ok {
			out = append(out, port.ListingItem{Listing: l.ID, Product: l.Product, Channel: id.Channel, State: v.State, Problems: v.Problems, URL: v.URL, Waiting: v.Waiting, Since: v.Since})
		}
	}
	return out, m.down
}

func (m *memory) ListListings(_ context.Context, w commerce.WorkspaceID, f port.ListingFilter, p port.Page) (port.List[port.ListingItem], error) {
	return list(m, w, p, func(i port.ListingItem) string { return viewID(i.Listing, i.Channel) }, func(s *space) []port.ListingItem {
		var out []port.ListingItem
		for _, l := range s.listings {
			for c, v := range l.Views {
				if (f.Channel == "" || f.Channel == c) && (f.State == "" || f.State == v.State) {
					out = append(out, port.ListingItem{Listing: l.ID, Product: l.Product, Title: "Mug", Channel: c, State: v.State, Problems: v.Problems, URL: v.URL, Since: v.Since})
				}
			}
		}
		return out
	})
}

func (m *memory) Job(_ context.Context, w commerce.WorkspaceID, id commerce.JobID) (port.Job, error) {
	return get(m, w, func(s *space) map[commerce.JobID]port.Job { return s.jobs }, id)
}

func (m *memory) ListJobs(_ context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.Job], error) {
	return list(m, w, p, func(j port.Job) string { return string(j.ID) }, func(s *space) []port.Job { return values(s.jobs) })
}

func (m *memory) Order(_ context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error) {
	return get(m, w, func(s *space) map[commerce.OrderID]commerce.Order { return s.orders }, id)
}

func orderItem(o commerce.Order) port.OrderItem {
	asked, by := o.Asked()
	return port.OrderItem{
		ID: o.ID, Channel: o.Channel, Source: o.Source, Number: o.Number, Remote: o.Remote, State: o.State, Total: o.Total,
		Items: 2, Title: o.Lines[0].Title, BuyerName: o.Buyer.Name, Asked: asked, AnswerBy: by, PlacedAt: o.PlacedAt,
	}
}

func (m *memory) ListOrders(_ context.Context, w commerce.WorkspaceID, f port.OrderFilter, p port.Page) (port.List[port.OrderItem], error) {
	return list(m, w, p, func(i port.OrderItem) string { return string(i.ID) }, func(s *space) []port.OrderItem {
		var out []port.OrderItem
		for _, o := range s.orders {
			if (len(f.Channels) == 0 || slices.Contains(f.Channels, o.Channel)) && inState(o.State, f.State) && (f.Attention == "" || slices.Contains(o.Attention, f.Attention)) {
				out = append(out, orderItem(o))
			}
		}
		return out
	})
}

func (m *memory) FindOrders(_ context.Context, w commerce.WorkspaceID, lookups []port.Lookup) ([]port.OrderItem, error) {
	var out []port.OrderItem
	for _, l := range lookups {
		if id, ok := m.spaces[w].lookups[l]; ok {
			out = append(out, orderItem(m.spaces[w].orders[id]))
		}
	}
	return out, nil
}

func (m *memory) OrderEvents(_ context.Context, w commerce.WorkspaceID, id commerce.OrderID) ([]commerce.OrderEvent, error) {
	return m.spaces[w].events[id], nil
}

func (m *memory) CountOrders(_ context.Context, w commerce.WorkspaceID, s commerce.OrderState, limit int) (int, error) {
	n := 0
	for _, o := range m.spaces[w].orders {
		if inState(o.State, s) {
			n++
		}
	}
	return min(n, limit), m.down
}

func (m *memory) ListTotals(_ context.Context, w commerce.WorkspaceID, from, to string) ([]port.Total, error) {
	var out []port.Total
	for _, t := range m.spaces[w].totals {
		if t.Date >= from && t.Date <= to {
			out = append(out, t)
		}
	}
	return out, m.down
}

func (m *memory) CountAttention(_ context.Context, w commerce.WorkspaceID, a commerce.Attention, limit int) (int, error) {
	n := 0
	for _, o := range m.spaces[w].orders {
		if slices.Contains(o.Attention, a) {
			n++
		}
	}
	return min(n, limit), m.down
}

func (m *memory) ListQuarters(_ context.Context, w commerce.WorkspaceID, from, to string) ([]port.QuarterTotal, error) {
	var out []port.QuarterTotal
	for _, t := range m.spaces[w].quarters {
		if t.Date >= from && t.Date <= to {
			out = append(out, t)
		}
	}
	return out, m.down
}

func (m *memory) Conversation(_ context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error) {
	return get(m, w, func(s *space) map[commerce.ConversationID]commerce.Conversation { return s.conversations }, id)
}

func (m *memory) ListConversations(_ context.Context, w commerce.WorkspaceID, f port.ConversationFilter, p port.Page) (port.List[commerce.Conversation], error) {
	return list(m, w, p, func(c commerce.Conversation) string { return string(c.ID) }, func(s *space) []commerce.Conversation {
		return slices.DeleteFunc(values(s.conversations), func(c commerce.Conversation) bool {
			return (f.State != "" && f.State != c.State) || (len(f.Channels) > 0 && !slices.Contains(f.Channels, c.Channel))
		})
	})
}

func (m *memory) Message(_ context.Context, w commerce.WorkspaceID, c commerce.ConversationID, id commerce.MessageID) (commerce.Message, error) {
	for _, one := range m.spaces[w].messages[c] {
		if one.ID == id {
			return one, nil
		}
	}
	return commerce.Message{}, fault.New(fault.NotFound, "not_found", "There is no such message.")
}

func (m *memory) ListMessages(_ context.Context, w commerce.WorkspaceID, c commerce.ConversationID, p port.Page) (port.List[commerce.Message], error) {
	return list(m, w, p, func(i commerce.Message) string { return string(i.ID) }, func(s *space) []commerce.Message { return slices.Clone(s.messages[c]) })
}

func (m *memory) Level(_ context.Context, w commerce.WorkspaceID, v commerce.VariantID, _ string) (commerce.StockLevel, error) {
	return get(m, w, func(s *space) map[commerce.VariantID]commerce.StockLevel { return s.levels }, v)
}

func (m *memory) ListLevels(_ context.Context, w commerce.WorkspaceID, prefix string, p port.Page) (port.List[commerce.StockLevel], error) {
	return list(m, w, p, func(l commerce.StockLevel) string { return string(l.SKU) }, func(s *space) []commerce.StockLevel {
		return slices.DeleteFunc(values(s.levels), func(l commerce.StockLevel) bool { return !strings.HasPrefix(string(l.SKU), prefix) })
	})
}

func (m *memory) ListMoves(_ context.Context, w commerce.WorkspaceID, v commerce.VariantID, p port.Page) (port.List[commerce.StockMove], error) {
	return list(m, w, p, func(i commerce.StockMove) string { return i.ID }, func(s *space) []commerce.StockMove { return slices.Clone(s.moves[v]) })
}

func (m *memory) ListFailures(_ context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.Failure], error) {
	return list(m, w, p, func(f port.Failure) string { return f.ID }, func(s *space) []port.Failure { return slices.Clone(s.failures) })
}

func (m *memory) Claim(_ context.Context, w commerce.WorkspaceID, r port.Remembered) (port.Remembered, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.remembered[string(w)+"#"+r.Key]; ok {
		return old, false, nil
	}
	m.remembered[string(w)+"#"+r.Key] = r
	return r, true, nil
}

func (m *memory) Remember(_ context.Context, w commerce.WorkspaceID, r port.Remembered) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remembered[string(w)+"#"+r.Key] = r
	return nil
}

func (m *memory) Forget(_ context.Context, w commerce.WorkspaceID, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.remembered, string(w)+"#"+key)
	return nil
}

func (m *memory) Lock(_ context.Context, key string, _ time.Duration) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[key] {
		return "", fault.New(fault.Conflict, "locked", "Somebody else works on %s.", key)
	}
	m.locks[key] = true
	return "token", nil
}

func (m *memory) Unlock(_ context.Context, key, _ string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.locks, key)
	return nil
}

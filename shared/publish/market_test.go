package publish_test

import (
	"context"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// market is a marketplace and its connector in one: a shop that keeps what it
// was told, by calls that can be scripted.
type market struct {
	*bench
	items map[commerce.RemoteID]*item
	made  map[string]commerce.RemoteID // by the name it was created under
	calls int
	// async answers Pending and settles by token.
	async bool
	// script answers instead of the market, when it is not nil.
	script func(c channel.Change) *channel.Result
	refuse error // of a whole Apply
	// creations per product, to find what was made twice.
	created map[string]int
	gets    int
	state   commerce.ListingState // live unless set
	looked  func(l commerce.Listing) channel.Result
	lastOn  map[commerce.Channel]bool
	settles int
}

type item struct {
	title string
	price int64
	stock int64
	gone  bool
}

func (m *market) Channel() commerce.Channel { return commerce.Etsy }

func (m *market) Check(context.Context) (channel.Health, error) { return channel.Health{OK: true}, nil }

func (m *market) Apply(ctx context.Context, changes []channel.Change, save channel.Saver) ([]channel.Result, error) {
	if m.refuse != nil {
		return nil, m.refuse
	}
	results := make([]channel.Result, 0, len(changes))
	for _, c := range changes {
		res, err := m.one(ctx, c, save)
		if err != nil {
			return nil, err
		}
		results = append(results, res)
	}
	return results, nil
}

func (m *market) one(ctx context.Context, c channel.Change, save channel.Saver) (channel.Result, error) {
	m.lastOn = c.Wanted
	if m.script != nil {
		if res := m.script(c); res != nil {
			m.calls++
			res.Listing = c.Listing.ID
			return *res, nil
		}
	}
	res := channel.Result{Listing: c.Listing.ID, Outcome: channel.Done, Remote: c.Listing.Remote, Views: m.views(c)}
	if c.Listing.Remote != "" && !m.async {
		return res, m.store.step(func() error { m.write(c); return nil })
	}
	call := channel.Call{ID: m.ids.Next(), Kind: "write", Listings: []commerce.ListingID{c.Listing.ID}, Key: c.Key, Intent: map[string]string{"name": c.Product.Handle}}
	if err := save.Begin(ctx, call); err != nil {
		return res, err
	}
	if err := m.store.step(func() error { res.Remote = m.write(c); return nil }); err != nil {
		return res, err
	}
	res.Items = m.itemsOf(c)
	if m.async {
		at := m.clock.Now().Add(2 * time.Second)
		if err := save.Sent(ctx, call.ID, "token", at); err != nil {
			return res, err
		}
		return channel.Result{Listing: c.Listing.ID, Outcome: channel.Pending, Call: call.ID, CheckAt: at}, nil
	}
	if err := save.Created(ctx, res); err != nil {
		return res, err
	}
	return res, save.End(ctx, call.ID)
}

func (m *market) itemsOf(c channel.Change) map[commerce.VariantID]commerce.RemoteID {
	items := map[commerce.VariantID]commerce.RemoteID{}
	for _, v := range c.Product.Variants {
		items[v.ID] = commerce.RemoteID("item_" + string(v.SKU))
	}
	return items
}

// write carries a change out and counts the call.
func (m *market) write(c channel.Change) commerce.RemoteID {
	m.calls++
	once(&m.store.before)
	id := c.Listing.Remote
	if id == "" {
		id = commerce.RemoteID("remote_" + c.Product.Handle)
		m.made[c.Product.Handle] = id
		if m.created == nil {
			m.created = map[string]int{}
		}
		m.created[c.Product.Handle]++
		m.items[id] = &item{}
	}
	it := m.items[id]
	it.gone = !anyOn(c.Wanted)
	for _, g := range c.Groups {
		switch g {
		case commerce.GroupStock:
			it.stock = 0
			for _, n := range c.Stock {
				it.stock += n
			}
		case commerce.GroupPrice:
			if len(c.Product.Variants) > 0 {
				it.price = c.Product.Variants[0].Price.Amount
			}
		case commerce.GroupText:
			it.title = c.Product.Title
		}
	}
	once(&m.store.during)
	return id
}

func once(hook *func()) {
	if f := *hook; f != nil {
		*hook = nil
		f()
	}
}

func anyOn(wanted map[commerce.Channel]bool) bool {
	for _, on := range wanted {
		if on {
			return true
		}
	}
	return false
}

func (m *market) views(c channel.Change) map[commerce.Channel]channel.View {
	views := map[commerce.Channel]channel.View{}
	for on, wanted := range c.Wanted {
		state := m.state
		switch {
		case !wanted:
			state = commerce.ListingPaused
		case state == "":
			state = commerce.ListingLive
		}
		views[on] = channel.View{State: state, URL: "https://market.example/" + c.Product.Handle}
	}
	return views
}

func (m *market) Settle(_ context.Context, calls []channel.OpenCall, _ channel.Saver) ([]channel.Result, error) {
	m.settles++
	var results []channel.Result
	for _, c := range calls {
		for _, change := range c.Changes {
			res := channel.Result{Listing: change.Listing.ID, Outcome: channel.More}
			id, there := m.made[c.Intent["name"]]
			if c.Token != "" || (there && slices.Contains(c.Items[change.Listing.ID].Groups, commerce.GroupText) && change.Listing.Remote == "") {
				res = channel.Result{Listing: change.Listing.ID, Outcome: channel.Done, Remote: id, Items: m.itemsOf(change), Views: m.views(change)}
			}
			results = append(results, res)
		}
	}
	return results, nil
}

func (m *market) Listings(_ context.Context, listings []commerce.Listing) ([]channel.Result, error) {
	m.gets++
	var results []channel.Result
	for _, l := range listings {
		if m.looked != nil {
			results = append(results, m.looked(l))
		}
	}
	return results, nil
}

package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/stock"
	"github.com/manystall/manystall/shared/trade"
)

// doer stands in for the use cases: it does the least that makes a difference
// to be seen, and notes what it was asked for.
type doer struct {
	memory *memory
	newID  func() string
	asked  []string
	data   []byte // of the last import
	answer error  // what every command answers, when set
	// between is called before a write, as if another had come first.
	between func()
}

func (d *doer) ask(what string) error {
	d.memory.mu.Lock()
	defer d.memory.mu.Unlock()
	d.asked = append(d.asked, what)
	return d.answer
}

func (d *doer) UploadURL(_ context.Context, key, _ string, _ int64, _ time.Duration) (string, error) {
	return "http://localhost:8080/local/blobs/" + key, d.ask("upload " + key)
}

func (d *doer) Blob(_ context.Context, key string, _ int64) ([]byte, error) {
	return []byte("copy of " + key), d.ask("read " + key)
}

func (d *doer) Digest(_ context.Context, _ commerce.WorkspaceID, value string) (string, error) {
	return "digest-of-" + value, nil
}

func (d *doer) QueueCounts(context.Context) ([]port.QueueCount, error) {
	return []port.QueueCount{{Name: port.NudgeQueue, Ready: 3, Dead: 1}}, nil
}

func (d *doer) Redrive(_ context.Context, queue string) error { return d.ask("redrive " + queue) }

func (d *doer) Create(_ context.Context, w commerce.WorkspaceID, p commerce.Product) (commerce.Product, error) {
	p.ID, p.Version, p.CreatedAt, p.UpdatedAt = commerce.ProductID("prd_"+d.newID()), 1, noon, noon
	for i := range p.Variants {
		p.Variants[i].ID = commerce.VariantID("var_" + d.newID())
	}
	if err := d.ask("create"); err != nil {
		return p, err
	}
	d.memory.spaces[w].products[p.ID] = p
	return p, nil
}

func (d *doer) Replace(_ context.Context, w commerce.WorkspaceID, p commerce.Product) (commerce.Product, error) {
	if d.between != nil {
		d.between()
	}
	if err := d.ask("replace"); err != nil {
		return p, err
	}
	if d.memory.spaces[w].products[p.ID].Version != p.Version {
		return p, fault.New(fault.Conflict, "product_moved", "Another version is there.")
	}
	p.Version++
	d.memory.spaces[w].products[p.ID] = p
	return p, nil
}

func (d *doer) Remove(_ context.Context, w commerce.WorkspaceID, id commerce.ProductID, version int64) error {
	if d.memory.spaces[w].products[id].Version != version {
		return fault.New(fault.Conflict, "product_moved", "Another version is there.")
	}
	return d.ask("remove " + string(id))
}

func (d *doer) Retry(_ context.Context, _ commerce.WorkspaceID, id commerce.ListingID, c commerce.Channel) error {
	return d.ask("retry " + viewID(id, c))
}

func (d *doer) Make(_ context.Context, w commerce.WorkspaceID, wish trade.Wish) (commerce.Order, error) {
	if err := d.ask("make for " + string(wish.Account) + string(wish.Conversation)); err != nil {
		return commerce.Order{}, err
	}
	o := d.memory.spaces[w].orders["ord_2"]
	o.ID, o.Source, o.Buyer, o.Lines = "ord_made", commerce.FromPerson, wish.Buyer, nil
	for _, i := range wish.Items {
		o.Lines = append(o.Lines, commerce.OrderLine{ID: "1", SKU: i.SKU, Title: "Mug", Quantity: i.Quantity, Price: i.Price})
	}
	d.memory.spaces[w].orders[o.ID] = o
	return o, nil
}

func (d *doer) Ship(_ context.Context, w commerce.WorkspaceID, id commerce.OrderID, p trade.Parcel) (commerce.Order, error) {
	o := d.memory.spaces[w].orders[id]
	o.Shipments = []commerce.Shipment{{ID: "shp_1", Carrier: p.Carrier, Tracking: p.Tracking, State: commerce.SendPending, At: noon}}
	return o, d.ask("ship " + string(id) + " by " + p.By)
}

func (d *doer) Cancel(_ context.Context, w commerce.WorkspaceID, id commerce.OrderID, c trade.Cancellation) (commerce.Order, error) {
	o := d.memory.spaces[w].orders[id]
	if o.Channel == commerce.Etsy {
		return o, fault.New(fault.Unsupported, "cannot_cancel", "etsy has no way to cancel an order from here.")
	}
	o.State = commerce.OrderCancelled
	return o, d.ask("cancel " + string(id) + " " + c.Reason)
}

func (d *doer) Answer(_ context.Context, w commerce.WorkspaceID, id commerce.OrderID, u trade.Ruling) (commerce.Order, error) {
	o := d.memory.spaces[w].orders[id]
	r := o.Request(u.Request)
	if r == nil {
		return o, fault.New(fault.NotFound, "request_not_found", "No such request.")
	}
	r.Answer = &commerce.Answer{ID: "out_1", Verdict: u.Verdict, To: r.RawState, Reason: u.Reason, Comment: u.Comment, Amount: u.Amount, State: commerce.SendPending, By: u.By, At: noon}
	return o, d.ask(fmt.Sprintf("%s %s of %s", u.Verdict, u.Request, id))
}

func (d *doer) Adjust(_ context.Context, w commerce.WorkspaceID, id commerce.VariantID, a stock.Adjustment) (commerce.StockMove, error) {
	on := d.memory.spaces[w].levels[id].OnHand
	m := commerce.StockMove{ID: d.newID(), Variant: id, Location: "default", Reason: a.Reason, Source: a.Who, Note: a.Note, At: noon, Anchor: noon}
	if a.By != nil {
		m.Quantity = *a.By
	} else {
		m.Quantity = *a.To - on
	}
	m.OnHand = on + m.Quantity
	if m.OnHand < 0 {
		return m, &fault.Error{Kind: fault.Invalid, Code: "out_of_range", Field: "quantity", Message: "There are 5 of it."}
	}
	return m, d.ask("adjust " + string(id))
}

func (d *doer) Reply(_ context.Context, _ commerce.WorkspaceID, id commerce.ConversationID, a inbox.Answer) (commerce.Message, error) {
	return commerce.Message{ID: "msg_" + commerce.MessageID(d.newID()), Conversation: id, By: commerce.BySeller, Author: a.By, Text: a.Text, Kind: "text", State: commerce.SendPending, At: noon},
		d.ask("reply " + a.Text)
}

func (d *doer) SetState(_ context.Context, w commerce.WorkspaceID, id commerce.ConversationID, version int64, s commerce.ConversationState) (commerce.Conversation, error) {
	c := d.memory.spaces[w].conversations[id]
	if c.Version != version {
		return c, fault.New(fault.Conflict, "conversation_moved", "Another version is there.")
	}
	c.State, c.Version = s, c.Version+1
	d.memory.spaces[w].conversations[id] = c
	return c, d.ask("state " + string(s))
}

func (d *doer) MarkRead(_ context.Context, w commerce.WorkspaceID, id commerce.ConversationID) (commerce.Conversation, error) {
	c := d.memory.spaces[w].conversations[id]
	c.Unread = 0
	return c, d.ask("read")
}

func (d *doer) Erase(_ context.Context, w commerce.WorkspaceID, id commerce.ConversationID) error {
	return d.ask("erase " + string(w) + " " + string(id))
}

// rebuildDoer starts rebuilds.
type rebuildDoer doer

func (d *rebuildDoer) Start(_ context.Context, w commerce.WorkspaceID) (port.Job, error) {
	return port.Job{ID: "rbd_new", Space: w, Kind: "rebuild", State: "running", Params: map[string]string{"phase": "begin"}, CreatedAt: noon}, (*doer)(d).ask("rebuild")
}

func (d *rebuildDoer) Repair(context.Context, commerce.WorkspaceID) (port.Job, error) {
	return port.Job{}, (*doer)(d).ask("repair")
}

// importDoer starts imports.
type importDoer doer

func (d *importDoer) Start(_ context.Context, w commerce.WorkspaceID, u catalog.Upload) (port.Job, error) {
	job := port.Job{ID: "job_new", Space: w, Kind: kindImport, State: "running", Params: map[string]string{"format": u.Format}, CreatedAt: noon}
	d.data = u.Data
	return job, (*doer)(d).ask("import " + u.Format + " " + u.Blob)
}

// connectDoer connects.
type connectDoer doer

func (d *connectDoer) Start(_ context.Context, w commerce.WorkspaceID, c commerce.Channel, login string, by accounts.Beginner) (string, string, error) {
	asked := "start " + string(c)
	if by.Browser {
		asked += " in a browser"
	}
	if by.Credential == "" {
		asked += " by nobody"
	}
	if login != "" {
		return "https://consent.example/" + string(c) + "/" + login, "st-" + string(w), (*doer)(d).ask(asked + " by " + login)
	}
	return "https://consent.example/" + string(c) + "?state=st-" + string(w), "st-" + string(w), (*doer)(d).ask(asked)
}

// Callback knows the states st-<workspace>; the code one has a single shop. A
// browser has to sign in.
func (d *connectDoer) Callback(_ context.Context, r accounts.Return) (port.Grant, []port.Account, error) {
	c, query := r.Channel, r.Query
	owner := commerce.WorkspaceID(query.Get("state"))
	if owner != "st-w1" || (r.Space != "" && r.Space != spaceOne) {
		return port.Grant{}, nil, fault.New(fault.NotFound, "unknown_state", "This consent was not begun here, or too long ago.")
	}
	if r.Browser && r.Space == "" {
		return port.Grant{}, nil, fault.New(fault.Denied, accounts.Unbound, "Sign in.")
	}
	if err := (*doer)(d).ask("callback " + string(c) + " " + query.Encode()); err != nil {
		return port.Grant{}, nil, err
	}
	g := d.memory.spaces[spaceOne].grants["grt_1"]
	if query.Get("code") == "one" {
		return g, []port.Account{d.memory.spaces[spaceOne].accounts["acc_etsy"]}, nil
	}
	return g, nil, nil
}

func (d *connectDoer) Choose(_ context.Context, w commerce.WorkspaceID, _ commerce.GrantID, remotes []commerce.RemoteID) ([]port.Account, error) {
	if slices.Contains(remotes, "taken") {
		return nil, fault.New(fault.Conflict, "connected_elsewhere", "This shop is connected elsewhere.")
	}
	return []port.Account{d.memory.spaces[w].accounts["acc_etsy"]}, (*doer)(d).ask("choose")
}

func (d *connectDoer) Check(_ context.Context, w commerce.WorkspaceID, id commerce.AccountID) (port.Account, error) {
	a := d.memory.spaces[w].accounts[id]
	a.Health = json.RawMessage(`{"ok":true,"checked_at":"2026-11-22T12:00:00Z"}`)
	return a, (*doer)(d).ask("check " + string(id))
}

func (d *connectDoer) SetFeed(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, on bool) (port.Account, error) {
	a, err := d.memory.Account(ctx, w, id)
	if err != nil {
		return a, err
	}
	targets := d.memory.spaces[w].targets
	for i := range targets {
		if targets[i].ID == a.Target {
			targets[i].Feed = on
		}
	}
	return a, nil
}

func (d *connectDoer) Update(_ context.Context, a port.Account) (port.Account, error) {
	a.Version++
	d.memory.spaces[a.Space].accounts[a.ID] = a
	return a, (*doer)(d).ask("update " + string(a.ID))
}

func (d *connectDoer) Disconnect(_ context.Context, _ commerce.WorkspaceID, id commerce.AccountID) error {
	return (*doer)(d).ask("disconnect " + string(id))
}

func (d *connectDoer) AddCheckout(_ context.Context, w commerce.WorkspaceID, name string) (port.Account, string, error) {
	a := port.Account{ID: "acc_new", Space: w, Channel: commerce.Own, Kind: kindCheckout, Name: name, State: port.AccountActive, Key: "newkey", Version: 1, CreatedAt: noon}
	return a, "only-once-secret", (*doer)(d).ask("checkout " + name)
}

func (d *connectDoer) RenewSecret(_ context.Context, _ commerce.WorkspaceID, id commerce.AccountID) (string, error) {
	return "only-once-secret", (*doer)(d).ask("secret " + string(id))
}

func (d *connectDoer) AddSecret(_ context.Context, _ commerce.WorkspaceID, id commerce.AccountID, secret string) error {
	return (*doer)(d).ask("secret " + string(id) + " " + secret)
}

// workspaceDoer changes workspaces.
type workspaceDoer doer

func (d *workspaceDoer) Update(_ context.Context, w port.Workspace) (port.Workspace, error) {
	if d.memory.spaces[w.ID].workspace.Version != w.Version {
		return w, fault.New(fault.Conflict, "workspace_moved", "Another version is there.")
	}
	w.Version++
	d.memory.spaces[w.ID].workspace = w
	return w, (*doer)(d).ask("workspace")
}

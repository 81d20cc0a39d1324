package dynamo

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// All keys of a seller's data. The workspace is the first part of each, in the
// table and in both indexes. Units: a write unit is 1 KB, a read unit 4 KB
// consistently or 8 KB eventually (docs.aws.amazon.com/amazondynamodb/latest/
// developerguide/read-write-operations.html, 2026-11); in a transaction writes
// cost double. "1+1" is the row and its entry in an index.

// key is where a row lies.
type key struct{ pk, sk string }

// entry is where a row stands in an index; the zero entry is not in it.
type entry struct{ pk, sk string }

// valid refuses keys with an empty part: they would be shared by all callers
// that forgot the same id.
func (k key) valid() error {
	if strings.Contains(k.pk, "##") || strings.HasSuffix(k.pk, "#") || k.sk == "" ||
		strings.HasPrefix(k.sk, "#") || strings.Contains(k.sk, "##") || strings.HasSuffix(k.sk, "#") {
		return fault.New(fault.Invalid, "id_missing", "An id that is part of a stored record's key is empty.")
	}
	return nil
}

// in is a partition of a workspace: its parts must be escaped.
func in(w commerce.WorkspaceID, parts ...string) string {
	return join(append([]string{"w", part(string(w))}, parts...)...)
}

// spaceOf reads the workspace back from a partition key.
func spaceOf(pk string) (commerce.WorkspaceID, bool) {
	parts := strings.SplitN(pk, "#", 3)
	if len(parts) < 2 || parts[0] != "w" {
		return "", false
	}
	w, ok := whole(parts[1])
	return commerce.WorkspaceID(w), ok
}

// refOf reads the id a partition key names; empty when it can't be read.
func refOf(pk string) string {
	parts := strings.Split(pk, "#")
	if len(parts) < 4 {
		return ""
	}
	id, _ := whole(parts[3])
	return id
}

// workspaceKey: Get (1).
func workspaceKey(w commerce.WorkspaceID) key { return key{in(w), "meta"} }

// accountKey: all accounts are one Query of accountPartition (1); a poll moves
// its due entry (2+2).
func accountKey(w commerce.WorkspaceID, id commerce.AccountID) key {
	return key{accountPartition(w), part(string(id))}
}

func accountPartition(w commerce.WorkspaceID) string { return in(w, "acct") }

// grantKey: Get (1); new tokens move its due entry (2+2).
func grantKey(w commerce.WorkspaceID, id commerce.GrantID) key {
	return key{in(w, "grant", part(string(id))), "g"}
}

// targetKey: all targets are one Query of targetPartition (1); park and wake
// move its due entry (1+2).
func targetKey(w commerce.WorkspaceID, id commerce.TargetID) key {
	return key{targetPartition(w), part(string(id))}
}

func targetPartition(w commerce.WorkspaceID) string { return in(w, "target") }

// productKey: Get (size); put (size+1).
func productKey(w commerce.WorkspaceID, id commerce.ProductID) key {
	return key{in(w, "prod", part(string(id))), "p"}
}

// productEntry: the catalog, newest first, in g1. Query (0.5 per 8 KB of items).
func productEntry(w commerce.WorkspaceID, created time.Time, id commerce.ProductID) entry {
	return entry{in(w, "prod"), join(stamp(created), part(string(id)))}
}

// skuKey: who has a SKU. Get (1); claim or free with its product (2).
func skuKey(w commerce.WorkspaceID, sku commerce.SKU) key {
	return key{in(w, "sku", part(string(sku))), "c"}
}

// remoteKey: what a marketplace's id stands for. BatchGet (1 each), put (1).
func remoteKey(w commerce.WorkspaceID, t commerce.TargetID, kind port.RemoteKind, id commerce.RemoteID) key {
	return key{in(w, "remote", part(string(t))), join(part(string(kind)), part(string(id)))}
}

// listingKey: Get (1), put (2 in a transaction, 1 alone).
func listingKey(w commerce.WorkspaceID, id commerce.ListingID) key {
	return key{listingPartition(w, id), "l"}
}

func listingPartition(w commerce.WorkspaceID, id commerce.ListingID) string {
	return in(w, "lst", part(string(id)))
}

// viewKey: a listing on one channel, for lists only. Put (2 in a transaction)
// with two entries (1 each, 2 when the state changes).
func viewKey(w commerce.WorkspaceID, id commerce.ListingID, c commerce.Channel) key {
	return key{listingPartition(w, id), join("v", part(string(c)))}
}

// viewEntry: views of a channel, newest listing first, in g1. Query (0.5 per
// 8 KB of items).
func viewEntry(w commerce.WorkspaceID, c commerce.Channel, created time.Time, id commerce.ListingID) entry {
	return entry{in(w, "lst", part(string(c))), join(stamp(created), part(string(id)), part(string(c)))}
}

// viewStateEntry: views in a state, latest change first, in g2 by channel.
func viewStateEntry(w commerce.WorkspaceID, id commerce.ListingID, v commerce.View) entry {
	c := part(string(v.Channel))
	return entry{in(w, "lst", "s", part(string(v.State))), join(c, stamp(v.Since), part(string(id)), c)}
}

// markKey: what is to do for a target, by lane. Consistent Query (1); put and
// drop (1 each, 2 in a transaction).
func markKey(m port.Mark) key {
	return key{markPartition(m.Space, m.Target), join(strconv.Itoa(int(m.Lane)), part(string(m.Product)))}
}

func markPartition(w commerce.WorkspaceID, t commerce.TargetID) string {
	return in(w, "todo", part(string(t)))
}

// callKey: open calls of a target. Consistent Query (1); put and delete (1+).
func callKey(w commerce.WorkspaceID, t commerce.TargetID, id string) key {
	return key{callPartition(w, t), part(id)}
}

func callPartition(w commerce.WorkspaceID, t commerce.TargetID) string {
	return in(w, "call", part(string(t)))
}

// levelKey: consistent Get (1), a move (2 in its transaction).
func levelKey(w commerce.WorkspaceID, v commerce.VariantID, location string) key {
	return key{stockPartition(w, v), join("lvl", part(location))}
}

func stockPartition(w commerce.WorkspaceID, v commerce.VariantID) string {
	return in(w, "stk", part(string(v)))
}

// levelEntry: levels by SKU in g1, keys only, so that a move does not touch
// it. Query and BatchGet (0.5 each).
func levelEntry(w commerce.WorkspaceID, l commerce.StockLevel) entry {
	return entry{in(w, "stk"), join(part(string(l.SKU)), part(string(l.Variant)), part(l.Location))}
}

// moveKey: the ledger of a variant. Put (2 in the transaction of its level).
// All moves of an order line have one anchor and stand together: one Query by
// prefix finds them (1).
func moveKey(w commerce.WorkspaceID, m commerce.StockMove) key {
	if m.OrderLine == "" {
		return key{stockPartition(w, m.Variant), join("mv", stamp(m.Anchor), "-", "-", part(m.ID))}
	}
	return key{stockPartition(w, m.Variant), orderMovePrefix(m.Anchor, commerce.OrderID(m.Source), m.OrderLine) + part(m.ID)}
}

func orderMovePrefix(firstSeen time.Time, o commerce.OrderID, line string) string {
	return join("mv", stamp(firstSeen), part(string(o)), part(line)) + "#"
}

// orderKey: consistent Get (size), put 2+1+1 at 1.5 KB; a change of state
// 2+1+2.
func orderKey(w commerce.WorkspaceID, id commerce.OrderID) key {
	return key{orderPartition(w, id), "o"}
}

func orderPartition(w commerce.WorkspaceID, id commerce.OrderID) string {
	return in(w, "ord", part(string(id)))
}

// orderEventKey: the timeline. Query (1), put (2 in a transaction).
func orderEventKey(w commerce.WorkspaceID, id commerce.OrderID, e commerce.OrderEvent) key {
	return key{orderPartition(w, id), join("ev", stamp(e.At), part(e.ID))}
}

// contributionKey: what an order adds to the totals. Get (1), fold (2).
func contributionKey(w commerce.WorkspaceID, id commerce.OrderID) key {
	return key{orderPartition(w, id), "tot"}
}

// orderEntry: orders of a channel, newest first, in g1. A draft that became an
// order is in no list.
func orderEntry(w commerce.WorkspaceID, o commerce.Order) entry {
	if o.Became != "" {
		return entry{}
	}
	return entry{in(w, "ord", part(string(o.Channel))), join(stamp(o.PlacedAt), part(string(o.ID)))}
}

// orderStateEntry: orders in a state by channel, newest first, in g2.
func orderStateEntry(w commerce.WorkspaceID, o commerce.Order) entry {
	if o.Became != "" {
		return entry{}
	}
	return entry{in(w, "ord", "s", part(string(o.State))), join(part(string(o.Channel)), stamp(o.PlacedAt), part(string(o.ID)))}
}

// lookupKey: orders with an exact value, by time. Query (1), put (2 in a
// transaction).
func lookupKey(w commerce.WorkspaceID, l port.Lookup, o commerce.Order) key {
	return key{lookupPartition(w, l), join(stamp(o.PlacedAt), part(string(o.ID)))}
}

func lookupPartition(w commerce.WorkspaceID, l port.Lookup) string {
	return in(w, "q", part(l.Kind), part(l.Value))
}

// attentionKey: orders somebody should look at. Put and delete (2 in the
// order's transaction), Query (1).
func attentionKey(w commerce.WorkspaceID, a commerce.Attention, o commerce.Order) key {
	return key{attentionPartition(w, a), join(stamp(o.FirstSeen), part(string(o.ID)))}
}

func attentionPartition(w commerce.WorkspaceID, a commerce.Attention) string {
	return in(w, "look", part(string(a)))
}

// wantKey: an order that waits for a SKU or an item to appear. Put and delete
// (1), Query (1).
func wantKey(w commerce.WorkspaceID, want port.Want, id commerce.OrderID) key {
	return key{wantPartition(w, want), part(string(id))}
}

func wantPartition(w commerce.WorkspaceID, want port.Want) string {
	if want.SKU != "" {
		return in(w, "want", "sku", part(string(want.SKU)))
	}
	return in(w, "want", "item", part(string(want.Target)), part(string(want.Item)))
}

// wantsKey: that an order ever waited for something. Get (1) for a batch of
// changes of products, put (1) with each want.
func wantsKey(w commerce.WorkspaceID) key { return key{in(w), "want"} }

// generationsKey: which totals are alive. Get (1) with each fold and summary.
func generationsKey(w commerce.WorkspaceID) key { return key{in(w), "tot"} }

// totals are the sums of one generation in one shard. They are in shards by
// order because every order changes them.
type totals struct {
	space      commerce.WorkspaceID
	gen, shard int
}

// dayKey: sums of a day, channel and currency. A summary is one Query a shard
// (1 each); a fold adds (2 in its transaction).
func (t totals) dayKey(c port.Contribution) key {
	return key{t.days(), join(part(c.Date), part(string(c.Channel)), part(c.Currency))}
}

func (t totals) days() string {
	return in(t.space, "tot", strconv.Itoa(t.gen), strconv.Itoa(t.shard))
}

// quarterKey: the same by quarter of an hour. The date is in the sort key, so
// that any span of days is one Query a shard (1 per 4 KB, some 20 sums); a fold
// adds (2 in its transaction).
func (t totals) quarterKey(c port.Contribution) key {
	return key{t.quarters(), join(part(c.Date), fmt.Sprintf("%02d", c.Quarter), part(string(c.Channel)), part(c.Currency))}
}

func (t totals) quarters() string {
	return in(t.space, "totq", strconv.Itoa(t.gen), strconv.Itoa(t.shard))
}

// cartKey: Get (1), put (1), TTL.
func cartKey(w commerce.WorkspaceID, id string) key { return key{in(w, "cart", part(id)), "c"} }

// conversationKey: Get (1); with each message 1+2+2, double in a transaction
// for the row.
func conversationKey(w commerce.WorkspaceID, id commerce.ConversationID) key {
	return key{conversationPartition(w, id), "c"}
}

func conversationPartition(w commerce.WorkspaceID, id commerce.ConversationID) string {
	return in(w, "conv", part(string(id)))
}

// conversationEntry: conversations of a channel, latest first, in g1.
func conversationEntry(w commerce.WorkspaceID, c commerce.Conversation) entry {
	return entry{in(w, "conv", part(string(c.Channel))), join(stamp(c.LastAt), part(string(c.ID)))}
}

// conversationStateEntry: conversations in a state by channel, latest first,
// in g2.
func conversationStateEntry(w commerce.WorkspaceID, c commerce.Conversation) entry {
	return entry{in(w, "conv", "s", part(string(c.State))), join(part(string(c.Channel)), stamp(c.LastAt), part(string(c.ID)))}
}

// messageKey: Get (1), put 2+1 in a transaction.
func messageKey(w commerce.WorkspaceID, c commerce.ConversationID, id commerce.MessageID) key {
	return key{conversationPartition(w, c), join("m", part(string(id)))}
}

// aliasKey: a remote id that means a message. Get (1), put (2).
func aliasKey(w commerce.WorkspaceID, c commerce.ConversationID, remote commerce.RemoteID) key {
	return key{conversationPartition(w, c), join("a", part(string(remote)))}
}

// messageEntry: a thread by time, in g1. Query (0.5 per 8 KB).
func messageEntry(w commerce.WorkspaceID, m commerce.Message) entry {
	return entry{in(w, "msg", part(string(m.Conversation))), join(stamp(m.At), part(string(m.ID)))}
}

// outboundKey: what is to be sent for a key, in order. Consistent Query (1),
// put 1+1, delete 1+1.
func outboundKey(o port.Outbound) key {
	return key{outboundPartition(o.Space, o.Key), part(string(o.ID))}
}

func outboundPartition(w commerce.WorkspaceID, k string) string { return in(w, "out", part(k)) }

// reviewKey: put 1+1.
func reviewKey(w commerce.WorkspaceID, id commerce.ReviewID) key {
	return key{in(w, "rev", part(string(id))), "r"}
}

// reviewEntry: reviews of a channel, newest first, in g1.
func reviewEntry(w commerce.WorkspaceID, r commerce.Review) entry {
	return entry{in(w, "rev", part(string(r.Channel))), join(stamp(r.At), part(string(r.ID)))}
}

// failureKey: newest first is a Query backwards (1), put (1).
func failureKey(f port.Failure) key {
	return key{failurePartition(f.Space), join(stamp(f.At), part(f.ID))}
}

func failurePartition(w commerce.WorkspaceID) string { return in(w, "fail") }

// idempotencyKey: a partition each, since every POST has one. Put (1) to
// claim, Put (size) to remember, TTL.
func idempotencyKey(w commerce.WorkspaceID, k string) key { return key{in(w, "idem", part(k)), "c"} }

// jobKey: Get (1), put 1.
func jobKey(w commerce.WorkspaceID, id commerce.JobID) key { return key{jobPartition(w, id), "j"} }

func jobPartition(w commerce.WorkspaceID, id commerce.JobID) string {
	return in(w, "job", part(string(id)))
}

// jobEntry: jobs by time, in g1, keys only. Query and BatchGet (0.5 each).
func jobEntry(w commerce.WorkspaceID, j port.Job) entry {
	return entry{in(w, "job"), join(stamp(j.CreatedAt), part(string(j.ID)))}
}

// stepKey: the steps of a job, in order. Query (1), put (1, or 2 with a
// product).
func stepKey(w commerce.WorkspaceID, s port.JobStep) key {
	return key{jobPartition(w, s.Job), join("s", part(s.Key))}
}

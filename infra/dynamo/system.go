package dynamo

import (
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// The system partitions: everything that crosses workspaces. A row here is
// found without knowing a workspace, so each is reached by an unguessable key,
// by an id a marketplace gave, or by our own workers. Nothing else may begin
// with sys#; a test checks this file against keys.go.

// credentialKey: a credential by the hash of its key. Consistent Get (1), TTL.
func credentialKey(hash string) key { return key{join("sys#cred", part(hash)), "c"} }

// publicKeyKey: a public key. Get (1), TTL; taking it is one Delete (1).
func publicKeyKey(k string) key { return key{join("sys#pub", part(k)), "c"} }

// accountClaimKey: which workspace has connected an account of a marketplace.
// Consistent Get (1); written in the transaction of Connect (2).
func accountClaimKey(c commerce.Channel, remote commerce.RemoteID) key {
	return key{join("sys#acct", part(string(c)), part(string(remote))), "c"}
}

// targetClaimKey: which workspace writes to a target. Written with it (2).
func targetClaimKey(kind string, remote commerce.RemoteID) key {
	return key{join("sys#target", part(kind), part(string(remote))), "c"}
}

// principalKey: a grant of a person at a marketplace. One Query for all (1).
func principalKey(c commerce.Channel, principal commerce.RemoteID, w commerce.WorkspaceID, g commerce.GrantID) key {
	return key{principalPartition(c, principal), join(part(string(w)), part(string(g)))}
}

func principalPartition(c commerce.Channel, principal commerce.RemoteID) string {
	return join("sys#principal", part(string(c)), part(string(principal)))
}

// lockKey: a lock. Put (1), Delete (1).
func lockKey(k string) key { return key{join("sys#lock", part(k)), "c"} }

// wakeKey: when who waits for a lock looks again. Put (1).
func wakeKey(k string) key { return key{join("sys#lock", part(k)), "w"} }

// budgetKey: the windows of a bucket. Get (1), then a Put a block (1).
func budgetKey(bucket string) key { return key{join("sys#bud", part(bucket)), "w"} }

// bookedKey: up to when the polls' part of a bucket is given away. Get and Put (1
// each) with a poll.
func bookedKey(bucket string) key { return key{join("sys#bud", part(bucket)), "p"} }

// duePartition: one of the shards of a due list in g1; the sort key is the
// time and then who. A Query a shard and look (0.5 each when nothing is due);
// an entry costs 1 when it appears or goes and 2 when its time moves.
func duePartition(kind port.DueKind, shard int) string {
	return join("sys#due", part(string(kind)), strconv.Itoa(shard))
}

// dueEntry is where a thing stands in its due list.
func dueEntry(d port.Due) entry {
	who := join(part(string(d.Space)), part(d.ID))
	return entry{duePartition(d.Kind, shardOf(who)), join(stamp(d.At), who)}
}

// systemWide says whether a key belongs to a system partition.
func systemWide(pk string) bool { return strings.HasPrefix(pk, "sys#") }

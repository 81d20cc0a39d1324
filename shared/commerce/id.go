// Package commerce holds the words of the product: what is sold, what is
// ordered, what is said. It imports the standard library only and knows no
// marketplace, no storage and no wire format but its own JSON.
package commerce

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// The kinds of identifiers. They are distinct types so that one can't be
// passed for another.
type (
	WorkspaceID    string // a seller's business; the boundary of all data
	AccountID      string // one connected shop, page or checkout
	GrantID        string // one consent, which several accounts may share
	TargetID       string // what listings are written to: a shop, or one Meta catalog
	ProductID      string
	VariantID      string
	SKU            string // chosen by the seller, unique in a workspace
	ListingID      string // one product on one target
	OrderID        string
	ConversationID string
	MessageID      string
	ReviewID       string
	OutboundID     string // one thing to be sent back: a reply, a shipment, a cancellation
	JobID          string // one piece of long work
	RemoteID       string // an id of a marketplace; never a number in our hands
)

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Derive makes an id that is always the same for the same parts: prefix, an
// underscore and 26 characters (130 bits of SHA-256). The boundaries of the
// parts count: ("a", "bc") and ("ab", "c") differ.
func Derive(prefix string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(strings.ReplaceAll(p, "\x00", "\x00\x01")))
		_, _ = h.Write([]byte("\x00\x00"))
	}
	return prefix + "_" + idEncoding.EncodeToString(h.Sum(nil))[:26]
}

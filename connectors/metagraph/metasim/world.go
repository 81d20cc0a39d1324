package metasim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// Tables of the store.
const (
	tableWorld   = "world"   // one row: the seeded ids
	tableNode    = "node"    // graph id -> node
	tableToken   = "token"   // access token -> token
	tableCode    = "code"    // authorization code -> code
	tableSubs    = "subs"    // page or login account -> subscription
	tableItem    = "item"    // catalog#retailer id -> item
	tableHandle  = "handle"  // handle -> handle
	tableOpen    = "open"    // handles in progress: handle -> due time
	tableWork    = "work"    // items whose pictures or review are due: item key -> true
	tableThread  = "thread"  // thread id -> thread
	tableBuyer   = "buyer"   // channel#name -> thread id
	tableMessage = "message" // thread#number -> message
	tableCalls   = "calls"   // operation -> count
	tableWindow  = "window"  // rate bucket -> window
)

// world is what the first start made up. Ids are digits, 15 to 20 of them, and
// must not travel through a float.
type world struct {
	User       string `json:"user"`        // app-scoped id of the seller
	SystemUser string `json:"system_user"` // of the business
	Business   string `json:"business"`
	Catalog    string `json:"catalog"`
	Page       string `json:"page"`
	IG         string `json:"ig"`       // professional account, the id of webhooks
	IGScoped   string `json:"igscoped"` // what Instagram Login calls "id"
}

// node says what a graph id stands for. Ref is a key in the table of its kind.
type node struct {
	Kind string `json:"kind"`
	Ref  string `json:"ref"`
}

// The kinds of nodes, as they appear in the names of operations.
const (
	kindUser     = "user"
	kindSystem   = "system_user"
	kindBusiness = "business"
	kindCatalog  = "catalog"
	kindPage     = "page"
	kindIG       = "ig_user"
	kindItem     = "item"
	kindThread   = "conversation"
	kindMessage  = "message"
	kindPerson   = "person"
	kindApp      = "app"
)

// Names of the seeded things.
const (
	userName     = "Robin Seller"
	businessName = "Corner Stall Trading"
	catalogName  = "Corner Stall catalog"
	pageName     = "Corner Stall"
	igName       = "corner.stall"
)

func (s *Sim) seed() error {
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		var w world
		if found, err := tx.Find(tableWorld, "world", &w); err != nil || found {
			return err
		}
		w = world{
			User: s.number("user", 0, 16), SystemUser: s.number("system", 0, 15),
			Business: s.number("business", 0, 15), Catalog: s.number("catalog", 0, 16),
			Page: s.number("page", 0, 15), IG: "17841" + s.number("ig", 0, 12), IGScoped: s.number("igscoped", 0, 17),
		}
		nodes := map[string]string{
			w.User: kindUser, w.SystemUser: kindSystem, w.Business: kindBusiness, w.Catalog: kindCatalog,
			w.Page: kindPage, w.IG: kindIG, w.IGScoped: kindIG,
		}
		for id, kind := range nodes {
			if err := tx.Put(tableNode, id, node{Kind: kind, Ref: id}); err != nil {
				return err
			}
		}
		return tx.Put(tableWorld, "world", w)
	})
}

func (s *Sim) world(tx *simkit.Tx) (world, error) {
	var w world
	_, err := tx.Find(tableWorld, "world", &w)
	return w, err
}

// digest is the source of everything that looks random: the same for the same
// seed, kind and number.
func (s *Sim) digest(kind string, n uint64) []byte {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], s.env.Seed)
	h := hmac.New(sha256.New, key[:])
	_, _ = fmt.Fprintf(h, "%s#%d", kind, n)
	return h.Sum(nil)
}

// number is an id of the given count of digits that does not begin with zero.
func (s *Sim) number(kind string, n uint64, digits int) string {
	d := s.digest(kind, n)
	text := fmt.Sprintf("%020d", binary.BigEndian.Uint64(d))
	return strconv.Itoa(1+int(d[8]%9)) + text[len(text)-digits+1:]
}

// secret is an opaque string behind prefix.
func (s *Sim) secret(prefix, kind string, n uint64) string {
	return prefix + base64.RawURLEncoding.EncodeToString(append(s.digest(kind, n), s.digest(kind+"+", n)...))
}

// fresh makes a node of a kind under a new number.
func (s *Sim) fresh(tx *simkit.Tx, kind, ref string, digits int) (string, error) {
	n, err := tx.Next(tableNode)
	if err != nil {
		return "", err
	}
	id := s.number(kind, n, digits)
	return id, tx.Put(tableNode, id, node{Kind: kind, Ref: ref})
}

// graphTime prints a time as the Graph API does, which is not RFC 3339.
func graphTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05-0700") }

package tiktoksim

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// buyer is a person by a made-up name. UserID is the id on orders, IMUserID
// the one in chats.
type buyer struct {
	Name     string `json:"name"`
	UserID   string `json:"user_id"`
	IMUserID string `json:"im_user_id"`
	Ordered  int64  `json:"ordered"` // last order
}

// buyer finds or invents the buyer of a name; no name is a new buyer.
func (s *Sim) buyer(tx *simkit.Tx, name string) (buyer, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		n, err := tx.Next("anybody")
		if err != nil {
			return buyer{}, err
		}
		name = fmt.Sprintf("Robin Example%d", n)
	}
	var b buyer
	if known, err := tx.Find("buyer", name, &b); err != nil || known {
		return b, err
	}
	var err error
	b.Name = name
	if b.UserID, err = s.newID(tx, "user"); err != nil {
		return b, err
	}
	if b.IMUserID, err = s.newID(tx, "im"); err != nil {
		return b, err
	}
	return b, putAll(tx, row{"buyer", name, b}, row{"by-user", b.UserID, name})
}

func (b buyer) number() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(b.Name))
	return h.Sum64()
}

func (b buyer) address() string { return fmt.Sprintf("%d Birch Street", 1+b.number()%900) }

func (b buyer) phone() string { return fmt.Sprintf("(+1)50355501%02d", b.number()%100) }

// relay is the forwarding address the platform shows instead of the buyer's.
func (b buyer) relay() string { return fmt.Sprintf("v%016x@chat.seller.example", b.number()) }

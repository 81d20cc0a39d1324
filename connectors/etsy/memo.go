package etsy

import (
	"encoding/json"

	"github.com/manystall/manystall/shared/commerce"
)

// memoKey is the one entry of a listing's Extra.
const memoKey = "memo"

// memo is what the connector remembers about a listing, because Etsy would not
// tell it.
type memo struct {
	// Pictures say which of our addresses became which picture.
	Pictures []picture `json:"pictures,omitempty"`
	// Options say which of our options became which property.
	Options  []option `json:"options,omitempty"`
	Category string   `json:"category,omitempty"` // our key …
	Taxonomy int64    `json:"taxonomy,omitempty"` // … and the category it stands for
	// Readiness is the processing profile: Etsy shows it on active listings only.
	Readiness int64 `json:"readiness,omitempty"`
	// Links is what ties values to pictures, as last written.
	Links string `json:"links,omitempty"`
	// Properties are what was said by the properties of the category, and Basis
	// what that followed from.
	Properties []property `json:"properties,omitempty"`
	Basis      string     `json:"basis,omitempty"`
	// Question is what buyers are asked, as last written: JSON, "none", or
	// nothing where that was left to the seller.
	Question string `json:"question,omitempty"`
	// Gone says that Etsy did not know the listing any more.
	Gone bool `json:"gone,omitempty"`
	// Off says why we took the listing off sale: stock or unwanted. Empty on an
	// inactive listing means that the seller did.
	Off string `json:"off,omitempty"`
}

// The reasons for taking a listing off sale.
const (
	offStock    = "stock"
	offUnwanted = "unwanted"
)

type picture struct {
	Key string `json:"key"` // address of ours
	ID  int64  `json:"id"`
}

func memoOf(l commerce.Listing) memo {
	var m memo
	if json.Unmarshal([]byte(l.Extra[memoKey]), &m) != nil {
		return memo{} // not ours, or nothing: everything is looked up again
	}
	return m
}

func (m memo) extra() map[string]string {
	raw, err := json.Marshal(m)
	if err != nil { // plain data: it can't happen
		return map[string]string{}
	}
	return map[string]string{memoKey: string(raw)}
}

// picture is the id of the picture an address became; 0 is none.
func (m memo) picture(key string) int64 {
	for _, p := range m.Pictures {
		if p.Key == key {
			return p.ID
		}
	}
	return 0
}

package tiktokshop

import (
	"maps"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
)

// memory is what the connector remembers of a listing, in Listing.Extra.
type memory map[string]string

const (
	keyStatus     = "status"     // TikTok's word for the product
	keyAudit      = "audit"      // and for the review of its newest revision
	keyOff        = "off"        // why we took it off sale: zero, part or unwanted
	keyCategory   = "category"   // leaf it was listed in
	keyWarehouses = "warehouses" // of its SKUs, joined by commas; the first one holds the stock
	keyImage      = "img:"       // + digest of an address: uri of the uploaded picture
	keyPaper      = "doc:"       // + digest of use and address: uri of an uploaded document
	keyShown      = "h:"         // + property: digest of what was sent last
	keyGone       = "gone:"      // + variant: its SKU was taken out of the product

	offZero     = "zero" // nothing is left of it
	offPart     = "part" // nothing is left of some variants
	offUnwanted = "unwanted"
)

// The states of a product and of its review, in TikTok's words.
const (
	statusDraft     = "DRAFT"
	statusPending   = "PENDING"
	statusFailed    = "FAILED"
	statusActive    = "ACTIVATE"
	statusOff       = "SELLER_DEACTIVATED"
	statusBlocked   = "PLATFORM_DEACTIVATED"
	statusFrozen    = "FREEZE"
	statusDeleted   = "DELETED"
	auditRunning    = "AUDITING"
	auditFailed     = "FAILED"
	auditWaitSeller = "PRE_APPROVED"
)

func remember(l commerce.Listing) memory {
	m := memory(maps.Clone(l.Extra))
	if m == nil {
		m = memory{}
	}
	return m
}

func imageKey(address string) string { return keyImage + digestOf(address) }

func (m memory) places() []string {
	if m[keyWarehouses] == "" {
		return nil
	}
	return strings.Split(m[keyWarehouses], ",")
}

// forgetImages drops pictures that the product does not use any more.
func (m memory) forgetImages(used []string) {
	keep := map[string]bool{}
	for _, address := range used {
		keep[imageKey(address)] = true
	}
	for key := range m {
		if strings.HasPrefix(key, keyImage) && !keep[key] {
			delete(m, key)
		}
	}
}

// item is the SKU of a variant; empty when TikTok has none, or not any more.
func (j *job) item(v commerce.VariantID) string {
	if j.m[keyGone+string(v)] != "" {
		return ""
	}
	if id := j.items[v]; id != "" {
		return string(id)
	}
	return string(j.ch.Listing.Items[v])
}

// removed are the variants whose SKUs TikTok still has although the product
// does not, in a stable order.
func (j *job) removed() []commerce.VariantID {
	var list []commerce.VariantID
	for v := range j.ch.Listing.Items {
		if _, has := j.product.Variant(v); !has && j.item(v) != "" {
			list = append(list, v)
		}
	}
	slices.Sort(list)
	return list
}

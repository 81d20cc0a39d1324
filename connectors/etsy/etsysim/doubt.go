package etsysim

import (
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Doubts are the questions that Etsy's description leaves open. False is the
// likelier answer. A client has to work with either.
type Doubts struct {
	ListsCanceled     bool // a list of receipts without a filter has cancelled ones too
	PricesPerLine     bool // a transaction's price is for all its pieces
	Capitals          bool // a receipt's status begins with a capital letter
	BareSignatures    bool // webhook signatures come without "v1,"
	ShopIDAsText      bool // webhooks have shop_id as text
	OtherHost         bool // resource_url names api.etsy.com
	WantsSecret       bool // the token endpoint wants client_secret too
	KeepsRefresh      bool // a refresh token works after it was exchanged
	BatchHidesDrafts  bool // batch reads leave out what is not active
	Entities          bool // titles, descriptions and tags show ' and & as HTML entities
	OneCustomProperty bool // only 513 may be named freely
	SilentLimits      bool // a 429 does not say how long to wait
	HidesReadiness    bool // inventories never show processing profiles
	HollowActive      bool // activating is answered with active and changes nothing (etsy/open-api#897)
}

func (d Doubts) shown(text string) string {
	if !d.Entities {
		return text
	}
	return strings.NewReplacer("&", "&amp;", "'", "&#39;", `"`, "&quot;").Replace(html.UnescapeString(text))
}

func (d Doubts) shownAll(all []string) []string {
	out := slices.Clone(all)
	for i, text := range out {
		out[i] = d.shown(text)
	}
	return out
}

func (d Doubts) status(word string) string {
	if d.Capitals && word != "" {
		return strings.ToUpper(word[:1]) + word[1:]
	}
	return word
}

// price is what a line shows for its pieces.
func (d Doubts) price(l *line) money {
	if d.PricesPerLine {
		return usd(l.Price * l.Quantity)
	}
	return usd(l.Price)
}

func (d Doubts) shopID(id int64) any {
	if d.ShopIDAsText {
		return strconv.FormatInt(id, 10)
	}
	return id
}

func (d Doubts) host() string {
	if d.OtherHost {
		return "api.etsy.com"
	}
	return "openapi.etsy.com"
}

func (d Doubts) resign(h http.Header) {
	if d.BareSignatures {
		h.Set("webhook-signature", strings.TrimPrefix(h.Get("webhook-signature"), "v1,"))
	}
}

func (d Doubts) inventory(v inventoryView) inventoryView {
	for i := range v.Products {
		for j := range v.Products[i].Offerings {
			if d.HidesReadiness {
				v.Products[i].Offerings[j].Readiness = nil
			}
		}
	}
	return v
}

// custom refuses a second property that is named freely.
func (d Doubts) custom(v inventory) error {
	if d.OneCustomProperty && slices.Contains(v.properties(), customSecond) {
		return invalid("property_values: property %d is not supported for variations in this taxonomy", customSecond)
	}
	return nil
}

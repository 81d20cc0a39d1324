package webhook

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/commerce"
)

// text is a JSON string, number or null, as it is written: numbers of shops are
// prices and ids, which no float may touch.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case '"':
		var s string
		err := json.Unmarshal(raw, &s)
		*t = text(s)
		return err
	case '{', '[', 't', 'f':
		return errors.New("neither text nor a number")
	case 'n':
		*t = ""
	default:
		*t = text(raw)
	}
	return nil
}

// list is a JSON list, also one that PHP has written as an object since its
// numbers have gaps.
type list[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(raw []byte) error {
	if raw[0] != '{' {
		return json.Unmarshal(raw, (*[]T)(l))
	}
	var byNumber map[int]T
	if err := json.Unmarshal(raw, &byNumber); err != nil {
		return err
	}
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		*l = append(*l, byNumber[n])
	}
	return nil
}

// amounts reads decimal texts of one currency and remembers the first it could
// not read.
type amounts struct {
	currency string
	err      error
}

// of is the amount a text says; an empty one says nothing. A shop that counts
// more decimals than its currency has is rounded as its payments are: half up.
func (a *amounts) of(field string, t text) commerce.Money {
	if t == "" {
		return commerce.Money{}
	}
	m, err := commerce.ParseMoney(string(t), a.currency)
	if errors.Is(err, commerce.ErrAmount) {
		m, err = rounded(string(t), a.currency)
	}
	if err != nil && a.err == nil {
		a.err = invalid(field, "amount", "%s is not an amount of its currency.", field)
	}
	return m
}

// price is as of; one that is not given is zero.
func (a *amounts) price(field string, t text) commerce.Money {
	return cmp.Or(a.of(field, t), commerce.Money{Currency: a.currency})
}

// rounded reads a decimal with more decimals than its currency has.
func rounded(s, currency string) (commerce.Money, error) {
	exp, err := commerce.Exponent(currency)
	if err != nil {
		return commerce.Money{}, err
	}
	whole, frac, _ := strings.Cut(s, ".")
	if len(frac) <= exp || strings.Trim(frac, "0123456789") != "" {
		return commerce.Money{}, commerce.ErrAmount
	}
	if exp > 0 {
		whole += "." + frac[:exp]
	}
	m, err := commerce.ParseMoney(whole, currency)
	if err == nil && frac[exp] >= '5' {
		step := int64(1)
		if strings.HasPrefix(s, "-") {
			step = -1
		}
		return m.Add(commerce.Money{Amount: step, Currency: currency})
	}
	return m, err
}

// each is the price of one piece of a line, half up: the totals stay exact.
func each(sum commerce.Money, quantity int64) commerce.Money {
	if quantity > 1 && sum.Amount > 0 {
		whole, rest := sum.Amount/quantity, sum.Amount%quantity
		if rest >= quantity-rest {
			whole++
		}
		sum.Amount = whole
	}
	return sum
}

// hint takes over what a shop's note or meta value says of where a buyer came
// from: mc_session and the parameters of the checkout address, with or without
// the underscore that hides a value from buyers.
func (o *order) hint(name, value string) {
	if value == "" || len(value) > maxText || !utf8.ValidString(value) {
		return
	}
	switch name = strings.TrimPrefix(name, "_"); name {
	case "mc_session":
		o.Session = value
	case "cart_origin":
		o.Origin.CartOrigin = strings.ToLower(value)
	case "fbclid":
		o.Origin.ClickID = value
	case "utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id":
		if o.Origin.UTM == nil {
			o.Origin.UTM = map[string]string{}
		}
		o.Origin.UTM[name] = value
	}
}

// clip shortens a text to what is kept of it, on a character's border.
func clip(s string, most int) string {
	s = strings.ToValidUTF8(strings.TrimSpace(s), "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

// full joins the parts of a name.
func full(parts ...text) string {
	var said []string
	for _, p := range parts {
		if s := strings.TrimSpace(string(p)); s != "" {
			said = append(said, s)
		}
	}
	return clip(strings.Join(said, " "), maxText)
}

// street are the lines of an address that say something.
func street(parts ...text) []string {
	var said []string
	for _, p := range parts {
		if s := clip(string(p), maxText); s != "" {
			said = append(said, s)
		}
	}
	return said
}

// latest is the newest of times that were given.
func latest(times ...time.Time) time.Time {
	var newest time.Time
	for _, t := range times {
		if t.After(newest) {
			newest = t
		}
	}
	return newest
}

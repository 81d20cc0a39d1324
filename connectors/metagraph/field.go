package metagraph

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
)

// field is a field of an item that we send: the letter stands for it in what is
// remembered, so letters never change their meaning.
type field struct {
	name   string
	letter byte
	group  commerce.Group
}

func fields() []field {
	const stock, price, images, text = commerce.GroupStock, commerce.GroupPrice, commerce.GroupImages, commerce.GroupText
	return []field{
		{"availability", 'a', stock}, {"quantity_to_sell_on_facebook", 'q', stock}, {"price", 'p', price}, {"image", 'i', images},
		{"title", 't', text}, {"description", 'd', text}, {"brand", 'b', text}, {"condition", 'c', text}, {"link", 'l', text},
		{"disabled_capabilities", 'x', text}, {"item_group_id", 'g', text}, {"google_product_category", 'k', text}, {"gtin", 'n', text},
		{"material", 'm', text}, {"shipping_weight", 'w', text}, {"color", 'o', text}, {"size", 's', text}, {"pattern", 'r', text},
		{"gender", 'e', text}, {"age_group", 'y', text}, {"additional_variant_attribute", 'v', text},
	}
}

const (
	// digestLen is how many characters stand for a value: 30 bits, so that one
	// change in a thousand million is taken for none.
	digestLen = 5
	traitLen  = 1 + digestLen
	// doubtful stands for a value that Meta may or may not have.
	doubtful = "?????"
	// cleared stands for a value that was taken away.
	cleared = "-----"
)

// traits are an item's fields as Meta was told, letter -> digest.
type traits map[byte]string

func digestOf(value any) string {
	raw, err := json.Marshal(value)
	if err != nil { // plain data: it can't happen
		return doubtful
	}
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])[:digestLen]
}

func traitsOf(data map[string]any) traits {
	t := traits{}
	for _, f := range fields() {
		if value, ok := data[f.name]; ok {
			t[f.letter] = digestOf(value)
		}
	}
	return t
}

// encode writes traits one after the other, in the order of fields.
func (t traits) encode() string {
	var b strings.Builder
	for _, f := range fields() {
		if d, ok := t[f.letter]; ok {
			b.WriteByte(f.letter)
			b.WriteString(d)
		}
	}
	return b.String()
}

func decodeTraits(text string) traits {
	t := traits{}
	for ; len(text) >= traitLen; text = text[traitLen:] {
		t[text[0]] = text[1:traitLen]
	}
	return t
}

// told is what is known once Meta has taken over what was sent.
func (t traits) told(sent traits) traits {
	next := t.copy()
	for letter, d := range sent {
		if next[letter] = d; d == cleared {
			delete(next, letter)
		}
	}
	return next
}

// doubted is what is known while nobody can say whether Meta has taken over
// what was sent.
func (t traits) doubted(sent traits) traits {
	next := t.copy()
	for letter := range sent {
		next[letter] = doubtful
	}
	return next
}

func (t traits) copy() traits {
	next := make(traits, len(t))
	for letter, d := range t {
		next[letter] = d
	}
	return next
}

// diff are the fields of some groups that have to be sent to an item that was
// told have. What is not wanted any more is sent empty: Meta does not say how a
// field is cleared, and this is how its own plugin ends a sale price
// (facebook-for-woocommerce, 2022-08).
func diff(want map[string]any, have traits, groups map[commerce.Group]bool) (map[string]any, traits) {
	data, sent := map[string]any{}, traits{}
	for _, f := range fields() {
		if !groups[f.group] {
			continue
		}
		value, wanted := want[f.name]
		known, was := have[f.letter]
		switch {
		case wanted:
			if d := digestOf(value); d != known {
				data[f.name], sent[f.letter] = value, d
			}
		case was:
			data[f.name], sent[f.letter] = "", cleared
			if f.name == "disabled_capabilities" {
				data[f.name] = []string{}
			}
		}
	}
	return data, sent
}

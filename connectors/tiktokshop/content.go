package tiktokshop

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// descriptionHTML shows plain text as HTML: paragraphs and line breaks.
// TikTok's documentation forbids HTML entities in descriptions (12052932), so
// an ampersand is spelt out only where a browser would misread it; angle
// brackets have to be.
func descriptionHTML(text string) string {
	var b strings.Builder
	for _, paragraph := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		if paragraph == "" {
			continue
		}
		b.WriteString("<p>")
		for i, line := range strings.Split(paragraph, "\n") {
			if i > 0 {
				b.WriteString("<br>")
			}
			b.WriteString(escape(line))
		}
		b.WriteString("</p>")
	}
	return b.String()
}

func escape(line string) string {
	var b strings.Builder
	for i, r := range line {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&' && misread(line[i:]):
			b.WriteString("&amp;")
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// misread says whether the text, which begins with an ampersand, begins with
// what a browser takes for a character reference.
func misread(text string) bool {
	end := 1
	for end < len(text) && end < 40 && strings.IndexByte("#;abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", text[end]) >= 0 {
		end++
		if text[end-1] == ';' {
			break
		}
	}
	head := text[:end]
	return html.UnescapeString(head) != head
}

var characterReference = regexp.MustCompile(`&(#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]{2,10});`)

// reference is the first HTML character reference of a text.
func reference(text string) string { return characterReference.FindString(text) }

// grams is the weight of the heaviest variant: the package must carry it.
func grams(p commerce.Product, d commerce.Defaults) int64 {
	heaviest := int64(0)
	for _, v := range p.Variants {
		if v.Grams > 0 {
			heaviest = max(heaviest, v.Grams)
		} else {
			heaviest = max(heaviest, d.Grams)
		}
	}
	return heaviest
}

// weight is in kilograms with the three decimals that TikTok takes.
func weight(grams int64) *api.Weight {
	return &api.Weight{Value: fmt.Sprintf("%d.%03d", grams/1000, grams%1000), Unit: "KILOGRAM"}
}

// box is in whole centimeters, rounded up: two decimals are accepted since
// 2026-06 only. Without all three sides there is none.
func box(d commerce.Defaults) *api.Box {
	if d.LengthMM <= 0 || d.WidthMM <= 0 || d.HeightMM <= 0 {
		return nil
	}
	cm := func(mm int64) string { return strconv.FormatInt((mm+9)/10, 10) }
	return &api.Box{Length: cm(d.LengthMM), Width: cm(d.WidthMM), Height: cm(d.HeightMM), Unit: "CENTIMETER"}
}

// properties are the product attributes of the category for which the product
// has a value, and what is wrong with them.
func properties(p commerce.Product, attributes []api.Attribute) ([]api.Property, []commerce.Problem) {
	chosen := map[api.ID][]api.ID{}
	var list []api.Property
	var found []commerce.Problem
	for _, a := range attributes {
		if a.Type != "PRODUCT_PROPERTY" {
			continue
		}
		required := a.Required || slices.ContainsFunc(a.Conditions, func(r api.Required) bool { return slices.Contains(chosen[r.Attribute], r.Value) })
		values, strange := choose(a, said(p, a.Name))
		switch {
		case len(values) > 0:
			list = append(list, api.Property{ID: string(a.ID), Values: values})
			for _, v := range values {
				chosen[a.ID] = append(chosen[a.ID], v.ID)
			}
		case required:
			rule, fix := "attribute_missing", fmt.Sprintf("TikTok wants to know “%s” in this category: give the product this attribute.", a.Name)
			if strange != "" {
				rule, fix = "attribute_value", fmt.Sprintf("Choose one of TikTok's values for “%s”.", a.Name)
			}
			found = append(found, commerce.Problem{Channel: commerce.TikTok, Rule: rule, Field: "attributes." + a.Name, Value: channel.Cut(strange), Allowed: names(a.Values), Fix: fix})
		}
	}
	return list, found
}

// said are the values a product has for an attribute's name.
func said(p commerce.Product, name string) []string {
	for key, value := range p.Attributes {
		if plainName(key) == plainName(name) && strings.TrimSpace(value) != "" {
			return strings.Split(value, ",")
		}
	}
	if plainName(name) == "material" {
		return p.Materials
	}
	return nil
}

// plainName makes "Materials", "material" and "MATERIAL " the same.
func plainName(name string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	return strings.TrimSuffix(kept, "s")
}

// choose finds the values among TikTok's own, or takes the seller's where the
// attribute allows it. What can't be used is answered too.
func choose(a api.Attribute, said []string) (values []api.Value, strange string) {
	for _, text := range said {
		text = strings.TrimSpace(text)
		i := slices.IndexFunc(a.Values, func(v api.Value) bool { return plainName(v.Name) == plainName(text) })
		switch {
		case text == "":
			continue
		case i >= 0:
			values = append(values, api.Value{ID: a.Values[i].ID})
		case a.Custom:
			values = append(values, api.Value{Name: text})
		default:
			strange = text
		}
		if len(values) > 0 && !a.Many {
			break
		}
	}
	return values, strange
}

func names(values []api.Value) string {
	var list []string
	for i, v := range values {
		if i == 20 {
			list = append(list, "…")
			break
		}
		list = append(list, v.Name)
	}
	return strings.Join(list, ", ")
}

// sales are the option values of a variant. Options that the category knows
// are named by its ids, so that buyers can filter by them.
func sales(p commerce.Product, v commerce.Variant, attributes []api.Attribute, pictured string, image *api.Image) []api.Sale {
	if len(p.Variants) == 1 && len(p.Options) == 0 {
		return nil
	}
	var list []api.Sale
	for _, option := range p.Options {
		value := strings.TrimSpace(v.Options[option])
		if value == "" {
			continue
		}
		s := api.Sale{Name: option, ValueName: value}
		for _, a := range attributes {
			if a.Type != "SALES_PROPERTY" || !strings.EqualFold(a.Name, option) {
				continue
			}
			s.ID = string(a.ID)
			for _, known := range a.Values {
				if strings.EqualFold(known.Name, value) {
					s.ValueID = string(known.ID)
				}
			}
		}
		if option == pictured {
			s.Image = image
		}
		list = append(list, s)
	}
	return list
}

// picturedOption is the option whose values each have one picture: TikTok shows
// pictures of one option only, and wants one for every value of it.
func picturedOption(p commerce.Product) string {
	for _, option := range p.Options {
		of := map[string]string{}
		fits := len(p.Variants) > 1
		for _, v := range p.Variants {
			value := v.Options[option]
			if have, ok := of[value]; v.Image == "" || value == "" || (ok && have != v.Image) {
				fits = false
				break
			}
			of[value] = v.Image
		}
		if fits {
			return option
		}
	}
	return ""
}

// barcode gives a code its type by its length; one whose check digit is wrong
// is left out, since it would only be refused.
func barcode(code string) *api.Code {
	if strings.Trim(code, "0123456789") != "" {
		return nil
	}
	kind, ok := map[int]string{8: "EAN", 12: "UPC", 13: "EAN", 14: "GTIN"}[len(code)]
	if !ok {
		return nil
	}
	sum := 0
	for i := range len(code) {
		digit := int(code[len(code)-1-i] - '0')
		if i%2 == 1 {
			digit *= 3
		}
		sum += digit
	}
	if sum%10 != 0 || strings.Trim(code, "0") == "" {
		return nil
	}
	return &api.Code{Code: code, Type: kind}
}

// amount is a price as TikTok writes it: rupiah come without decimals.
func amount(m commerce.Money) string {
	text := m.Decimal()
	if m.Currency == "IDR" {
		text = strings.TrimSuffix(text, ".00")
	}
	return text
}

// digestOf is short and the same for the same content.
func digestOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil { // plain data: it can't happen
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

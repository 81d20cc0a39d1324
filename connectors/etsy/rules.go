package etsy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// Limits of a listing. Images: OpenAPI file, 2026-08-15. Titles and tags are
// well known but not in it. Quantity: etsy/open-api#214, option values: etsy/open-api#567.
const (
	maxTitle    = 140
	maxTags     = 13
	maxTag      = 20
	maxImages   = 20
	maxOptions  = 2
	maxValues   = 70
	maxQuantity = 999
	maxAlt      = 500
)

// What Etsy's own refusals name as the least and the highest price, in cents
// (etsy/open-api#419 and 459). In other currencies they follow the exchange
// rate, so Etsy decides.
const (
	minPriceUSD = 20
	maxPriceUSD = 5_000_000
)

// What text may not contain: the regular expressions of Etsy's OpenAPI file
// (2026-08-15).
var (
	notInTitle    = regexp.MustCompile(`[^\p{L}\p{Nd}\p{P}\p{Sm}\p{Zs}™©®]`)
	notInTag      = regexp.MustCompile(`[^\p{L}\p{Nd}\p{Zs}\-'™©®]`)
	notInMaterial = regexp.MustCompile(`[^\p{L}\p{Nd}\p{Zs}]`)
)

func rules() channel.Rules {
	return channel.Rules{
		TitleMin: 1, TitleMax: maxTitle, DescriptionMin: 1,
		TagsMax: maxTags, TagMax: maxTag, ImagesMin: 1, ImagesMax: maxImages, OptionsMax: maxOptions,
		QuantityMax: maxQuantity, SellsDown: true,
		PriceMin:     map[string]int64{"USD": minPriceUSD},
		PriceMax:     map[string]int64{"USD": maxPriceUSD},
		Values:       map[string][]string{"who_made": makers(), "is_supply": {"true", "false"}, askHow: {askNothing, "optional", "required"}},
		Gather:       time.Second,
		Batch:        batch,
		PublishCosts: true,
		Poll:         60 * time.Second,
		Check:        check,
	}
}

// batch is how many listings one Apply takes. One batch read serves all of
// them, so that reads stay within 2 % of one per hundred writes.
const batch = 50

// check finds what the limits above can't say.
func check(p commerce.Product, d commerce.Defaults, now time.Time) []commerce.Problem {
	var found []commerce.Problem
	found = append(found, checkTitle(p.Title)...)
	found = append(found, checkDescription(p.Description)...)
	found = append(found, checkWords("tags", "tag", "letters, digits, spaces, - ' ™ © ®", p.Tags, notInTag)...)
	found = append(found, checkWords("materials", "material", "letters, digits, spaces", p.Materials, notInMaterial)...)
	found = append(found, checkMade(p, d, now)...)
	found = append(found, checkChosen(p, d)...)
	found = append(found, checkQuestion(p)...)
	return append(found, checkOptions(p)...)
}

func checkTitle(title string) []commerce.Problem {
	var found []commerce.Problem
	if bad := notInTitle.FindString(title); bad != "" {
		found = append(found, commerce.Problem{Rule: "title_character", Field: "title", Value: bad, Allowed: "letters, digits, punctuation, mathematical signs, spaces, ™ © ®",
			Fix: fmt.Sprintf("Remove “%s” from the title.", bad)})
	}
	for _, once := range []string{"%", ":", "&", "+"} {
		if n := strings.Count(title, once); n > 1 {
			found = append(found, commerce.Problem{Rule: "title_repeated_character", Field: "title", Value: channel.Cut(title), Allowed: "% : & + at most once each",
				Fix: fmt.Sprintf("Use “%s” only once in the title: it is there %d times.", once, n)})
		}
	}
	return found
}

// tag is what HTML looks like. Etsy shows descriptions as plain text, tags and
// all.
var tag = regexp.MustCompile(`(?i)</?(?:p|br|div|span|b|strong|i|em|u|a|img|ul|ol|li|h[1-6]|table|tr|td|font)(?:\s[^<>]*)?/?>`)

func checkDescription(text string) []commerce.Problem {
	bad := tag.FindString(text)
	if bad == "" {
		return nil
	}
	return []commerce.Problem{{Rule: "description_html", Field: "description", Value: channel.Cut(bad), Allowed: "plain text with line breaks",
		Fix: fmt.Sprintf("Remove “%s” and other HTML from the description: buyers on Etsy would read it as it stands.", channel.Cut(bad))}}
}

func checkWords(field, name, allowed string, words []string, not *regexp.Regexp) []commerce.Problem {
	var found []commerce.Problem
	seen := map[string]bool{}
	for i, word := range words {
		at, folded := fmt.Sprintf("%s[%d]", field, i), strings.ToLower(strings.TrimSpace(word))
		switch bad := not.FindString(word); {
		case folded == "":
			found = append(found, commerce.Problem{Rule: name + "_empty", Field: at, Allowed: "at least 1 character", Fix: "Remove the empty " + name + "."})
		case bad != "":
			found = append(found, commerce.Problem{Rule: name + "_character", Field: at, Value: channel.Cut(word), Allowed: allowed, Fix: fmt.Sprintf("Remove “%s” from the %s.", bad, name)})
		case seen[folded] && field == "tags":
			found = append(found, commerce.Problem{Rule: name + "_repeated", Field: at, Value: channel.Cut(word), Allowed: "each " + name + " once", Fix: "Remove the repeated " + name + "."})
		}
		seen[folded] = true
	}
	return found
}

func checkMade(p commerce.Product, d commerce.Defaults, now time.Time) []commerce.Problem {
	m := madeOf(p, d, now)
	var found []commerce.Problem
	for _, f := range []struct {
		name, value string
		allowed     []string
	}{{"who_made", m.who, makers()}, {"when_made", m.when, whenMade(now)}} {
		if f.value != "" && !slices.Contains(f.allowed, f.value) {
			if f.name == "who_made" && p.Attributes["who_made"] != "" {
				continue // Rules.Values has said so
			}
			list := strings.Join(f.allowed, ", ")
			if f.name == "when_made" {
				list = "recent, " + list
			}
			found = append(found, commerce.Problem{Rule: f.name + "_not_allowed", Field: "attributes." + f.name, Value: channel.Cut(f.value), Allowed: list,
				Fix: "Choose one of: " + list + "."})
		}
	}
	return found
}

// checkOptions wants a way to tell variants apart, and values Etsy takes.
func checkOptions(p commerce.Product) []commerce.Problem {
	if len(p.Variants) < 2 {
		return nil
	}
	if len(p.Options) == 0 {
		return []commerce.Problem{{Rule: "options_missing", Field: "options", Allowed: "1 or 2 options", Fix: "Name the option by which the variants differ, such as Size."}}
	}
	var found []commerce.Problem
	values, combinations := map[string]map[string]bool{}, map[string]bool{}
	for i, v := range p.Variants {
		var all []string
		for _, name := range p.Options {
			value := strings.TrimSpace(v.Options[name])
			at := fmt.Sprintf("variants[%d].options.%s", i, name)
			switch {
			case value == "":
				found = append(found, commerce.Problem{Rule: "option_missing", Field: at, Allowed: "a value", Fix: "Give the variant a value for " + name + "."})
			case strings.ContainsAny(value, "()"):
				found = append(found, commerce.Problem{Rule: "option_character", Field: at, Value: channel.Cut(value), Allowed: "anything without ( and )", Fix: "Remove the parentheses from the value."})
			}
			if values[name] == nil {
				values[name] = map[string]bool{}
			}
			values[name][strings.ToLower(value)] = true
			all = append(all, strings.ToLower(value))
		}
		key := strings.Join(all, "\x00")
		if combinations[key] {
			found = append(found, commerce.Problem{Rule: "variants_alike", Field: fmt.Sprintf("variants[%d].options", i), Value: channel.Cut(strings.Join(all, ", ")), Allowed: "each combination once",
				Fix: "Give the variant a combination of options that no other variant has."})
		}
		combinations[key] = true
	}
	return append(found, checkValueCount(p.Options, values)...)
}

func checkValueCount(options []string, values map[string]map[string]bool) []commerce.Problem {
	var found []commerce.Problem
	for i, name := range options {
		if n := len(values[name]); n > maxValues {
			found = append(found, commerce.Problem{Rule: "too_many_option_values", Field: fmt.Sprintf("options[%d]", i), Value: fmt.Sprint(n), Allowed: fmt.Sprintf("at most %d values", maxValues),
				Fix: fmt.Sprintf("Use at most %d values for %s, or split the product.", maxValues, name)})
		}
	}
	return found
}

package tiktokshop

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

const (
	// maxQuantity is the documented upper end of a quantity (2025-12).
	maxQuantity = 99_999
	// sameInRow is how often a character may come in a row in a title.
	sameInRow = 9
)

// rules are the limits of Create Product for the US (reference copy 2025-12).
func rules() channel.Rules {
	return channel.Rules{
		TitleMin: 1, TitleMax: 255, DescriptionMin: 1, DescriptionMax: 10_000, ImagesMin: 1, ImagesMax: 9, VariantsMax: 300,
		OptionsMax: 3, OptionNameMax: 20, OptionValueMax: 50, SKUMax: 50, SKUForbidden: " \t\r\n", QuantityMax: maxQuantity,
		PriceMin:  map[string]int64{"USD": 1, "GBP": 1, "EUR": 1, "JPY": 1, "VND": 1, "THB": 3_000, "IDR": 10_000},
		PriceMax:  map[string]int64{"USD": 760_000, "GBP": 560_000, "EUR": 630_000, "JPY": 500_000, "VND": 180_000_000, "THB": 26_000_000, "IDR": 10_000_000_000},
		SellsDown: true, Gather: time.Second, Batch: 5, Poll: time.Minute,
		Reply: channel.ReplyRules{MaxRunes: maxReply}, Check: check,
	}
}

// check finds what lengths and counts can't say.
func check(p commerce.Product, d commerce.Defaults, _ time.Time) []commerce.Problem {
	found := checkTitle(p.Title)
	if n := len([]rune(descriptionHTML(p.Description))); n > 10_000 && len([]rune(p.Description)) <= 10_000 {
		found = append(found, commerce.Problem{Rule: "description_too_long", Field: "description", Allowed: "at most 10000 characters as HTML", Value: fmt.Sprint(n),
			Fix: "Shorten the description: as HTML, with its line breaks, it is too long."})
	}
	if grams(p, d) == 0 {
		found = append(found, commerce.Problem{Rule: "weight_missing", Field: "variants[0].grams", Value: "0", Allowed: "more than zero",
			Fix: "Give the product a weight, or set one in the connection's settings."})
	}
	return append(found, checkVariants(p)...)
}

func checkTitle(title string) []commerce.Problem {
	refuse := func(rule, value, allowed, fix string) []commerce.Problem {
		return []commerce.Problem{{Rule: rule, Field: "title", Value: channel.Cut(value), Allowed: allowed, Fix: fix}}
	}
	var last rune
	run, word := 0, false
	for _, r := range title {
		if r == last {
			run++
		} else {
			last, run = r, 1
		}
		word = word || unicode.IsLetter(r) || unicode.IsDigit(r)
		switch {
		case unicode.IsControl(r):
			return refuse("title_character", fmt.Sprintf("%q", r), "no control characters", "Take the control characters out of the title.")
		case isEmoji(r):
			return refuse("title_character", string(r), "no emoji", "Take the emoji out of the title.")
		case run > sameInRow:
			return refuse("title_character", strings.Repeat(string(r), run), "a character at most 9 times in a row", "Do not repeat a character that often in the title.")
		}
	}
	if e := reference(title); e != "" {
		return refuse("title_character", e, "no HTML", "Write the sign itself in the title instead of its HTML name.")
	}
	if title != "" && !word {
		return refuse("title_character", title, "letters or digits", "Write words in the title, not signs alone.")
	}
	return nil
}

// isEmoji covers the blocks of pictures and the selectors that make emoji.
func isEmoji(r rune) bool {
	switch {
	case r >= 0x1F000 && r <= 0x1FAFF, r >= 0x2600 && r <= 0x27BF, r >= 0x2B05 && r <= 0x2B55, r == 0xFE0F, r == 0x20E3:
		return true
	}
	return false
}

// checkVariants: several variants must differ by their options, and each must
// have all of them.
func checkVariants(p commerce.Product) []commerce.Problem {
	if len(p.Variants) < 2 {
		return nil
	}
	if len(p.Options) == 0 {
		return []commerce.Problem{{Rule: "options_missing", Field: "options", Allowed: "1 to 3 options", Fix: "Give the product an option, such as Color, that tells its variants apart."}}
	}
	var found []commerce.Problem
	seen := map[string]int{}
	for i, v := range p.Variants {
		key := ""
		for _, name := range p.Options {
			value := v.Options[name]
			key += "\x00" + strings.ToLower(strings.TrimSpace(value))
			if strings.TrimSpace(value) == "" {
				found = append(found, commerce.Problem{Rule: "option_missing", Field: fmt.Sprintf("variants[%d].options.%s", i, name), Allowed: "a value",
					Fix: fmt.Sprintf("Give the variant a value of %s.", name)})
			}
		}
		if first, twice := seen[key]; twice {
			found = append(found, commerce.Problem{Rule: "variant_twice", Field: fmt.Sprintf("variants[%d].options", i), Allowed: "different values",
				Fix: fmt.Sprintf("Variants %d and %d have the same values: change one of them.", first+1, i+1)})
		}
		seen[key] = i
	}
	return found
}

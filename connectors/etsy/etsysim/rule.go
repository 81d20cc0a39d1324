package etsysim

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// What text may not contain, from the regular expressions in Etsy's OpenAPI
// file (2026-08-15).
var (
	notInTitle    = regexp.MustCompile(`[^\p{L}\p{Nd}\p{P}\p{Sm}\p{Zs}™©®]`)
	notInTag      = regexp.MustCompile(`[^\p{L}\p{Nd}\p{Zs}\-'™©®]`)
	notInMaterial = regexp.MustCompile(`[^\p{L}\p{Nd}\p{Zs}]`)
)

// Lengths and counts. Those of titles and tags are well known but not in
// Etsy's OpenAPI file.
const (
	maxTitle    = 140
	maxTags     = 13
	maxTag      = 20
	maxStyles   = 2
	maxStyle    = 45
	maxImages   = 20
	maxAltText  = 500
	maxFormText = 100_000
)

// title reads a title: %, :, & and + at most once each.
func (f *form) title() string {
	text := strings.TrimSpace(f.text("title"))
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		f.fail("title: The title must not be empty")
	case n > maxTitle:
		f.fail("title: The title must be at most %d characters long", maxTitle)
	case notInTitle.MatchString(text):
		f.fail("title: The title contains the invalid character '%s'", notInTitle.FindString(text))
	}
	for _, once := range []string{"%", ":", "&", "+"} {
		if strings.Count(text, once) > 1 {
			f.fail("title: The character '%s' can only be used once in a title", once)
		}
	}
	return text
}

func (f *form) description() string {
	text := f.text("description")
	if strings.TrimSpace(text) == "" || len(text) > maxFormText {
		f.fail("description: The description must not be empty or longer than %d bytes", maxFormText)
	}
	return text
}

func (f *form) tags() []string {
	all := f.list("tags")
	if len(all) > maxTags {
		f.fail("tags: A listing can have at most %d tags", maxTags)
	}
	seen := map[string]bool{}
	for _, tag := range all {
		switch folded := strings.ToLower(tag); {
		case tag == "" || utf8.RuneCountInString(tag) > maxTag:
			f.fail("tags: The tag '%s' must have 1 to %d characters", cut(tag, 40), maxTag)
		case notInTag.MatchString(tag):
			f.fail("tags: The tag '%s' contains invalid characters", cut(tag, 40))
		case seen[folded]:
			f.fail("tags: The tag '%s' is used more than once", cut(tag, 40))
		default:
			seen[folded] = true
		}
	}
	return all
}

func (f *form) materials() []string {
	all := f.list("materials")
	for _, m := range all {
		if m == "" || notInMaterial.MatchString(m) {
			f.fail("materials: The material '%s' contains invalid characters", cut(m, 40))
		}
	}
	return all
}

func (f *form) styles() []string {
	all := f.list("styles")
	if len(all) > maxStyles {
		f.fail("styles: A listing can have at most %d styles", maxStyles)
	}
	for _, style := range all {
		if style == "" || utf8.RuneCountInString(style) > maxStyle {
			f.fail("styles: The style '%s' must have 1 to %d characters", cut(style, 50), maxStyle)
		}
	}
	return all
}

// whenMade lists the values of when_made in a year. They roll every January:
// whatever is younger than 20 years is not vintage (OpenAPI files of three
// years compared).
func whenMade(now time.Time) []string {
	year := now.Year()
	vintage := year - 19 // the first year that is not vintage
	out := []string{"made_to_order"}
	end := year
	for end >= vintage {
		start := max(end-end%10, vintage)
		out = append(out, fmt.Sprintf("%d_%d", start, end))
		end = start - 1
	}
	out = append(out, fmt.Sprintf("before_%d", vintage))
	for ; end >= 2000; end -= end%10 + 1 {
		out = append(out, fmt.Sprintf("%d_%d", end-end%10, end))
	}
	for decade := 1990; decade >= 1900; decade -= 10 {
		out = append(out, fmt.Sprintf("%ds", decade))
	}
	return append(out, "1800s", "1700s", "before_1700")
}

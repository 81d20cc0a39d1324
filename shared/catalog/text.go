package catalog

import (
	"html"
	"regexp"
	"strings"
)

var (
	breakTag = regexp.MustCompile(`(?i)<\s*(br|/p|/div|/li|/h[1-6]|/tr)\b[^>]*>`)
	anyTag   = regexp.MustCompile(`(?is)<!--.*?-->|<(script|style)\b.*?</(script|style)\s*>|<[/!?]?[a-z][^>]*>`)
	tagStart = regexp.MustCompile(`(?i)<([/!?]?[a-z]|!--)`)
	manyGaps = regexp.MustCompile(`\n{3,}`)
)

// layers is how often escaped or nested markup is looked into.
const layers = 5

// PlainText is the text of an HTML fragment, a line for each block. Nothing in
// it can be taken for a tag, however the fragment was escaped or nested.
func PlainText(fragment string) string {
	text := fragment
	for range layers {
		bare := breakTag.ReplaceAllString(text, "\n")
		bare = html.UnescapeString(anyTag.ReplaceAllString(bare, ""))
		if bare == text {
			break
		}
		text = bare
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	text = strings.TrimSpace(manyGaps.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
	if tagStart.MatchString(text) {
		text = strings.ReplaceAll(text, "<", "")
	}
	return text
}

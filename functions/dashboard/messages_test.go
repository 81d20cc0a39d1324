package dashboard

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	textKey = regexp.MustCompile(`(?:^|[\s,{])'([\w-]+(?:\.[\w-]+)*)':\s*('(?:[^'\\]|\\.)*'|"[^"]*"|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})`)
	// A key stands in quotes of any kind: in backquotes parts of it are made up.
	plainText   = regexp.MustCompile(`['"]([a-zA-Z][\w-]*(?:\.[\w-]+)+)['"]`)
	askedText   = regexp.MustCompile(`\bt\(\s*'([^']+)'`)
	madeUpText  = regexp.MustCompile("`([a-z][\\w-]*(?:\\.(?:[\\w-]+|\\$\\{[^`}]+\\}))+)`")
	familyText  = regexp.MustCompile(`\bword\('([\w.]+)'`)
	madeUpPart  = regexp.MustCompile(`\$\{[^}]+\}`)
	pluralForm  = regexp.MustCompile(`(\w+): '`)
	pluralForms = []string{"zero", "one", "two", "few", "many", "other"}
)

// texts are the keys of a language with what stands there.
func texts(t *testing.T, files map[string][]byte, name string) map[string]string {
	t.Helper()
	found := map[string]string{}
	_, code, ok := strings.Cut(string(files[name]), "texts: {")
	if !ok {
		t.Fatalf("%s has no texts", name)
	}
	for _, m := range textKey.FindAllStringSubmatch(code, -1) {
		if _, twice := found[m[1]]; twice {
			t.Errorf("%s: %s is there twice", name, m[1])
		}
		found[m[1]] = m[2]
	}
	return found
}

// Every text the page asks for is there, and every text that is there is asked
// for.
func TestTextsAreThoseOfThePage(t *testing.T) {
	t.Parallel()
	files := sources(t)
	known := texts(t, files, "messages/en.js")
	if len(known) < 500 {
		t.Fatalf("only %d texts are understood", len(known))
	}
	named, patterns := map[string]bool{}, []*regexp.Regexp{}
	for name, data := range files {
		if path.Ext(name) != ".js" || path.Dir(name) == "messages" {
			continue
		}
		code := string(data)
		for _, m := range askedText.FindAllStringSubmatch(code, -1) {
			if _, ok := known[m[1]]; !ok {
				t.Errorf("%s asks for %s, which is not in messages/en.js", name, m[1])
			}
			named[m[1]] = true
		}
		for _, m := range plainText.FindAllStringSubmatch(code, -1) {
			named[m[1]] = true
		}
		for _, m := range madeUpText.FindAllStringSubmatch(code, -1) {
			patterns = append(patterns, pattern(madeUpPart.Split(m[1], -1)))
		}
		for _, m := range familyText.FindAllStringSubmatch(code, -1) {
			patterns = append(patterns, pattern([]string{m[1] + ".", ""}))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		if !named[key] && !slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(key) }) {
			t.Errorf("nobody asks for %s", key)
		}
	}
	t.Logf("%d texts", len(known))
}

func pattern(parts []string) *regexp.Regexp {
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".+") + "$")
}

// A text that counts has the forms Intl.PluralRules may name.
func TestPluralForms(t *testing.T) {
	t.Parallel()
	for key, text := range texts(t, sources(t), "messages/en.js") {
		if !strings.HasPrefix(text, "{") {
			continue
		}
		var forms []string
		for _, m := range pluralForm.FindAllStringSubmatch(text, -1) {
			forms = append(forms, m[1])
		}
		if !slices.Contains(forms, "other") || slices.ContainsFunc(forms, func(f string) bool { return !slices.Contains(pluralForms, f) }) {
			t.Errorf("%s has the forms %v", key, forms)
		}
	}
}

// Numbers, money, times and lists are worded by Intl in format.js and
// messages.js, nowhere by hand: another language words them otherwise.
func TestOnlyIntlWords(t *testing.T) {
	t.Parallel()
	byHand := regexp.MustCompile(`\.toLocale\w*String\(|\.toFixed\(|\.get(?:Hours|Month|Date|Day)\(|new Intl\.`)
	for name, data := range sources(t) {
		if path.Ext(name) != ".js" || name == "format.js" || name == "messages.js" {
			continue
		}
		for _, m := range byHand.FindAllString(string(data), -1) {
			t.Errorf("%s: %q belongs into format.js", name, m)
		}
	}
}

// A text of ours never stands in the code of a part: it would be English in
// every language.
func TestNoTextOutsideTheMessages(t *testing.T) {
	t.Parallel()
	words := regexp.MustCompile(`h\('(?:p|span|h[1-4]|button|th|label|option|li)', (?:null|\{[^{}]*\}), '[A-Z][a-z]+[^']*'\)|(?:'aria-label'|title|placeholder): '[A-Z][a-z]+ [^']*'`)
	for name, data := range sources(t) {
		if path.Ext(name) != ".js" || strings.HasPrefix(name, "messages/") || strings.HasPrefix(name, "views/gallery") {
			continue
		}
		for _, m := range words.FindAllString(string(data), -1) {
			t.Errorf("%s: %s belongs into messages/", name, m)
		}
	}
}

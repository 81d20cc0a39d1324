package etsysim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// form reads the fields of a form or query. The first thing wrong is kept in
// err and later reads return zero values, so that a handler checks once.
type form struct {
	values url.Values
	err    error
}

func (f *form) fail(format string, args ...any) {
	if f.err == nil {
		f.err = invalid(format, args...)
	}
}

// text is the last value under a name: Etsy's backend keeps the last of
// repeated keys.
func (f *form) text(name string) string {
	all := f.values[name]
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

func (f *form) has(name string) bool { return len(f.values[name]) > 0 }

func (f *form) need(names ...string) {
	for _, name := range names {
		if f.text(name) == "" {
			f.fail("Missing required parameter: '%s'", name)
		}
	}
}

func (f *form) int(name string, lowest, highest, absent int64) int64 {
	text := f.text(name)
	if text == "" {
		return absent
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f.fail("Expected int value for '%s' (got '%s')", name, cut(text, 40))
		return absent
	}
	if n < lowest || n > highest {
		f.fail("Value for '%s' must be between %d and %d", name, lowest, highest)
		return absent
	}
	return n
}

// id is a nullable id: an empty value means none.
func (f *form) id(name string) *int64 {
	if f.text(name) == "" {
		return nil
	}
	return ptr(f.int(name, 1, maxID, 1))
}

const maxID = 1<<63 - 1

func (f *form) flag(name string, absent bool) bool {
	switch text := f.text(name); text {
	case "":
		return absent
	case "true", "1":
		return true
	case "false", "0":
		return false
	default:
		f.fail("Expected bool value for '%s' (got '%s')", name, cut(text, 40))
		return absent
	}
}

// maybe is a flag that may be absent.
func (f *form) maybe(name string) *bool {
	if f.text(name) == "" {
		return nil
	}
	return ptr(f.flag(name, false))
}

func (f *form) oneOf(name, absent string, allowed []string) string {
	text := f.text(name)
	if text == "" {
		return absent
	}
	if !slices.Contains(allowed, text) {
		f.fail("Invalid value '%s' for '%s': it must be one of %s", cut(text, 40), name, strings.Join(allowed, ", "))
		return absent
	}
	return text
}

// list splits a comma-joined array.
func (f *form) list(name string) []string {
	out := []string{}
	if f.text(name) == "" {
		return out
	}
	for item := range strings.SplitSeq(f.text(name), ",") {
		out = append(out, strings.TrimSpace(item))
	}
	return out
}

func (f *form) ids(name string) []int64 {
	var out []int64
	for _, item := range f.list(name) {
		id, err := strconv.ParseInt(item, 10, 64)
		if err != nil || id < 1 {
			f.fail("Expected a comma-separated list of ids for '%s' (got '%s')", name, cut(item, 40))
			return nil
		}
		out = append(out, id)
	}
	return out
}

// measure is a nullable size or weight, kept as it was written.
func (f *form) measure(name string) *json.Number {
	text := f.text(name)
	if text == "" {
		return nil
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if !digits(whole) || len(text) > 20 || strings.HasSuffix(text, ".") || (fraction != "" && !digits(fraction)) {
		f.fail("Expected float value for '%s' (got '%s')", name, cut(text, 40))
		return nil
	}
	if strings.Trim(text, "0.") == "" {
		f.fail("Value for '%s' must be greater than 0", name)
		return nil
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return ptr(json.Number(whole))
}

// brackets refuses tags[]=…: Etsy joins arrays with commas.
func (f *form) brackets() {
	for name := range f.values {
		if strings.ContainsRune(name, '[') {
			f.fail("Unexpected parameter '%s': arrays are one value joined by commas", cut(name, 40))
		}
	}
}

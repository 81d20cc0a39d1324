package dynamo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// partMax is how many bytes one part of a key takes at most, so that three
	// parts and a time stay below the 1,024 bytes of a sort key.
	partMax = 300
	// partKept is what is left of a longer part, before its digest.
	partKept = 230
	// last sorts behind every part.
	last = "\U0010FFFF"
)

// part makes a text fit to be a part of a key: '#' divides parts, so that it
// is written %23, '%' is %25, and bytes that are no printable UTF-8 likewise.
// Different texts stay different. A text that is too long keeps its beginning,
// followed by %h and its SHA-256: it still sorts and is found by prefix.
func part(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == '#' || r == '%' || r < ' ' || r == 0x7f || r == 0x10FFFF || (r == utf8.RuneError && size == 1) {
			for _, c := range []byte(text[i : i+size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		} else {
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	if b.Len() <= partMax {
		return b.String()
	}
	sum := sha256.Sum256([]byte(text))
	return cut(b.String(), partKept) + "%h" + hex.EncodeToString(sum[:])
}

// cut shortens an escaped text to at most n bytes without cutting a rune or an
// escape in two.
func cut(escaped string, n int) string {
	if len(escaped) <= n {
		return escaped
	}
	for n > 0 && !utf8.RuneStart(escaped[n]) {
		n--
	}
	if i := strings.LastIndexByte(escaped[:n], '%'); i >= 0 && i > n-3 {
		n = i
	}
	return escaped[:n]
}

// prefixPart is what the parts of all texts with this beginning begin with.
func prefixPart(text string) string {
	p, _, _ := strings.Cut(part(text), "%h")
	return cut(p, partKept)
}

// whole reads a part back; false when it is not a part or was shortened.
func whole(p string) (string, bool) {
	if p == "" || strings.Contains(p, "#") {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		if p[i] != '%' {
			b.WriteByte(p[i])
			continue
		}
		if i+2 >= len(p) {
			return "", false
		}
		c, err := hex.DecodeString(p[i+1 : i+3])
		if err != nil {
			return "", false
		}
		b.WriteByte(c[0])
		i += 2
	}
	return b.String(), true
}

// join puts parts together; it does not escape.
func join(parts ...string) string { return strings.Join(parts, "#") }

// stamp writes a time so that texts sort like times, to the nanosecond. Years
// before 0 and after 9999 are held at those ends.
func stamp(t time.Time) string {
	t = t.UTC()
	switch y := t.Year(); {
	case y < 0:
		t = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case y > 9999:
		t = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	}
	return t.Format("2006-01-02T15:04:05.000000000Z")
}

// shards is how many partitions a list that all workspaces share, or a sum
// that every order changes, is spread over.
const shards = 4

func shardOf(parts ...string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00")))
	return int(h.Sum32() % shards)
}

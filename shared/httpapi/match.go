package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Match is what If-Match asks for.
type Match struct {
	Set  bool
	Any  bool // "*": whatever is there
	Tags []string
}

// Check answers the problem version_mismatch (412) when a version is not the
// one that was asked for.
func (m Match) Check(version int64) error {
	if !m.Set || m.Any || slices.Contains(m.Tags, Tag(version)) {
		return nil
	}
	return stale()
}

// Tag is the ETag of a version.
func Tag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// SetTag sets the ETag of a version.
func SetTag(h http.Header, version int64) { h.Set("ETag", Tag(version)) }

// parseMatch reads If-Match. Weak tags never match (RFC 9110 §13.1.1), and
// neither does what is no tag at all: a precondition nobody can read fails.
func parseMatch(values []string) Match {
	if len(values) == 0 {
		return Match{}
	}
	m := Match{Set: true}
	for _, v := range values {
		for tag := range strings.SplitSeq(v, ",") {
			tag = strings.TrimSpace(tag)
			m.Any = m.Any || tag == "*"
			m.Tags = append(m.Tags, tag)
		}
	}
	return m
}

// Package blob keeps what is too large for a row or a message: in S3, or in a
// folder on one machine.
package blob

import (
	"strings"

	"github.com/manystall/manystall/shared/fault"
)

// maxKey is the longest key in bytes (S3 user guide, object keys, 2025-11).
const maxKey = 1024

// checkKey accepts a path of segments of letters, digits, dot, dash and
// underscore. A segment neither is empty nor starts with a dot, so no key
// leads out of a folder or hides in it.
func checkKey(key string) error {
	ok := len(key) <= maxKey
	for segment := range strings.SplitSeq(key, "/") {
		ok = ok && segment != "" && segment[0] != '.' && len(segment) <= 200
		for _, r := range segment {
			ok = ok && keyCharacter(r)
		}
	}
	if !ok {
		return fault.New(fault.Invalid, "blob_key", "The blob key %q is not a path of letters, digits, dot, dash and underscore.", key)
	}
	return nil
}

func keyCharacter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_'
}

func notFound(key string, cause error) error {
	return fault.Wrap(cause, fault.NotFound, "blob_not_found", "There is no blob %s.", key)
}

func tooLarge(key string, limit int64) error {
	return fault.New(fault.TooLarge, "blob_too_large", "The blob %s has more than %d bytes.", key, limit)
}

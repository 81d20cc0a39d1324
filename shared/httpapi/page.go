package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Paging is embedded by the requests of lists.
type Paging struct {
	Limit  int    `query:"limit" validate:"min=1,max=100"`
	Cursor string `query:"cursor" validate:"max=4096"`
}

const defaultLimit = 25

// Page is the part of the list that is asked for.
func (p Paging) Page() port.Page { return port.Page{Limit: p.Limit, Cursor: p.Cursor} }

// List is the answer of a list.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next_cursor"`
}

type paged interface{ sealCursor(scope string) }

func (l *List[T]) sealCursor(scope string) { l.Next = sealCursor(scope, l.Next) }

// All is a list in one piece.
func All[T any](items []T) *List[T] {
	if items == nil {
		items = []T{}
	}
	return &List[T]{Items: items}
}

// Listed is a stored list in the words of the API.
func Listed[S, T any](stored port.List[S], as func(S) T) *List[T] {
	items := make([]T, 0, len(stored.Items))
	for _, s := range stored.Items {
		items = append(items, as(s))
	}
	return &List[T]{Items: items, Next: stored.Next}
}

// Same is for lists whose stored items are the API's.
func Same[T any](t T) T { return t }

// cursorScope names the list a cursor belongs to: workspace, path, filters.
func cursorScope(w commerce.WorkspaceID, pattern string, r *http.Request) string {
	q := r.URL.Query()
	q.Del("cursor")
	q.Del("limit")
	return commerce.Derive("cur", string(w), pattern, r.URL.Path, q.Encode())
}

const markLen = 6

// sealCursor puts a mark of its list before a cursor, so that one list's cursor
// is refused by another instead of answering something odd. It is no secret:
// storage checks by itself that a cursor stays in its partition.
func sealCursor(scope, inner string) string {
	if inner == "" {
		return ""
	}
	mark := sha256.Sum256([]byte(scope))
	return base64.RawURLEncoding.EncodeToString(slices.Concat(mark[:markLen], []byte(inner)))
}

func openCursor(scope, cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	if strings.ContainsAny(cursor, "\r\n") { // base64 reads over them
		cursor = "?"
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	mark := sha256.Sum256([]byte(scope))
	if err != nil || len(raw) <= markLen || subtle.ConstantTimeCompare(raw[:markLen], mark[:markLen]) != 1 {
		return "", &fault.Error{Kind: fault.Invalid, Code: "invalid_cursor", Field: "cursor",
			Message: "The cursor is not one of this list with these filters. Begin without it."}
	}
	return string(raw[markLen:]), nil
}

package webhook

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"time"
)

// What an answer may carry: Lambda passes 6 MB as a whole event, and bytes that
// are no text grow by a third on their way.
const (
	maxPlain  = 5 << 20
	maxPacked = 4 << 20
)

// Feed is the file of a catalog, or where it lies.
type Feed struct {
	Data []byte
	URL  string    // instead of Data: where a large file can be had for a while
	Tag  string    // changes with the file; empty is unknown
	At   time.Time // when the file was written; zero is now
}

// feed is the catalog as a file Meta can fetch; key.csv is the last segment. Meta
// sends back the tag or the time of the file it has, and takes 304 for an answer
// (scheduled feeds, 2026-11). Who takes it packed gets several times as many
// products; a file too large for an answer is one redirect away.
func (h *Handler) feed(w http.ResponseWriter, r *http.Request) {
	key, ok := strings.CutSuffix(r.PathValue("file"), ".csv")
	if !ok {
		http.NotFound(w, r)
		return
	}
	a, err := h.Accounts.ByKey(r.Context(), "checkout", key)
	if err != nil {
		h.notFound(w, r, err)
		return
	}
	f, err := h.Feed(r.Context(), a)
	if err != nil {
		h.Log.ErrorContext(r.Context(), "feed not made", "account", a.ID, "err", err.Error())
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	head := w.Header()
	head.Set("Cache-Control", "private, no-cache")
	if f.Tag != "" {
		head.Set("ETag", `"`+f.Tag+`"`)
		head.Set("Last-Modified", f.At.UTC().Format(http.TimeFormat))
	}
	switch {
	case f.known(r.Header):
		w.WriteHeader(http.StatusNotModified)
	case f.URL != "":
		http.Redirect(w, r, f.URL, http.StatusFound)
	default:
		h.feedBody(w, r, f.Data)
	}
}

// known says that the caller has this file (RFC 9110, 13.1: a tag decides, and a
// time only where there is none).
func (f Feed) known(head http.Header) bool {
	if f.Tag == "" {
		return false
	}
	if tags := head.Get("If-None-Match"); tags != "" {
		for tag := range strings.SplitSeq(tags, ",") {
			if tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/"); tag == "*" || tag == `"`+f.Tag+`"` {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(head.Get("If-Modified-Since"))
	return err == nil && !f.At.Truncate(time.Second).After(since)
}

func (h *Handler) feedBody(w http.ResponseWriter, r *http.Request, data []byte) {
	packs, most := takesGzip(r.Header.Get("Accept-Encoding")), maxPlain
	var err error
	if packs {
		data, err = packed(data)
		most = maxPacked
	}
	if err != nil || len(data) > most {
		h.Log.ErrorContext(r.Context(), "feed too large", "bytes", len(data), "packed", packs)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Vary", "Accept-Encoding")
	if packs {
		w.Header().Set("Content-Encoding", "gzip")
	}
	_, _ = w.Write(data)
}

// takesGzip says whether a caller accepts gzip (RFC 9110, 12.5.3).
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.TrimRight(weight, "0.") != "q="
		}
	}
	return false
}

func packed(data []byte) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

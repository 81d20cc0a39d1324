package webhook

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
)

// What an answer may carry: Lambda passes 6 MB as a whole event, and bytes that
// are no text grow by a third on their way.
const (
	maxPlain  = 5 << 20
	maxPacked = 4 << 20
)

// feed is the catalog as a file Meta can fetch; key.csv is the last segment. Who
// takes it packed gets several times as many products.
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
	data, err := h.Feed(r.Context(), a)
	packs := takesGzip(r.Header.Get("Accept-Encoding"))
	most := maxPlain
	if err == nil && packs {
		data, err = packed(data)
		most = maxPacked
	}
	if err != nil {
		h.Log.ErrorContext(r.Context(), "feed not made", "account", a.ID, "err", err.Error())
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if len(data) > most {
		h.Log.ErrorContext(r.Context(), "feed too large", "account", a.ID, "bytes", len(data), "packed", packs)
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

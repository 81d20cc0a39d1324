package blob

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
)

// UploadURL implements port.Blobs: an address that ServeHTTP answers. Unlike
// S3's it also holds the uploader to the limit.
func (d *Dir) UploadURL(_ context.Context, key, contentType string, limit int64, ttl time.Duration) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	ends := d.now().Add(ttl).Unix()
	query := url.Values{
		"type":      {contentType},
		"limit":     {strconv.FormatInt(limit, 10)},
		"ends":      {strconv.FormatInt(ends, 10)},
		"signature": {d.sign("upload", key, contentType, limit, ends)},
	}
	return d.public + "/" + key + "?" + query.Encode(), nil
}

func (d *Dir) sign(what, key, contentType string, limit, ends int64) string {
	h := hmac.New(sha256.New, d.secret)
	_, _ = fmt.Fprintf(h, "%s\n%s\n%q\n%d\n%d", what, key, contentType, limit, ends) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))
}

// DownloadURL implements port.Blobs: an address that ServeHTTP answers.
func (d *Dir) DownloadURL(_ context.Context, key string, ttl time.Duration) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	ends := d.now().Add(ttl).Unix()
	query := url.Values{"ends": {strconv.FormatInt(ends, 10)}, "signature": {d.sign("download", key, "", 0, ends)}}
	return d.public + "/" + key + "?" + query.Encode(), nil
}

// ServeHTTP takes a PUT to an upload address and answers a GET of a download
// address. The path must be the blob's key
// alone, so mount it with http.StripPrefix. It answers 200, 403 for an address
// it has not signed, or that has ended, or another content type, and 413 for
// too much.
func (d *Dir) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/")
	switch r.Method {
	case http.MethodPut:
	case http.MethodGet, http.MethodHead:
		d.download(w, r, key)
		return
	default:
		w.Header().Set("Allow", "GET, HEAD, PUT")
		http.Error(w, "only GET and PUT are possible here", http.StatusMethodNotAllowed)
		return
	}
	limit, err := d.admit(r, key)
	if err != nil {
		http.Error(w, "this upload address is not valid, or not any more; ask for a new one", http.StatusForbidden)
		return
	}
	err = d.save(key, http.MaxBytesReader(w, r.Body, limit))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		http.Error(w, fmt.Sprintf("at most %d bytes can be uploaded here", limit), http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "the upload was not stored; send it again", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// admit verifies an upload address and returns its limit in bytes.
func (d *Dir) admit(r *http.Request, key string) (int64, error) {
	query := r.URL.Query()
	limit, limitErr := strconv.ParseInt(query.Get("limit"), 10, 64)
	ends, endsErr := strconv.ParseInt(query.Get("ends"), 10, 64)
	if err := errors.Join(checkKey(key), limitErr, endsErr); err != nil {
		return 0, err
	}
	want := d.sign("upload", key, query.Get("type"), limit, ends)
	if !hmac.Equal([]byte(want), []byte(query.Get("signature"))) {
		return 0, fault.New(fault.Denied, "upload_signature", "The signature is wrong.")
	}
	if d.now().Unix() >= ends {
		return 0, fault.New(fault.Denied, "upload_ended", "The address has ended.")
	}
	if r.Header.Get("Content-Type") != query.Get("type") {
		return 0, fault.New(fault.Denied, "upload_type", "The content type is another one.")
	}
	return limit, nil
}

func (d *Dir) download(w http.ResponseWriter, r *http.Request, key string) {
	query := r.URL.Query()
	ends, err := strconv.ParseInt(query.Get("ends"), 10, 64)
	if err != nil || checkKey(key) != nil || !hmac.Equal([]byte(d.sign("download", key, "", 0, ends)), []byte(query.Get("signature"))) || d.now().Unix() >= ends {
		http.Error(w, "this address is not valid, or not any more; ask for a new one", http.StatusForbidden)
		return
	}
	f, err := d.root.Open(key + fileMark)
	if err != nil {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	defer func() { _ = f.Close() }()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if strings.HasSuffix(key, ".csv") {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	}
	info, err := f.Stat()
	if err != nil {
		http.Error(w, "the file can't be read now", http.StatusServiceUnavailable)
		return
	}
	http.ServeContent(w, r, "", info.ModTime(), f)
}

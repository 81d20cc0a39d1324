package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// Sign is the value of the query parameter sign: HMAC-SHA256 with the app
// secret over secret + path + sorted, decoded query + body + secret, in lower
// case hex. sign and access_token are left out; a multipart body is left out;
// path is the path after the host's own prefix. (Partner Center, "Sign your API
// request", 2026-11.)
func Sign(secret, path string, query url.Values, contentType string, body []byte) string {
	var b strings.Builder
	b.WriteString(secret)
	b.WriteString(path)
	keys := make([]string, 0, len(query))
	for key := range query {
		if key != "sign" && key != "access_token" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		b.WriteString(key)
		b.WriteString(query.Get(key))
	}
	if !isForm(contentType) {
		b.Write(body)
	}
	b.WriteString(secret)
	return digest(secret, b.String())
}

// SignWebhook is what the Authorization header of a webhook must hold.
func SignWebhook(appKey, secret string, body []byte) string {
	return digest(secret, appKey+string(body))
}

func digest(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func isForm(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "multipart/form-data"
}

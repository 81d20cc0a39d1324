package tiktoksim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Sign is the value of the query parameter sign for a request, as the Partner
// Center documents it ("Sign your API request", 2026): the decoded query
// values without sign and access_token, sorted by key, behind the path, with
// the raw body unless the media type is multipart/form-data, all of it wrapped
// in the app secret.
func Sign(secret, path string, query url.Values, contentType string, body []byte) string {
	var b strings.Builder
	b.WriteString(secret)
	b.WriteString(path)
	for _, key := range sortedKeys(query) {
		if key != "sign" && key != "access_token" {
			b.WriteString(key)
			b.WriteString(query.Get(key))
		}
	}
	if !isMultipart(contentType) {
		b.Write(body)
	}
	b.WriteString(secret)
	return keyedHash(secret, b.String())
}

// SignWebhook is the value of the Authorization header of a webhook.
func SignWebhook(appKey, secret string, body []byte) string {
	return keyedHash(secret, appKey+string(body))
}

func (s *Sim) signWebhook(h http.Header, _ string, _ time.Time, body []byte) {
	h.Set("Authorization", SignWebhook(s.env.App["TIKTOK_APP_KEY"], s.env.App["TIKTOK_APP_SECRET"], body))
}

func isMultipart(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "multipart/form-data"
}

func keyedHash(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func sortedKeys(query url.Values) []string {
	keys := make([]string, 0, len(query))
	for key := range query {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Package logging makes the one kind of logger: JSON lines in the cloud, short
// lines on a terminal, and never a secret or a buyer's data.
package logging

import (
	"io"
	"log/slog"
	"slices"
	"strings"
)

// New makes a logger. JSON lines are for machines; else text for people.
func New(w io.Writer, level slog.Level, json bool) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if json {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// Hidden says whether values under a key must not be shown: secrets, and what
// a buyer said or is.
func Hidden(key string) bool {
	key = strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	for _, part := range []string{"token", "secret", "password", "authorization", "cookie", "signature", "api_key", "x_api_key", "appsecret_proof", "code_verifier", "signed_request"} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return slices.Contains([]string{"code", "sign", "text", "body", "email", "phone", "buyer", "address", "note", "key"}, key)
}

func redact(_ []string, a slog.Attr) slog.Attr {
	if Hidden(a.Key) && a.Value.Kind() != slog.KindGroup {
		return slog.String(a.Key, "***")
	}
	return a
}

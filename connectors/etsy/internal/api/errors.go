package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

// unknownClient is the code of a refusal to know the application.
const unknownClient = "app_unknown"

// Answer is an answer that is no success.
type Answer struct {
	Op     string
	Once   bool // the call creates something
	Status int
	Header http.Header
	Body   []byte
	Now    time.Time
	Scope  string // the budget it was paid from
}

// Fault says what an answer means. It is the only place where Etsy's statuses
// and texts are read: {"error":…}, {"error":…,"error_description":…}, and
// sometimes a list [{"path":…,"type":…,"message":…}] (issues 298 and 519 of
// etsy/open-api).
func Fault(a Answer) *fault.Error {
	text := textOf(a.Body)
	switch {
	case a.Op == "oauthToken":
		return oauthFault(a, text)
	case a.Status == http.StatusUnauthorized:
		return fault.New(fault.AuthExpired, "token_refused", "Etsy does not accept this connection any more. Connect the shop again.")
	case a.Status == http.StatusForbidden:
		return forbidden(a, text)
	case a.Status == http.StatusNotFound:
		return fault.New(fault.NotFound, "not_found", "Etsy does not know this, or it belongs to another shop.")
	case a.Status == http.StatusConflict:
		e := refusal(a, text)
		e.Kind, e.Code = fault.Conflict, "conflict"
		return e
	case a.Status == http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "too_large", "Etsy says that this is too large.")
	case a.Status == http.StatusTooManyRequests:
		e := fault.New(fault.RateLimited, "rate_limited", "Etsy's limit of calls is used up for now.")
		e.RetryAfter, e.Scope = waitOf(a.Header, a.Body, a.Now), a.Scope
		return e
	case a.Status >= 500:
		return serverFault(a)
	case a.Status >= 400:
		return refusal(a, text)
	default:
		return fault.New(fault.Permanent, "unexpected_status", "Etsy answered %s with status %d.", a.Op, a.Status)
	}
}

// serverFault leaves open whether a call that creates something was carried
// out.
func serverFault(a Answer) *fault.Error {
	kind := fault.Temporary
	if a.Once {
		kind = fault.Unknown
	}
	e := fault.New(kind, "server_error", "Etsy had a problem of its own with %s.", a.Op)
	e.RetryAfter = httpclient.RetryAfter(a.Header, a.Now)
	return e
}

// oauthFault reads the token endpoint. invalid_grant is final: the seller has
// to consent again.
func oauthFault(a Answer, text string) *fault.Error {
	switch {
	case a.Status == http.StatusTooManyRequests:
		e := fault.New(fault.RateLimited, "rate_limited", "Etsy's limit of calls is used up for now.")
		e.RetryAfter = waitOf(a.Header, a.Body, a.Now)
		return e
	case a.Status >= 500:
		return fault.New(fault.Temporary, "server_error", "Etsy's consent service had a problem of its own.")
	case strings.Contains(text, "invalid_grant"), strings.Contains(text, "invalid_token"):
		return fault.New(fault.AuthExpired, "consent_ended", "The consent for the Etsy shop has ended or was withdrawn. Connect the shop again.")
	case strings.Contains(text, "invalid_client"):
		return fault.New(fault.Denied, unknownClient, "Etsy does not know the application. Check ETSY_KEYSTRING and ETSY_SHARED_SECRET.")
	default:
		return fault.New(fault.Denied, "app_refused", "Etsy refuses the application. Check ETSY_KEYSTRING, ETSY_SHARED_SECRET and the callback address registered with Etsy.")
	}
}

func forbidden(a Answer, text string) *fault.Error {
	lower := strings.ToLower(text)
	switch {
	case strings.Contains(lower, "scope"):
		return fault.New(fault.AuthExpired, "scope_missing", "The consent for the Etsy shop lacks a permission. Connect the shop again and allow everything it asks for.")
	case strings.Contains(lower, "shared secret"), strings.Contains(lower, "api key"), strings.Contains(lower, "x-api-key"):
		return fault.New(fault.Denied, "app_refused", "Etsy refuses the application's key. Check ETSY_KEYSTRING and ETSY_SHARED_SECRET.")
	case a.Op == "createReceiptShipment", strings.Contains(lower, "not have access"):
		return fault.New(fault.Unsupported, "not_granted", "Etsy does not let this application do that for this shop: new applications may not add tracking or see addresses in several countries. Do it on Etsy itself.")
	default:
		e := refusal(a, text)
		e.Code, e.Message = "forbidden", "Etsy does not allow this for the connected shop."
		return e
	}
}

// waitOf is how long Etsy wants to be left alone. Older documents say that a
// 429 may come without retry-after; then a second or an hour is a fair guess.
func waitOf(h http.Header, body []byte, now time.Time) time.Duration {
	if wait := httpclient.RetryAfter(h, now); wait > 0 {
		return wait
	}
	if lower := strings.ToLower(string(body)); strings.Contains(lower, "daily") || strings.Contains(lower, "per day") {
		return time.Hour
	}
	return time.Second
}

// textOf joins what an error body says; a body that is no JSON is its own text.
func textOf(body []byte) string {
	var one struct {
		Error       json.RawMessage `json:"error"`
		Description string          `json:"error_description"`
		Message     string          `json:"message"`
	}
	if json.Unmarshal(body, &one) == nil {
		return joined(plain(one.Error), one.Description, one.Message)
	}
	var many []struct {
		Path    string `json:"path"`
		Type    string `json:"type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &many) == nil {
		var parts []string
		for _, m := range many {
			parts = append(parts, joined(strings.Trim(m.Path, "/")+":", m.Message, m.Type))
		}
		return strings.Join(parts, "; ")
	}
	return string(body)
}

// plain is a JSON string's text, and any other value as it stands.
func plain(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func joined(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " ")
}

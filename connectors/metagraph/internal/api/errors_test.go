package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
)

func graph(code, subcode int, message string) string {
	raw, _ := json.Marshal(map[string]any{"error": map[string]any{"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "AbC"}})
	return string(raw)
}

// The errors of Meta's guides as of 2026-11-22 and what becomes of them; codes
// 12 and 101 are reported, not documented.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, code, subcode int
		message               string
		kind                  fault.Kind
		rule                  string
		field                 string
	}{
		{500, 1, 0, "An unknown error has occurred.", fault.Temporary, "unavailable", ""},
		{500, 1, 0, "Please reduce the amount of data you're asking for, then retry your request", fault.TooLarge, "too_much_data", ""},
		{500, 2, 0, "Service temporarily unavailable", fault.Temporary, "unavailable", ""},
		{403, 3, 0, "Capability", fault.Denied, "needs_permission", ""},
		{400, 4, 0, "Application request limit reached", fault.RateLimited, "rate_limited", ""},
		{403, 10, 0, "Permission denied", fault.Denied, "needs_permission", ""},
		{400, 10, 2018278, "outside of allowed window", fault.Rejected, "window_closed", "text"},
		{403, 10, 2534022, "outside of allowed window", fault.Rejected, "window_closed", "text"},
		{400, 10, 1893063, "Page restricted", fault.Rejected, "page_restricted", "text"},
		{400, 12, 0, "deprecated", fault.Unsupported, "removed", ""},
		{400, 17, 0, "User request limit reached", fault.RateLimited, "rate_limited", ""},
		{400, 32, 0, "Page request limit reached", fault.RateLimited, "rate_limited", ""},
		{400, 33, 0, "missing", fault.NotFound, "not_found", ""},
		{400, 100, 33, "Unsupported get request", fault.NotFound, "not_found", ""},
		{400, 100, 0, "Invalid parameter", fault.Rejected, "refused_by_meta", ""},
		{400, 100, 2018001, "No matching user found", fault.Rejected, "no_such_person", "recipient"},
		{400, 100, 2534014, "user cannot be found", fault.Rejected, "no_such_person", "recipient"},
		{400, 100, 2534001, "thread archived", fault.Rejected, "thread_gone", "recipient"},
		{400, 100, 2534025, "private reply used", fault.Rejected, "private_reply_used", "text"},
		{400, 101, 0, "Error validating application", fault.Permanent, "bad_app", ""},
		{401, 102, 0, "Session", fault.AuthExpired, "token_0", ""},
		{401, 190, 0, "Invalid OAuth access token", fault.AuthExpired, "token_0", ""},
		{401, 190, 452, "session", fault.AuthExpired, "token_452", ""},
		{401, 190, 458, "app removed", fault.AuthExpired, "token_458", ""},
		{401, 190, 459, "checkpoint", fault.AuthExpired, "token_459", ""},
		{401, 190, 460, "password", fault.AuthExpired, "token_460", ""},
		{401, 190, 463, "expired", fault.AuthExpired, "token_463", ""},
		{401, 190, 464, "unconfirmed", fault.AuthExpired, "token_464", ""},
		{401, 190, 467, "invalid", fault.AuthExpired, "token_467", ""},
		{403, 200, 0, "Requires permission", fault.Denied, "needs_permission", ""},
		{403, 210, 0, "A page access token is required", fault.Denied, "needs_permission", ""},
		{403, 299, 0, "Permission", fault.Denied, "needs_permission", ""},
		{400, 341, 0, "limit", fault.RateLimited, "rate_limited", ""},
		{400, 368, 0, "blocked", fault.RateLimited, "policy_block", ""},
		{400, 551, 0, "not available", fault.Rejected, "person_unavailable", "recipient"},
		{400, 613, 1996, "odd traffic", fault.RateLimited, "rate_limited", ""},
		{400, 10800, 0, "Duplicate retailer_id", fault.Rejected, "duplicate_retailer_id", "sku"},
		{400, 80001, 0, "pages", fault.RateLimited, "rate_limited", ""},
		{400, 80002, 0, "instagram", fault.RateLimited, "rate_limited", ""},
		{400, 80006, 0, "messenger", fault.RateLimited, "rate_limited", ""},
		{400, 80009, 0, "catalog", fault.RateLimited, "rate_limited", ""},
		{400, 80014, 0, "catalog batch", fault.RateLimited, "rate_limited", ""},
		{400, 424242, 0, "new", fault.Permanent, "unknown_error", ""},
		{200, 4, 0, "a limit in a 200", fault.RateLimited, "rate_limited", ""},
	} {
		t.Run(fmt.Sprintf("%d_%d", c.code, c.subcode), func(t *testing.T) {
			t.Parallel()
			f := Fault(c.status, []byte(graph(c.code, c.subcode, c.message+" QUOTED")))
			if f == nil || f.Kind != c.kind || f.Code != c.rule || f.Field != c.field || f.Message == "" {
				t.Fatalf("fault %+v", f)
			}
			if strings.Contains(f.Message, "QUOTED") {
				t.Error("the message for people quotes Meta")
			}
			if c.kind == fault.RateLimited && f.RetryAfter < time.Minute {
				t.Errorf("waits %s", f.RetryAfter)
			}
			for _, p := range f.Problems {
				if p.Rule == "" || p.Fix == "" || p.Allowed == "" || p.Raw == "" {
					t.Errorf("problem %+v", p)
				}
			}
		})
	}
}

func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
	}{
		{200, `{"data":[]}`, ""}, {200, `[{"code":200}]`, ""}, {204, ``, ""}, {200, `{"error":null}`, ""}, {200, `{"error":{}}`, ""},
		{502, `<html>`, fault.Temporary}, {500, ``, fault.Temporary}, {429, `slow down`, fault.RateLimited}, {404, `nothing`, fault.Permanent},
		{400, `{"error":{"message":"no code","is_transient":true}}`, fault.Temporary},
	} {
		f := Fault(c.status, []byte(c.body))
		if f == nil && c.kind != "" || f != nil && f.Kind != c.kind {
			t.Errorf("%d %s: %v", c.status, c.body, f)
		}
	}
}

func TestRawIsBounded(t *testing.T) {
	t.Parallel()
	f := Fault(400, []byte(graph(100, 0, strings.Repeat("é", 5000))))
	if n := len(f.Problems[0].Raw); n > 500 || n < 400 {
		t.Errorf("%d bytes kept", n)
	}
}

func FuzzFault(f *testing.F) {
	f.Add(400, []byte(graph(190, 463, "x")))
	f.Add(200, []byte(`{"error":[]}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if got := Fault(status, body); got != nil && (got.Kind == "" || got.Message == "") {
			t.Fatalf("fault %+v", got)
		}
	})
}

package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

// Codes, statuses and messages are those of the reference copy (2025-12) and of
// the notices named in README.md.
func TestFault(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	read, write, send := Context{Op: "Read", Repeatable: true}, Context{Op: "Write"}, Context{Op: "SendMessage", Chat: true}
	for _, c := range []struct {
		code    int64
		message string
		status  int
		call    Context
		kind    fault.Kind
		rule    string // of the fault, or of its problem
		field   string
		wait    time.Duration
	}{
		{105002, "access token expired", 200, read, fault.AuthExpired, CodeTokenExpired, "", 0},
		{105002, "access token expired", 401, read, fault.AuthExpired, CodeTokenExpired, "", 0},
		{105001, "invalid token", 401, read, fault.AuthExpired, "consent_ended", "", 0},
		{105005, "access denied", 401, read, fault.Denied, CodeScope, "", 0},
		{101000, "cipher", 400, read, fault.AuthExpired, "shop_not_in_consent", "", 0},
		{106001, "bad signature", 401, read, fault.Permanent, "bad_signature", "", 0},
		{106013, "shop_cipher missing", 400, read, fault.Permanent, "bad_call", "", 0},
		{36004001, "refresh token expired", 200, read, fault.AuthExpired, "consent_ended", "", 0},
		{36004004, "auth code", 200, read, fault.Invalid, "consent_code", "", 0},
		{36004005, "no record", 200, read, fault.AuthExpired, "consent_ended", "", 0},
		{36009004, "Invalid `timestamp`", 400, read, fault.Temporary, CodeClock, "", 0},
		{36009004, "Invalid app_key", 400, read, fault.Permanent, "bad_app", "", 0},
		{36009004, `"x-tts-access-token" is invalid`, 400, read, fault.AuthExpired, "consent_ended", "", 0},
		{36009004, "shop_cipher is not required", 400, read, fault.Permanent, "bad_call", "", 0},
		{36009004, "param body.main_images is missing", 400, read, fault.Rejected, "parameter_refused", "images", 0},
		{36009004, "param query.page_token is invalid", 400, read, fault.Invalid, CodePageToken, "", 0},
		{36009002, "too many", 429, read, fault.RateLimited, "throttled", "", time.Second},
		{36009037, "test shop", 429, read, fault.RateLimited, "throttled", "", 10 * time.Minute},
		{36009003, "internal", 200, read, fault.Temporary, "marketplace_fault", "", 0},
		{36009003, "internal", 500, write, fault.Unknown, "answer_unclear", "", 0},
		{10037002, "timeout", 200, read, fault.Temporary, "marketplace_fault", "", 0},
		{36009009, "Invalid path", 404, read, fault.Permanent, "bad_call", "", 0},
		{36009033, "ip", 403, read, fault.Denied, "address_not_allowed", "", 0},
		{36009043, "shop inactive", 401, read, fault.RateLimited, "shop_inactive", "", time.Hour},
		{12052700, "seller inactive", 200, read, fault.RateLimited, "shop_inactive", "", time.Hour},
		{12052093, "limit", 200, read, fault.RateLimited, CodeDailyLimit, "", 6*time.Hour + 5*time.Minute},
		{12052109, "limit", 200, read, fault.RateLimited, CodeDailyLimit, "", 6*time.Hour + 5*time.Minute},
		{12052048, "not yours", 200, read, fault.NotFound, CodeGone, "", 0},
		{12052901, "status", 200, read, fault.Conflict, CodeWrongState, "", 0},
		{12052996, "external_id duplicated", 200, read, fault.Conflict, CodeTwin, "", 0},
		{12052051, "name exceeds", 200, read, fault.Rejected, "title_too_long", "title", 0},
		{12052931, "title rules", 200, read, fault.Rejected, "title_character", "title", 0},
		{12052013, "description", 200, read, fault.Rejected, "description_too_long", "description", 0},
		{12052104, "property is required", 200, read, fault.Rejected, "attribute_missing", "attributes", 0},
		{12052220, "prohibited", 200, read, fault.Rejected, "category_prohibited", "category", 0},
		{12052913, "no match", 200, read, fault.Rejected, CodeNoCategory, "category", 0},
		{12052055, "quantity", 200, read, fault.Rejected, CodeZero, "variants.stock", 0},
		{12019028, "warehouses", 200, read, fault.Rejected, CodeWarehouses, "variants.stock", 0},
		{12052038, "promotion", 200, read, fault.Rejected, "price_locked", "variants.price", 0},
		{12052570, "price", 200, read, fault.Rejected, "price_out_of_range", "variants.price", 0},
		{12052301, "small", 200, read, fault.Rejected, "image_size", "images", 0},
		{12059999, "something new", 200, read, fault.Rejected, "tiktok_12059999", "", 0},
		{21008111, "other seller", 200, read, fault.NotFound, "not_in_shop", "", 0},
		{21011044, "on hold", 200, write, fault.Rejected, "order_on_hold", "", 0},
		{21011022, "provider", 200, write, fault.Rejected, "carrier_unknown", "carrier", 0},
		{21011006, "shipped", 200, write, fault.Conflict, CodeShipped, "", 0},
		{25001021, "reason", 200, write, fault.Rejected, CodeReason, "", 0},
		{25001045, "late", 200, write, fault.Rejected, "too_late", "", 0},
		{12052673, "size chart", 200, read, fault.Rejected, "size_chart_missing", "attributes.Size chart", 0},
		{12052105, "qualification", 200, read, fault.Rejected, "certificate_missing", "attributes", 0},
		{12052385, "expiration", 200, read, fault.Rejected, "certificate_date", "attributes", 0},
		{12052116, "dimensions", 200, read, fault.Rejected, "package_size_missing", "defaults.length_mm", 0},
		{12052201, "brand", 200, read, fault.Rejected, "brand_not_authorized", "brand", 0},
		{12052282, "manufacturer", 200, read, fault.Rejected, "manufacturer_missing", "attributes.Manufacturer", 0},
		{25001011, "already cancelled", 200, write, fault.Conflict, CodeCancelled, "", 0},
		{25001014, "unknown reason", 200, read, fault.Rejected, CodeReason, "", 0},
		{25001057, "reason type", 200, read, fault.Rejected, CodeReason, "", 0},
		{25005005, "amount", 200, read, fault.Rejected, "amount_too_high", "amount", 0},
		{25007006, "no such request", 200, read, fault.NotFound, "not_in_shop", "", 0},
		{25011010, "platform operator", 200, read, fault.Rejected, "decided_by_tiktok", "", 0},
		{25011012, "cannot approve", 200, read, fault.Conflict, CodeDecided, "", 0},
		{25020003, "decision not match", 200, read, fault.Conflict, CodeDecided, "", 0},
		{25020009, "already cancelled", 200, read, fault.Conflict, CodeDecided, "", 0},
		{25020010, "approved", 200, read, fault.Conflict, CodeDecided, "", 0},
		{45101004, "quota", 200, send, fault.RateLimited, CodeChatQuota, "", 6*time.Hour + 5*time.Minute},
		{45101006, "sensitive", 200, send, fault.Rejected, "message_sensitive", "text", 0},
		{45101001, "parameter", 200, send, fault.Unknown, "send_unclear", "", 0},
		{45109001, "closed", 200, send, fault.Rejected, "window_closed", "", 0},
	} {
		body := fmt.Sprintf(`{"code":%d,"message":%q,"request_id":"r1","data":null}`, c.code, c.message)
		err := Fault(c.call, httpclient.Response{Status: c.status, Header: http.Header{}, Body: []byte(body)}, now)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Kind != c.kind || f.Code != c.rule || f.Field != c.field || f.RetryAfter != c.wait {
			t.Errorf("%d %s (HTTP %d): %+v, want %s %s field %q wait %s", c.code, c.message, c.status, f, c.kind, c.rule, c.field, c.wait)
			continue
		}
		if f.Message == "" || !strings.Contains(f.Error(), "r1") {
			t.Errorf("%d: message %q, error %q: both a person and an operator must be told", c.code, f.Message, f.Error())
		}
		if c.kind == fault.Rejected && len(f.Problems) > 0 && (f.Problems[0].Fix == "" || !strings.Contains(f.Problems[0].Raw, c.message)) {
			t.Errorf("%d: problem %+v", c.code, f.Problems[0])
		}
	}
}

func TestFaultOfOddAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		resp httpclient.Response
		safe bool
		want fault.Kind
	}{
		"success":             {httpclient.Response{Status: 200, Body: []byte(`{"code":0,"data":{}}`)}, true, ""},
		"code as text":        {httpclient.Response{Status: 200, Body: []byte(`{"code":"105002"}`)}, true, fault.AuthExpired},
		"zero with HTTP 500":  {httpclient.Response{Status: 500, Body: []byte(`{"code":0}`)}, true, fault.Temporary},
		"a page of a proxy":   {httpclient.Response{Status: 502, Body: []byte(`<html>`)}, false, fault.Unknown},
		"no envelope, 200":    {httpclient.Response{Status: 200, Body: []byte(`[]`)}, false, fault.Unknown},
		"empty":               {httpclient.Response{Status: 200}, true, fault.Temporary},
		"throttled, no body":  {httpclient.Response{Status: 429, Header: http.Header{"Retry-After": {"7"}}}, true, fault.RateLimited},
		"wrong host":          {httpclient.Response{Status: 404, Body: []byte("not found")}, true, fault.Permanent},
		"throttled with code": {httpclient.Response{Status: 429, Header: http.Header{"Retry-After": {"7"}}, Body: []byte(`{"code":36009002}`)}, true, fault.RateLimited},
	} {
		err := Fault(Context{Op: "x", Repeatable: c.safe}, c.resp, now)
		if got := fault.KindOf(err); got != c.want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
		if c.want == fault.RateLimited && fault.Of(err).RetryAfter != 7*time.Second {
			t.Errorf("%s: waits %s", name, fault.Of(err).RetryAfter)
		}
	}
}

func TestRawIsCut(t *testing.T) {
	t.Parallel()
	body := `{"code":12052051,"message":"` + strings.Repeat("é", 900) + `"}`
	f := fault.Of(Fault(Context{}, httpclient.Response{Status: 200, Body: []byte(body)}, time.Now()))
	if n := len([]rune(f.Problems[0].Raw)); n != 500 {
		t.Errorf("raw answer of %d characters is kept", n)
	}
}

func FuzzFault(f *testing.F) {
	for _, seed := range []string{`{"code":0}`, `{"code":36009004,"message":"body.x is missing"}`, `{"code":"x"}`, `[]`, ``, `{"code":1e30}`} {
		f.Add(200, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		err := Fault(Context{Op: "x"}, httpclient.Response{Status: status, Body: body}, time.Unix(0, 0))
		if err != nil && fault.Of(err).Message == "" {
			t.Errorf("%d %q is a fault without a message", status, body)
		}
	})
}

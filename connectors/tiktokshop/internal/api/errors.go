package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
)

// The codes of faults that a caller acts on.
const (
	CodeTokenExpired = "token_expired"
	CodeClock        = "clock_refused"
	CodeScope        = "scope_missing"
	CodeDailyLimit   = "daily_listings"
	CodeChatQuota    = "chat_quota"
	CodeWrongState   = "wrong_state"
	CodeGone         = "product_gone"
	CodeTwin         = "external_id_taken"
	CodeZero         = "quantity_refused"
	CodeWarehouses   = "warehouses_incomplete"
	CodeNoCategory   = "category_not_found"
	CodeShipped      = "already_shipped"
	CodeCancelled    = "already_cancelled"
	CodeReason       = "reason_refused"
	CodeDecided      = "already_decided"
	CodePageToken    = "page_token_refused"
)

// Context is what is known of a call whose answer is judged.
type Context struct {
	Op string
	// Repeatable says that nothing bad comes of sending it again.
	Repeatable bool
	Chat       bool
}

const (
	rawMax = 500
	// inactiveFor is how long a shop that TikTok has set inactive is left alone.
	inactiveFor = time.Hour
)

// Fault is what an answer means: nil for success, which is code 0 in an HTTP
// success. It is the only place that knows TikTok's codes. A code that nobody
// has documented is a refusal of its service.
func Fault(c Context, resp httpclient.Response, now time.Time) error {
	var e struct {
		Code      Int    `json:"code"`
		Message   string `json:"message"`
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal(resp.Body, &e); err != nil {
		return unreadable(c, resp, now)
	}
	if e.Code == 0 && resp.Status < 300 {
		return nil
	}
	f := judge(c, int64(e.Code), e.Message, resp, now)
	cause := strconv.FormatInt(int64(e.Code), 10) + " HTTP " + strconv.Itoa(resp.Status) + " request " + e.RequestID
	f.Err = operatorError(c.Op + ": " + cause)
	for i := range f.Problems {
		f.Problems[i].Channel = commerce.TikTok
		f.Problems[i].Raw = cut(strconv.FormatInt(int64(e.Code), 10) + " " + e.Message)
	}
	return f
}

// operatorError is what an operator needs to ask TikTok's support.
type operatorError string

func (e operatorError) Error() string { return string(e) }

// Part judges one refused part of a call that went well as a whole.
func Part(c Context, e PartError, now time.Time) *fault.Error {
	code, message := e.Why()
	f := judge(c, code, message, httpclient.Response{Status: http.StatusOK}, now)
	for i := range f.Problems {
		f.Problems[i].Channel = commerce.TikTok
		f.Problems[i].Raw = cut(strconv.FormatInt(code, 10) + " " + message)
	}
	return f
}

func judge(c Context, code int64, message string, resp httpclient.Response, now time.Time) *fault.Error {
	wait := httpclient.RetryAfter(resp.Header, now)
	switch {
	case code == 36009004:
		return bag(message)
	case code == 36009002 || code == 36009037 || resp.Status == http.StatusTooManyRequests:
		return limited("throttled", c.Op, cmp.Or(wait, throttle(code)), "TikTok asks us to slow down.")
	case code == 12052093 || code == 12052109:
		return limited(CodeDailyLimit, "", nextDay(now), "TikTok takes no more listings from this shop today: new shops have 100 a day. The rest goes on tomorrow by itself.")
	case code == 45101004:
		return limited(CodeChatQuota, c.Op, nextDay(now), "TikTok's allowance of 10,000 message calls a day is used up. It goes on tomorrow by itself.")
	case code == 45111012:
		return limited("throttled", c.Op, 2*time.Second, "TikTok asks us to slow down.")
	case code == 36009043 || code == 36009044 || code == 12052700:
		return limited("shop_inactive", "", inactiveFor, "TikTok has set this shop inactive. See the notices in Seller Center; the work goes on by itself afterwards.")
	case code == 45101001 && c.Op == "SendMessage":
		return fault.New(fault.Unknown, "send_unclear", "TikTok did not say clearly whether the message went out.")
	}
	if f := access(code); f != nil {
		return f
	}
	if isInternal(code) || resp.Status >= 500 {
		return broken(c)
	}
	if f := special(code); f != nil {
		return f
	}
	return refused(code)
}

// access are the faults of tokens, scopes and keys.
func access(code int64) *fault.Error {
	switch code {
	case 105002:
		return fault.New(fault.AuthExpired, CodeTokenExpired, "TikTok's access token has expired.")
	case 105001, 36004001, 36004005:
		return fault.New(fault.AuthExpired, "consent_ended", "The consent of the TikTok shop has ended. Connect the shop again.")
	case 36004004:
		return fault.New(fault.Invalid, "consent_code", "TikTok's consent code is used or older than 30 minutes. Connect the shop again.")
	case 105005:
		return fault.New(fault.Denied, CodeScope, "The app or the seller's consent lacks a permission for this. Ask for it in Partner Center, then connect the shop again.")
	case 101000:
		return fault.New(fault.AuthExpired, "shop_not_in_consent", "The consent does not open this shop any more. Connect the shop again.")
	case 106001:
		return fault.New(fault.Permanent, "bad_signature", "TikTok refuses our signature. Compare TIKTOK_APP_KEY and TIKTOK_APP_SECRET with Partner Center.")
	case 106013, 36009009, 36009010, 36009014, 36009021, 36009022, 36009023:
		return fault.New(fault.Permanent, "bad_call", "TikTok did not understand our call. This is a fault of Manystall: please report it.")
	case 36009033:
		return fault.New(fault.Denied, "address_not_allowed", "The app's IP allow list refuses this server. Switch the list off in Partner Center, or add the address.")
	}
	return nil
}

// bag takes 36009004 apart, which stands for unrelated failures: only its
// message tells them apart.
func bag(message string) *fault.Error {
	text := strings.NewReplacer("`", "", "'", "", `"`, "").Replace(strings.ToLower(message))
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("timestamp"):
		return fault.New(fault.Temporary, CodeClock, "TikTok refuses the time of our call. Set this server's clock.")
	case has("app_key", "app_secret", "signature", "sign "):
		return fault.New(fault.Permanent, "bad_app", "TikTok does not know this app. Compare TIKTOK_APP_KEY and TIKTOK_APP_SECRET with Partner Center.")
	case has("access-token", "access_token"):
		return fault.New(fault.AuthExpired, "consent_ended", "TikTok refuses the shop's token. Connect the shop again.")
	case has("page_token"):
		return fault.New(fault.Invalid, CodePageToken, "TikTok does not know this page any more.")
	case has("shop_cipher"):
		return fault.New(fault.Permanent, "bad_call", "TikTok did not understand our call. This is a fault of Manystall: please report it.")
	}
	field := ""
	if _, after, ok := strings.Cut(text, "body."); ok {
		field, _, _ = strings.Cut(after, " ")
	}
	return fault.Refused(fault.Rejected, commerce.Problem{
		Rule: "parameter_refused", Field: ourField(field), Fix: "TikTok misses or refuses a value. See its own words and correct the product.",
	})
}

// ourField is our name for a path in TikTok's body.
func ourField(theirs string) string {
	switch {
	case strings.HasPrefix(theirs, "main_images"):
		return "images"
	case strings.HasPrefix(theirs, "skus.price"):
		return "variants.price"
	case strings.HasPrefix(theirs, "skus"):
		return "variants"
	case strings.HasPrefix(theirs, "category"):
		return "category"
	case strings.HasPrefix(theirs, "package_weight"):
		return "variants.grams"
	}
	return theirs
}

// special are the refusals that are about the state of things, not content.
func special(code int64) *fault.Error {
	switch code {
	case 12052048, 12052034, 12052032, 12052260, 12052031:
		return fault.New(fault.NotFound, CodeGone, "The product is not in the TikTok shop any more.")
	case 21008111, 25007006, 25020005, 45101003:
		return fault.New(fault.NotFound, "not_in_shop", "TikTok does not know this in the shop.")
	case 12052901, 12019113:
		return fault.New(fault.Conflict, CodeWrongState, "The product's state at TikTok does not allow this now.")
	case 12052996:
		return fault.New(fault.Conflict, CodeTwin, "The product is in the TikTok shop already.")
	case 25001011, 25001051:
		return fault.New(fault.Conflict, CodeCancelled, "The order is cancelled or completed already, or the buyer's request for it is open.")
	case 21011006, 21011020, 21042056, 21008099:
		return fault.New(fault.Conflict, CodeShipped, "TikTok says that these pieces are shipped already.")
	case 25001044, 25011011, 25011012, 25011013, 25020003, 25020004, 25020009, 25020010, 25020011, 25020012:
		return fault.New(fault.Conflict, CodeDecided, "TikTok does not take this answer in the request's state.")
	case 25001014, 25001015, 25001016, 25001020, 25001021, 25001057:
		return fault.New(fault.Rejected, CodeReason, "TikTok does not accept this reason for the order's state.")
	}
	return nil
}

func isInternal(code int64) bool {
	switch code {
	case 36009003, 36009007, 10002014, 10002015, 10037002, 10037003, 10037004, 12001000, 12052881,
		11001027, 11001031, 11006005, 11006026, 21001008, 21001011, 21001029, 21001043, 21001055, 21008300, 21022029, 21022030, 21034006, 25001028:
		return true
	}
	return false
}

func broken(c Context) *fault.Error {
	if !c.Repeatable {
		return fault.New(fault.Unknown, "answer_unclear", "TikTok had a fault of its own during %s: it may have been carried out.", c.Op)
	}
	return fault.New(fault.Temporary, "marketplace_fault", "TikTok has a fault of its own just now.")
}

func unreadable(c Context, resp httpclient.Response, now time.Time) error {
	switch {
	case resp.Status == http.StatusTooManyRequests:
		return limited("throttled", c.Op, cmp.Or(httpclient.RetryAfter(resp.Header, now), time.Second), "TikTok asks us to slow down.")
	case resp.Status == http.StatusNotFound || resp.Status == http.StatusMethodNotAllowed:
		return fault.New(fault.Permanent, "bad_call", "There is no TikTok API at the configured address. Check TIKTOK_URL and TIKTOK_AUTH_URL.")
	}
	return broken(c)
}

func limited(code, scope string, wait time.Duration, message string) *fault.Error {
	return &fault.Error{Kind: fault.RateLimited, Code: code, Message: message, RetryAfter: wait, Scope: scope}
}

// throttle is how long to wait when the answer does not say: a second, and ten
// minutes for the hourly cap of test shops (notices of May and June 2026).
func throttle(code int64) time.Duration {
	if code == 36009037 {
		return 10 * time.Minute
	}
	return time.Second
}

// nextDay is how long until the next day begins, with some minutes of grace.
// TikTok does not say in which time zone it counts: UTC is assumed, and asked
// again every day.
func nextDay(now time.Time) time.Duration {
	return now.UTC().Truncate(24 * time.Hour).Add(24*time.Hour + 5*time.Minute).Sub(now)
}

func cut(s string) string {
	if r := []rune(s); len(r) > rawMax {
		return string(r[:rawMax-1]) + "…"
	}
	return s
}

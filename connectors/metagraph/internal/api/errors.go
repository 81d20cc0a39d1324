package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// graphError is Meta's error object (Graph API error handling, 2026-11).
// Message and the user texts are for operators: they may quote content.
type graphError struct {
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode"`
	Transient bool   `json:"is_transient"`
	UserTitle string `json:"error_user_title"`
	UserMsg   string `json:"error_user_msg"`
	Trace     string `json:"fbtrace_id"`
}

// Fault turns an answer into a fault; nil when it holds no error. It decides on
// code and subcode, never on the status or on texts, with one documented
// exception (code 1, too much data). A body with an error counts with any
// status, since a 200 may carry one.
func Fault(status int, body []byte) *fault.Error {
	var answer struct {
		Error *graphError `json:"error"`
	}
	readable := json.Unmarshal(body, &answer) == nil
	switch {
	case readable && answer.Error != nil && (answer.Error.Code != 0 || status >= http.StatusBadRequest):
		return answer.Error.fault()
	case status < http.StatusBadRequest:
		return nil
	case status == http.StatusTooManyRequests:
		return limited("app", unknownWait, nil)
	case status >= http.StatusInternalServerError:
		return fault.New(fault.Temporary, "gateway", "Meta did not answer properly (status %d).", status)
	}
	return fault.New(fault.Permanent, "unknown_answer", "Meta refused the call with status %d and no reason.", status)
}

func (e *graphError) fault() *fault.Error {
	f := e.kind()
	f.Err = fmt.Errorf("meta %s %d/%d trace %s", cut(e.Type, 40), e.Code, e.Subcode, cut(e.Trace, 60))
	raw, err := json.Marshal(e)
	if err != nil {
		return f
	}
	for i := range f.Problems {
		f.Problems[i].Raw = cut(string(raw), 500)
	}
	return f
}

// kind is the table of errors: the codes of Meta's guides, 2026-11. Codes 12,
// 101, 104 and 2500 are in none of them; they are sorted by what they are
// generally reported to mean.
func (e *graphError) kind() *fault.Error {
	switch c := e.Code; {
	case c == 1 && strings.Contains(strings.ToLower(e.Message), "reduce the amount of data"):
		return fault.New(fault.TooLarge, "too_much_data", "Meta asks for a smaller call.")
	case c == 102 || c == 190 || c == 104 || c == 2500 && strings.Contains(e.Message, "active access token"):
		return e.expired()
	case c == 4 || c == 17 || c == 32 || c == 341 || c == 613:
		return limited(map[int]string{4: "app", 17: "user", 32: "page", 341: "app", 613: "custom"}[c], unknownWait, e)
	case c >= 80000 && c <= 80014:
		return limited("business", unknownWait, e)
	case c == 368:
		return limited("policy", 6*time.Hour, e)
	case c == 10 && (e.Subcode == 2534022 || e.Subcode == 2018278):
		return refused("window_closed", "text", "within 24 hours of the buyer's last message, or 7 days for text a person typed", "The time to reply is over. It opens again when the buyer writes.")
	case c == 10 && e.Subcode == 1893063:
		return refused("page_restricted", "text", "a Page that may send messages", "Meta has barred the Page from sending messages for a while. Look at the Page's support inbox.")
	case c == 3 || c == 10 || c == 210 || c >= 200 && c <= 299:
		return fault.New(fault.Denied, "needs_permission", "Meta does not allow this: a permission, a task on the Page, or access to the asset is missing. Connect again and leave every permission switched on.")
	case c == 12:
		return fault.New(fault.Unsupported, "removed", "Meta has removed this function and has no replacement.")
	}
	return e.content()
}

// content sorts refusals of what was sent.
func (e *graphError) content() *fault.Error {
	switch c := e.Code; {
	case c == 551:
		return refused("person_unavailable", "recipient", "a person who can be reached", "This person can't receive messages right now.")
	case c == 100 && (e.Subcode == 2018001 || e.Subcode == 2534014):
		return refused("no_such_person", "recipient", "a person who has written to the shop", "Meta does not know this person any more: the account was deleted or has blocked the shop.")
	case e.Subcode == 2534001:
		return refused("thread_gone", "recipient", "a thread that is open", "The thread was archived or deleted at Instagram.")
	case e.Subcode == 2534025:
		return refused("private_reply_used", "text", "one private reply per comment", "The one private reply to this comment has been sent already.")
	case c == 10800:
		return refused("duplicate_retailer_id", "sku", "an id used once", "Another item of the catalog has this id. Change the SKU.")
	case c == 33 || c == 100 && e.Subcode == 33:
		return fault.New(fault.NotFound, "not_found", "Meta has no such object, or does not show it to this connection.")
	case c == 101:
		return fault.New(fault.Permanent, "bad_app", "Meta does not accept the app's id or secret. Check META_APP_ID and META_APP_SECRET.")
	case c == 1 || c == 2 || e.Transient:
		return fault.New(fault.Temporary, "unavailable", "Meta had a problem of its own.")
	case c == 100 || c == 2500:
		return refused("refused_by_meta", "", "what Meta's documentation describes", "Meta refused the content. Look at the answer below and change the product.")
	}
	return fault.New(fault.Permanent, "unknown_error", "Meta refused the call with error %d/%d.", e.Code, e.Subcode)
}

// expired says why a token is dead. The subcodes are those of Meta's access
// token guide, 2026-11.
func (e *graphError) expired() *fault.Error {
	why := map[int]string{
		458: "The app was removed at Facebook.", 459: "Facebook wants the account's owner to log in and confirm something.",
		460: "The password was changed.", 463: "The access has expired.", 464: "The account is not confirmed.",
		467: "The access was ended.", 452: "The session does not match.", 465: "The session does not match.",
	}[e.Subcode]
	if why == "" {
		why = "The access is not valid any more."
	}
	return fault.New(fault.AuthExpired, fmt.Sprintf("token_%d", e.Subcode), "%s Connect again.", why)
}

func limited(scope string, wait time.Duration, e *graphError) *fault.Error {
	f := fault.New(fault.RateLimited, "rate_limited", "Meta's limit for now is reached; the work goes on by itself.")
	if e != nil && e.Code == 368 {
		f.Code, f.Message = "policy_block", "Meta has blocked this action for a while because of its policies."
	}
	f.RetryAfter, f.Scope = wait, scope
	return f
}

func refused(rule, field, allowed, fix string) *fault.Error {
	return fault.Refused(fault.Rejected, commerce.Problem{Rule: rule, Field: field, Allowed: allowed, Fix: fix})
}

// cut shortens to n bytes at most, on a character's border.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

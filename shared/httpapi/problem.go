package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/fault"
)

// Problem is an answer that says what went wrong (RFC 9457).
type Problem struct {
	Type    string       `json:"type"`
	Title   string       `json:"title"`
	Status  int          `json:"status"`
	Detail  string       `json:"detail,omitempty"`
	Code    string       `json:"code"`
	Errors  []FieldError `json:"errors,omitempty"`
	Request string       `json:"request_id,omitempty"`
}

// FieldError is what is wrong with one field.
type FieldError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// refusal is a fault of HTTP itself, with a status no kind has.
type refusal struct {
	status int
	fault  *fault.Error
}

func (r *refusal) Error() string { return r.fault.Error() }

// Unwrap lets fault.Of find the fault.
func (r *refusal) Unwrap() error { return r.fault }

func refuse(status int, code, format string, args ...any) error {
	return &refusal{status: status, fault: fault.New(fault.Invalid, code, format, args...)}
}

// Status is the status of a fault's kind.
func Status(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	switch f := fault.Of(err); f.Kind {
	case fault.RateLimited:
		return http.StatusTooManyRequests
	case fault.AuthExpired, fault.Conflict:
		return http.StatusConflict
	case fault.Rejected, fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Unsupported:
		return http.StatusMethodNotAllowed
	case fault.Permanent:
		return http.StatusBadGateway
	case fault.Temporary, fault.Unknown:
		return http.StatusServiceUnavailable
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Denied:
		if f.Code == codeUnauthenticated {
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	default:
		return http.StatusInternalServerError
	}
}

// title is the same for the same status: the detail says more.
func title(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The request can't be read"
	case http.StatusUnauthorized:
		return "Sign in first"
	case http.StatusForbidden:
		return "Not allowed"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusMethodNotAllowed:
		return "Not possible here"
	case http.StatusConflict:
		return "Something stands against it"
	case http.StatusPreconditionFailed:
		return "It has changed meanwhile"
	case http.StatusPreconditionRequired:
		return "A version is missing"
	case http.StatusRequestEntityTooLarge:
		return "Too large"
	case http.StatusUnsupportedMediaType:
		return "Not a type we read"
	case http.StatusUnprocessableEntity:
		return "Something is not right"
	case http.StatusTooManyRequests:
		return "Too many requests"
	case http.StatusBadGateway:
		return "The other side refused"
	case http.StatusServiceUnavailable:
		return "Not possible just now"
	default:
		return "Something went wrong on our side"
	}
}

// ProblemOf is the problem of a fault as a person may read it. The message of
// an error nobody gave a kind stays inside.
func ProblemOf(err error) Problem {
	f, status := fault.Of(err), Status(err)
	p := Problem{Title: title(status), Status: status, Detail: f.Message, Code: f.Code}
	if p.Code == "" {
		p.Code = string(f.Kind)
	}
	p.Type = "urn:manystall:problem:" + p.Code
	for _, one := range f.Problems {
		p.Errors = append(p.Errors, FieldError{Field: one.Field, Code: one.Rule, Message: one.Fix})
	}
	if len(p.Errors) == 0 && f.Field != "" {
		p.Errors = []FieldError{{Field: f.Field, Code: p.Code, Message: f.Message}}
	}
	return p
}

func problemAnswer(err error, request string) *answer {
	p := ProblemOf(err)
	p.Request = request
	a := &answer{Status: p.Status, Header: http.Header{}}
	a.Header.Set("Content-Type", "application/problem+json")
	body, encodeErr := json.Marshal(p)
	if encodeErr != nil { // strings and numbers only: it can't happen
		body = fmt.Appendf(nil, `{"type":"about:blank","title":"Something went wrong on our side","status":%d,"code":"internal"}`, p.Status)
	}
	a.Body = append(body, '\n')
	if wait := fault.Of(err).RetryAfter; wait > 0 {
		a.Header.Set("Retry-After", strconv.FormatFloat(math.Ceil(wait.Seconds()), 'f', 0, 64))
	}
	if p.Status == http.StatusUnauthorized {
		a.Header.Set("WWW-Authenticate", `Bearer realm="manystall"`)
	}
	return a
}

// moved says whether a write met another version than it had read.
func moved(err error) bool {
	return fault.Is(err, fault.Conflict) && strings.HasSuffix(fault.Of(err).Code, "_moved")
}

func stale() error {
	return refuse(http.StatusPreconditionFailed, "version_mismatch", "It has changed since you read it. Read it again and decide anew.")
}

// Package fault says what went wrong in a way programs can act on: a kind, who
// it is about, and what a person may read. Programs look at the kind, never at
// the text.
package fault

import (
	"errors"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Kind decides what a queue does next and which status an API answers.
type Kind string

// The kinds of faults. See Table in the package's tests for queue and status.
const (
	Temporary   Kind = "temporary"    // again later, counted · 503
	RateLimited Kind = "rate_limited" // wait as data, not counted · 429
	AuthExpired Kind = "auth_expired" // account flagged, its work parked · 409
	Rejected    Kind = "rejected"     // the marketplace refused the content · 422
	Invalid     Kind = "invalid"      // we refuse it ourselves · 422
	NotFound    Kind = "not_found"    // the caller decides · 404
	Conflict    Kind = "conflict"     // read again, once more · 409
	Unsupported Kind = "unsupported"  // done, visible · 405
	Permanent   Kind = "permanent"    // failure record and dead-letter queue · 502
	Internal    Kind = "internal"     // again, then dead-letter queue · 500
	Unknown     Kind = "unknown"      // it may have happened: look, never repeat · 503
	Denied      Kind = "denied"       // credential missing, wrong or without the right; a marketplace's work waits for the seller · 401 or 403
	TooLarge    Kind = "too_large"    // more than is accepted · 413
)

// Error is a fault with what is known about it. Its Message is for the person
// who meets it and holds no secret, no buyer's data and no foreign text.
type Error struct {
	Kind       Kind
	Code       string        // stable, e.g. "title_too_long", "connected_elsewhere"
	Message    string        // what happened, to what, what to do
	Field      string        // which input, when one is to blame
	RetryAfter time.Duration // how long to wait; 0 is unknown
	Scope      string        // of a rate limit: the bucket that is spent
	Problems   []commerce.Problem
	Err        error // the cause, for operators
}

// Error is for operators; a person is shown Message.
func (e *Error) Error() string {
	s := string(e.Kind)
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes a fault with a formatted message.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives an error a kind and a message; nil stays nil.
func Wrap(err error, kind Kind, code, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...), Err: err}
}

// Refused is a refusal with its problems, one at least.
func Refused(kind Kind, problems ...commerce.Problem) *Error {
	e := &Error{Kind: kind, Problems: problems}
	if len(problems) > 0 {
		e.Code, e.Message, e.Field = problems[0].Rule, problems[0].Fix, problems[0].Field
	}
	return e
}

// KindOf is the kind of an error: Internal when nobody said, "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is says whether an error has the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Of is the fault inside an error, or an Internal one around it; nil for nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: Internal, Code: "internal", Message: "Something went wrong on our side.", Err: err}
}

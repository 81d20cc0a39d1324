package metasim

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

// graphError is Meta's error object (Graph API error handling guide, 2026-11).
type graphError struct {
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode,omitempty"`
	Transient bool   `json:"is_transient"`
	UserTitle string `json:"error_user_title,omitempty"`
	UserMsg   string `json:"error_user_msg,omitempty"`
	Trace     string `json:"fbtrace_id"`

	status int
}

func (e *graphError) Error() string {
	return fmt.Sprintf("graph error %d/%d: %s", e.Code, e.Subcode, e.Message)
}

// refusal is an error with its usual HTTP status; callers of the API decide on
// the code, since Meta's statuses vary.
func refusal(code, subcode int, message string) *graphError {
	e := &graphError{Message: fmt.Sprintf("(#%d) %s", code, message), Type: "OAuthException", Code: code, Subcode: subcode, status: http.StatusBadRequest}
	switch {
	case code == 1 || code == 2:
		e.status, e.Message, e.Transient = http.StatusInternalServerError, message, code == 2
	case code == 190:
		e.status, e.Message = http.StatusUnauthorized, message
	case code == 3 || code == 10 || code >= 200 && code <= 299:
		e.status = http.StatusForbidden
	}
	return e
}

func badParameter(format string, args ...any) *graphError {
	return refusal(100, 0, fmt.Sprintf(format, args...))
}

// missing is the answer for an object that does not exist or is not ours: Meta
// does not tell which.
func missing(method, id string) *graphError {
	kind := map[string]string{http.MethodGet: "get", http.MethodPost: "post", http.MethodDelete: "delete"}[method]
	e := refusal(100, 33, "")
	e.Message = fmt.Sprintf("Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded due to missing permissions, or does not support this operation", kind, id)
	return e
}

// removed answers for what Meta took away. Its code is not documented; 12 is
// the Graph API's code for a deprecated method.
func removed(what string) *graphError {
	return refusal(12, 0, what+" was removed and has no replacement.")
}

// injected is the answer of a queued fault.
func injected(kind string) *graphError {
	switch kind {
	case simkit.FaultRateLimited:
		return refusal(4, 0, "Application request limit reached")
	case simkit.FaultTokenExpired:
		return refusal(190, 463, "Error validating access token: Session has expired.")
	case simkit.FaultRejected:
		e := badParameter("Invalid parameter")
		e.UserTitle, e.UserMsg = "Not accepted", "The content was not accepted."
		return e
	default:
		e := refusal(2, 0, "An unexpected error has occurred. Please retry your request later.")
		return e
	}
}

// encode is JSON as PHP writes it: slashes and everything that is not ASCII
// are escaped, so that a signature over decoded and encoded again bytes never
// matches by accident.
func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		// Only values made in this package come here; they always encode.
		panic(fmt.Sprintf("metasim: encode answer: %v", err))
	}
	return escape(raw)
}

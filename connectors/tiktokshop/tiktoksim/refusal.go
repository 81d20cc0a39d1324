package tiktoksim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// The codes of the gateway; the rest stand where they are given (spec
// x-error-codes, 2025-12).
const (
	codeInvalid       = 36009004 // a bag: clock, app key, token, parameters
	codeThrottled     = 36009002
	codeInternal      = 36009003
	codeNoPath        = 36009009
	codeNoMethod      = 36009010
	codeTooLarge      = 36009021
	codeContentType   = 36009022
	codeNotMultipart  = 36009023
	codeBadSign       = 106001
	codeNoCipher      = 106013
	codeOtherCipher   = 101000
	codeTokenInvalid  = 105001
	codeTokenExpired  = 105002
	codeNoScope       = 105005
	codeBadParameters = 12052910
)

// refusal is an answer with a code other than 0.
type refusal struct {
	status  int
	code    int
	message string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.code, r.message) }

// gate refuses on behalf of the gateway, with an HTTP status of its own.
func gate(status, code int, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// reject refuses on behalf of a business service: HTTP 200, code not 0.
func reject(code int, format string, args ...any) *refusal {
	return gate(http.StatusOK, code, format, args...)
}

func invalid(format string, args ...any) *refusal {
	return gate(http.StatusBadRequest, codeInvalid, format, args...)
}

// answer writes the envelope of every answer.
func (s *Sim) answer(w http.ResponseWriter, data any, err error) {
	status, code, message := http.StatusOK, 0, "Success"
	var r *refusal
	switch {
	case errors.As(err, &r):
		status, code, message, data = r.status, r.code, r.message, nil
	case err != nil:
		s.log("tiktok simulator", err)
		status, code, message, data = http.StatusInternalServerError, codeInternal, "Internal error. Try again later.", nil
	}
	if code == codeThrottled {
		w.Header().Set("Retry-After", "1")
	}
	raw, err := json.Marshal(object{"code": code, "message": message, "request_id": s.requestID(), "data": data})
	if err != nil {
		s.log("tiktok simulator: encode answer", err)
		status, raw = http.StatusInternalServerError, []byte(`{"code":36009003,"message":"Internal error.","request_id":"0","data":null}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

func (s *Sim) log(what string, err error) {
	if s.env.Log != nil {
		s.env.Log.Error(what, "error", err.Error())
	}
}

func (s *Sim) requestID() string {
	n := s.requests.Add(1)
	return s.now().Format("20060102150405") + fmt.Sprintf("%018X", n)
}

// refuseFault answers for an injected fault.
func (s *Sim) refuseFault(op operation, kind string, w http.ResponseWriter) {
	if err := s.env.Store.Update(func(tx *simkit.Tx) error { return count(tx, op) }); err != nil {
		s.log("tiktok simulator: count call", err)
	}
	switch kind {
	case simkit.FaultRateLimited:
		s.answer(w, nil, gate(http.StatusTooManyRequests, codeThrottled, "Request rate is over the limit."))
	case simkit.FaultTokenExpired:
		s.answer(w, nil, gate(http.StatusUnauthorized, codeTokenExpired, "The access token has expired."))
	case simkit.FaultRejected:
		s.answer(w, nil, rejection(op.path))
	default:
		s.answer(w, nil, gate(http.StatusInternalServerError, codeInternal, "Internal error. Try again later."))
	}
}

// rejection is how each service says that it does not like what it was sent.
func rejection(path string) *refusal {
	switch strings.Split(path, "/")[1] {
	case "product":
		return reject(codeBadParameters, "The input parameters are not valid.")
	case "customer_service":
		return reject(45101006, "The message contains sensitive content.")
	case "fulfillment":
		return reject(21001001, "The request parameters are not valid.")
	case "return_refund":
		return reject(25001001, "A request parameter is not valid.")
	default:
		return invalid("param body is invalid")
	}
}

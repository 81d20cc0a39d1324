package engine

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// maxBody is what API Gateway takes in one request
// (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html, 2026-11).
const maxBody = 10 << 20

// serve is API Gateway's part of a request. The function goes on when the
// client leaves, as it does on AWS.
func (e *Engine) serve(w http.ResponseWriter, r *http.Request) {
	route, vars := pick(e.routes, r.Method, r.URL.Path)
	if route == nil {
		refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
			return
		}
		refuse(w, http.StatusBadRequest, "Bad Request")
		return
	}
	out, err := e.callWith(context.WithoutCancel(r.Context()), route.function, e.request(r, body, route.key, vars))
	if err != nil {
		e.Log.ErrorContext(r.Context(), "request failed", "route", route.key, "error", err)
		e.refuseFailed(w, err, len(body))
		return
	}
	e.respond(w, r, out)
}

// refuseFailed answers for a function that gave no answer: 503 after the
// timeout, 500 otherwise. An event that outgrew Lambda's limit although its
// body was within API Gateway's is the client's: 413.
func (e *Engine) refuseFailed(w http.ResponseWriter, err error, body int) {
	switch {
	case errors.Is(err, errTimeout):
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
	case errors.Is(err, errTooLarge) && body > maxPayload/2:
		refuse(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	default:
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
	}
}

// refuse answers in API Gateway's own form.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": message}) // the client is gone
}

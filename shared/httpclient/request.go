// Package httpclient sends the calls of connectors through one stack of layers,
// from outside in: deadline, body limit, retry of safe calls, budget, redacted
// log, signing, transport.
package httpclient

import (
	"net/http"

	"github.com/manystall/manystall/shared/port"
)

// Request is one call of a marketplace.
type Request struct {
	Op     string // operation name for logs and budgets, never with an id in it
	Method string
	URL    string
	Header http.Header
	Body   []byte
	// Safe allows the call to be repeated: reads, and writes that carry an
	// idempotency key or state an absolute value.
	Safe bool
	// Bucket and Lane name the budget the call is paid from; an empty bucket
	// is free.
	Bucket string
	Lane   port.Lane
	// Sign is called for every attempt, after all else is set.
	Sign func(r *http.Request) error
	// Observe reads the answer's quota headers into the budget.
	Observe func(r Response) []port.Quota
	// Secret keeps the query out of every log and error.
	Secret bool
}

// Response is a complete answer: any status, body read and bounded.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

package sqs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRequest bounds a request body in bytes: 1 MiB of messages may take up to
// six bytes a character when escaped.
const maxRequest = 8 << 20

const (
	targetPrefix  = "AmazonSQS."
	contentType   = "application/x-amz-json-1.0"
	defaultRegion = "us-east-1"
	defaultHost   = "localhost"
)

// call is what an operation knows about its request besides the body.
type call struct {
	host   string
	region string
	caller string
}

type operation func(ctx context.Context, s *Service, c *call, body []byte) (any, error)

// bind turns a typed method into an operation that decodes its own request.
func bind[Req any](run func(*Service, context.Context, *call, *Req) (any, error)) operation {
	return func(ctx context.Context, s *Service, c *call, body []byte) (any, error) {
		req := new(Req)
		if err := decode(body, req); err != nil {
			return nil, err
		}
		return run(s, ctx, c, req)
	}
}

func operations() map[string]operation {
	return map[string]operation{
		"CreateQueue":                  bind((*Service).createQueue),
		"GetQueueUrl":                  bind((*Service).queueURL),
		"GetQueueAttributes":           bind((*Service).queueAttributes),
		"SetQueueAttributes":           bind((*Service).setQueueAttributes),
		"ListQueues":                   bind((*Service).listQueues),
		"ListDeadLetterSourceQueues":   bind((*Service).listSources),
		"DeleteQueue":                  bind((*Service).deleteQueue),
		"PurgeQueue":                   bind((*Service).purgeQueue),
		"TagQueue":                     bind((*Service).tagQueue),
		"UntagQueue":                   bind((*Service).untagQueue),
		"ListQueueTags":                bind((*Service).queueTags),
		"SendMessage":                  bind((*Service).sendMessage),
		"SendMessageBatch":             bind((*Service).sendMessageBatch),
		"ReceiveMessage":               bind((*Service).receiveMessage),
		"DeleteMessage":                bind((*Service).deleteMessage),
		"DeleteMessageBatch":           bind((*Service).deleteMessageBatch),
		"ChangeMessageVisibility":      bind((*Service).changeVisibility),
		"ChangeMessageVisibilityBatch": bind((*Service).changeVisibilityBatch),
		"StartMessageMoveTask":         bind((*Service).startMove),
		"ListMessageMoveTasks":         bind((*Service).listMoves),
		"CancelMessageMoveTask":        bind((*Service).cancelMove),
	}
}

// ServeHTTP answers one request of the AWS JSON 1.0 protocol. Signatures are
// not verified, but a request must carry one. It is safe for concurrent use.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := s.answer(w, r)
	if err == nil {
		s.write(w, http.StatusOK, out)
		return
	}
	f := asFault(err)
	if f.status >= http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "sqs request", "target", r.Header.Get("X-Amz-Target"), "error", err)
	}
	w.Header().Set("x-amzn-query-error", f.legacy+";"+f.side())
	s.write(w, f.status, map[string]string{"__type": f.space + f.kind, "message": f.message})
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	if !signed(r) {
		return nil, commonFault(http.StatusForbidden, "MissingAuthenticationToken", "MissingAuthenticationToken",
			"Request is missing Authentication Token")
	}
	name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), targetPrefix)
	run, known := s.operations[name]
	if !ok || !known || r.Method != http.MethodPost {
		return nil, commonFault(http.StatusBadRequest, "UnknownOperationException", "InvalidAction",
			"The action or operation requested is invalid; it must be a POST with an X-Amz-Target of AmazonSQS.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return nil, readFault(err)
	}
	return run(r.Context(), s, newCall(r), body)
}

func readFault(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return commonFault(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "RequestEntityTooLarge",
			"The request body must not be longer than %d bytes.", large.Limit)
	}
	return serialization("The request body could not be read.")
}

func signed(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.URL.Query().Has("X-Amz-Signature")
}

// newCall reads host, region and access key; the credential scope is
// key/date/region/service/aws4_request.
func newCall(r *http.Request) *call {
	c := &call{host: r.Host, region: defaultRegion, caller: "local"}
	if c.host == "" {
		c.host = defaultHost
	}
	_, rest, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope := strings.Split(strings.SplitN(rest, ",", 2)[0], "/")
	if found && len(scope) >= 5 && scope[2] != "" {
		c.caller, c.region = scope[0], scope[2]
	}
	return c
}

// decode reads a request body; an absent body is an empty request.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return serialization("The request body is not valid UTF-8.")
	}
	if err := json.Unmarshal(body, into); err != nil {
		return serialization("The request body could not be read as JSON: %v", err)
	}
	return nil
}

func asFault(err error) *fault {
	var f *fault
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, errClosed) {
		return commonFault(http.StatusServiceUnavailable, "ServiceUnavailableException", "ServiceUnavailable",
			"The server is shutting down.")
	}
	if errors.Is(err, errGone) {
		return noQueue()
	}
	return commonFault(http.StatusInternalServerError, "InternalFailure", "InternalFailure", "The server met an internal error.")
}

func (s *Service) write(w http.ResponseWriter, status int, out any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		http.Error(w, "encode answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.Header().Set("x-amzn-RequestId", s.requestID())
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the caller may be gone; there is nobody left to tell
}

// empty is the answer of operations that return nothing.
type empty struct{}

package ddb

import (
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	// maxRequest is the largest request body (AWS API reference, 16 MB).
	maxRequest  = 16 << 20
	contentType = "application/x-amz-json-1.0"
)

// ServeHTTP answers one request of the AWS JSON 1.0 protocol. Signatures are
// not verified, but a request must carry one. It is safe for concurrent use.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, answer := s.serve(w, r)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(answer)))
	h.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer)), 10))
	h.Set("X-Amzn-Requestid", s.requestID())
	w.WriteHeader(status)
	if _, err := w.Write(answer); err != nil {
		s.log.DebugContext(r.Context(), "dynamodb answer not taken", "error", err)
	}
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) (status int, answer []byte) {
	if f := refuse(r); f != nil {
		return f.status, f.body()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		f := malformed("The request body could not be read")
		if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
			f = &fault{status: http.StatusRequestEntityTooLarge, kind: shapeService + "RequestEntityTooLargeException",
				message: "Request size exceeded the limit of 16 MB"}
		}
		return f.status, f.body()
	}
	return s.Serve(r.Context(), r.Header.Get("X-Amz-Target"), body)
}

// refuse checks what has to be right before the body is read.
func refuse(r *http.Request) *fault {
	_, known := find(r.Header.Get("X-Amz-Target"))
	switch {
	case r.Method != http.MethodPost || !known:
		return &fault{status: http.StatusBadRequest, kind: shapeService + "UnknownOperationException"}
	case !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-") && !r.URL.Query().Has("X-Amz-Signature"):
		return &fault{status: http.StatusBadRequest, kind: shapeService + "MissingAuthenticationTokenException",
			message: "Request is missing Authentication Token"}
	}
	return nil
}

// requestID numbers the answers since the start, in the form AWS uses.
func (s *Service) requestID() string {
	const length, letters = 52, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte(strings.Repeat("A", length))
	for n, i := s.requests.Add(1), length-1; n > 0; n, i = n/32, i-1 {
		id[i] = letters[n%32]
	}
	return string(id)
}

package engine

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// answer is what a function returns to an HTTP API. StatusCode tells the full
// form from the short one, in which the answer itself is the body.
type answer struct {
	StatusCode      *int              `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// respond writes a function's answer as API Gateway does. One it cannot read
// becomes a 500.
func (e *Engine) respond(w http.ResponseWriter, r *http.Request, out []byte) {
	a, body, err := decodeAnswer(out)
	if err != nil {
		e.Log.ErrorContext(r.Context(), "function answered in a wrong form", "path", r.URL.Path, "error", err)
		refuse(w, http.StatusInternalServerError, "Internal Server Error")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	for name, v := range a.Headers {
		switch strings.ToLower(name) {
		case "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer":
			continue // belong to the connection, which is not the function's
		}
		h.Set(name, v)
	}
	for _, c := range a.Cookies {
		h.Add("Set-Cookie", c)
	}
	w.WriteHeader(*a.StatusCode)
	_, _ = w.Write(body) // the client is gone
}

func decodeAnswer(out []byte) (answer, []byte, error) {
	var a answer
	if trimmed := bytes.TrimSpace(out); len(trimmed) > 0 && trimmed[0] == '{' {
		if err := json.Unmarshal(out, &a); err != nil {
			return a, nil, fmt.Errorf("decode answer: %w", err)
		}
	}
	if a.StatusCode == nil {
		return inferred(out)
	}
	if *a.StatusCode < 100 || *a.StatusCode > 599 {
		return a, nil, fmt.Errorf("decode answer: status %d", *a.StatusCode)
	}
	if !a.IsBase64Encoded {
		return a, []byte(a.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(a.Body)
	if err != nil {
		return a, nil, fmt.Errorf("decode answer's body: %w", err)
	}
	return a, body, nil
}

// inferred is the answer without a statusCode: 200, JSON, the answer itself.
func inferred(out []byte) (answer, []byte, error) {
	status := http.StatusOK
	a := answer{StatusCode: &status, Headers: map[string]string{"Content-Type": "application/json"}}
	var text string
	if json.Unmarshal(out, &text) == nil {
		return a, []byte(text), nil
	}
	if !json.Valid(out) {
		return a, nil, fmt.Errorf("decode answer: no JSON")
	}
	return a, out, nil
}

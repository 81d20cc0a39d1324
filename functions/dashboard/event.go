package dashboard

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Handle answers one event of the HTTP API (payload version 2.0).
func (h *Handler) Handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	r, err := request(ctx, e)
	if err != nil {
		return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusBadRequest}, nil //nolint:nilerr // the event itself is unreadable: nobody else is to blame
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body := w.Body.Bytes()
	if r.Method == http.MethodHead { // a server drops it, a recorder does not
		body = nil
	}
	return response(w.Code, w.Header(), body), nil
}

// request makes a request of an event. Headers of one name come joined by
// commas, cookies in a list of their own (API Gateway, "Working with AWS Lambda
// proxy integrations for HTTP APIs", read 2026-11-20).
func request(ctx context.Context, e events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(e.Body)
	if e.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, fmt.Errorf("decode the body of the event: %w", err)
		}
	}
	address, err := url.ParseRequestURI(e.RawPath)
	if err != nil || address.Scheme != "" || address.Host != "" || address.RawQuery != "" {
		address = &url.URL{Path: e.RawPath} // came decoded
	}
	address.RawQuery = e.RawQueryString
	method := e.RequestContext.HTTP.Method
	r, err := http.NewRequestWithContext(ctx, method, "/", strings.NewReader(string(body)))
	if err != nil {
		return nil, fmt.Errorf("make a request of the event: %w", err)
	}
	r.URL, r.RequestURI, r.Host = address, address.RequestURI(), e.RequestContext.DomainName
	for name, value := range e.Headers {
		r.Header.Set(name, value)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
		r.Header.Del("Host")
	}
	if len(e.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	r.RemoteAddr = e.RequestContext.HTTP.SourceIP
	return r, nil
}

func response(status int, header http.Header, body []byte) events.APIGatewayV2HTTPResponse {
	out := events.APIGatewayV2HTTPResponse{StatusCode: status, Headers: map[string]string{}, Cookies: header.Values("Set-Cookie")}
	for name, values := range header {
		if name != "Set-Cookie" {
			out.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	if text(header.Get("Content-Type")) {
		out.Body = string(body)
	} else if len(body) > 0 {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return out
}

// text says whether a body of ours is UTF-8 by its type.
func text(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "javascript") || kind == "image/svg+xml"
}

package engine

import (
	"encoding/base64"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// request builds the event of payload format 2.0
// (docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html, 2026-11).
// An HTTP API decodes the path before it becomes rawPath; the query stays as it
// was sent.
func (e *Engine) request(r *http.Request, body []byte, key string, vars map[string]string) events.APIGatewayV2HTTPRequest {
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: key, RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery,
		Cookies: cookies(r), Headers: headers(r), PathParameters: vars,
		QueryStringParameters: query(r), RequestContext: e.requestContext(r, key),
	}
	if isText(r.Header) {
		event.Body = string(body)
	} else if len(body) > 0 {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

func (e *Engine) requestContext(r *http.Request, key string) events.APIGatewayV2HTTPRequestContext {
	prefix, _, _ := strings.Cut(r.Host, ".")
	now := e.Now().UTC()
	return events.APIGatewayV2HTTPRequestContext{
		RouteKey: key, AccountID: e.AccountID, Stage: "$default", RequestID: e.NewID(), APIID: "local",
		DomainName: r.Host, DomainPrefix: prefix,
		Time: now.Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
		HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
			Method: r.Method, Path: r.URL.Path, Protocol: r.Proto,
			SourceIP: sourceIP(r), UserAgent: r.UserAgent(),
		},
	}
}

// isText says whether a body is handed over as it is. Everything else, forms
// and bodies without a type included, goes as base64; so does a compressed one.
// AWS does not document the list; it was measured on the live service by the
// authors of ministack (github.com/ministackorg/ministack/pull/766, 2026-06).
func isText(h http.Header) bool {
	if h.Get("Content-Encoding") != "" {
		return false
	}
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// headers are lower-cased, repeated ones joined with commas. Cookies have a
// field of their own.
func headers(r *http.Request) map[string]string {
	out := map[string]string{"host": r.Host}
	for name, values := range r.Header {
		out[strings.ToLower(name)] = strings.Join(values, ",")
	}
	delete(out, "cookie")
	from := sourceIP(r)
	if given := out["x-forwarded-for"]; given != "" {
		from = given + ", " + from
	}
	out["x-forwarded-for"] = from
	out["x-forwarded-proto"] = "http"
	if r.TLS != nil {
		out["x-forwarded-proto"] = "https"
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		out["x-forwarded-port"] = port
	}
	return out
}

func cookies(r *http.Request) []string {
	var all []string
	for _, line := range r.Header.Values("Cookie") {
		for one := range strings.SplitSeq(line, ";") {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

func query(r *http.Request) map[string]string {
	values := r.URL.Query()
	if len(values) == 0 {
		return nil
	}
	out := make(map[string]string, len(values))
	for name, v := range values {
		out[name] = strings.Join(v, ",")
	}
	return out
}

func sourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

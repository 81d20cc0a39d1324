// Package dashboard is the function behind the HTTP API: the JSON API that
// openapi.yaml promises and the web page that lives on it. Reads go to storage;
// commands go to use cases.
package dashboard

import (
	"context"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/infra/gateway"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpapi"
)

// Handler answers the requests of browsers and API clients. It keeps no state
// between them and is safe for concurrent use.
type Handler struct {
	Deps
	api  *httpapi.API
	site *site
}

// New makes a handler.
func New(d Deps) *Handler {
	h := &Handler{Deps: d, site: newSite(d.Local, d.Pictures, d.UploadOrigin)}
	h.api = httpapi.New(httpapi.Config{Accounts: d.Store, Desk: d.Store, Now: d.Now, NewID: d.NewID, Log: d.Log}, h.routes()...)
	return h
}

// routes are all endpoints; openapi.yaml lists the same.
func (h *Handler) routes() []httpapi.Route {
	var all []httpapi.Route
	for _, some := range [][]httpapi.Route{
		h.sessionRoutes(), h.meRoutes(), h.summaryRoutes(), h.reportRoutes(), h.channelRoutes(), h.connectionRoutes(), h.consentRoutes(),
		h.importRoutes(), h.productRoutes(), h.listingRoutes(), h.orderRoutes(), h.stockRoutes(), h.inboxRoutes(), h.queueRoutes(), h.rebuildRoutes(),
	} {
		all = append(all, some...)
	}
	return all
}

// Handle answers one event of the HTTP API (payload version 2.0).
func (h *Handler) Handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return gateway.Serve(ctx, h, e)
}

// ServeHTTP sends the API's paths to the API and all else to the page.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/v1" || strings.HasPrefix(r.URL.Path, "/v1/"):
		h.api.ServeHTTP(w, r)
	case r.URL.Path == "/signin":
		h.signin(w, r)
	default:
		h.site.ServeHTTP(w, r)
	}
}

// driver is the connector of a channel.
func (h *Handler) driver(c commerce.Channel) (channel.Driver, bool) {
	for _, d := range h.Drivers {
		if d.Name == c {
			return d, true
		}
	}
	return channel.Driver{}, false
}

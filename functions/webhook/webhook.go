// Package webhook is the function behind everything that marketplaces, shops
// and buyers' browsers call: it verifies the raw bytes, puts what they say on
// the inbound queue and answers. It answers 5xx only when something was not
// stored, so that the other side comes again.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/infra/gateway"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

// maxBody is what a request may carry: an event passes Lambda with 6 MB.
const maxBody = 6 << 20

// Accounts knows connections by their keys and principals.
type Accounts interface {
	VerifyInbound(ctx context.Context, keyID, signature string, body []byte) (port.Account, error)
	VerifyShop(ctx context.Context, keyID, signature string, body []byte) (port.Account, error)
	ByKey(ctx context.Context, kind, key string) (port.Account, error)
	RevokedBy(ctx context.Context, c commerce.Channel, principal commerce.RemoteID) error
	OfPrincipal(ctx context.Context, c commerce.Channel, principal commerce.RemoteID) ([]port.Account, error)
	Forget(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) error
}

// Carts turns carts and foreign orders into ours.
type Carts interface {
	OpenCart(ctx context.Context, a port.Account, items []trade.CartItem, coupon string, c commerce.Channel, att commerce.Attribution) (port.CartSession, []trade.CartNotice, error)
	ReopenCart(ctx context.Context, a port.Account, session string) (port.CartSession, []trade.CartNotice, error)
	Receive(ctx context.Context, a port.Account, in trade.Inbound) (commerce.Order, error)
}

// Store is what the function keeps by itself: the state of data deletions, and
// records of what could not be read; and what it reads.
type Store interface {
	Order(ctx context.Context, w commerce.WorkspaceID, id commerce.OrderID) (commerce.Order, error)
	PutFailure(ctx context.Context, f port.Failure) error
	PublicKey(ctx context.Context, key string) (port.PublicKey, error)
	PutPublicKey(ctx context.Context, k port.PublicKey) error
	Workspace(ctx context.Context, id commerce.WorkspaceID) (port.Workspace, error)
}

// Deps is what the function stands on.
type Deps struct {
	Hooks         []channel.Hook
	Apps          map[commerce.Channel]any
	ParseCheckout func(q url.Values) (channel.Cart, error)
	Feed          func(ctx context.Context, a port.Account) (Feed, error)
	OrderID       func(a commerce.AccountID, remote commerce.RemoteID) commerce.OrderID
	Store         Store
	Accounts      Accounts
	Carts         Carts
	Queue         port.Sender
	Blobs         port.Blobs
	PublicURL     string
	Now           func() time.Time
	NewID         func() string
	Log           *slog.Logger
}

// Handler answers the calls of others.
type Handler struct {
	Deps
	mux  *http.ServeMux
	page *page
}

// New makes a Handler.
func New(d Deps) *Handler {
	h := &Handler{Deps: d, mux: http.NewServeMux(), page: newPage()}
	for _, hook := range d.Hooks {
		h.mux.HandleFunc(hook.Method+" "+hook.Path, func(w http.ResponseWriter, r *http.Request) { h.hook(w, r, hook) })
	}
	h.mux.HandleFunc("GET /checkout/meta/{key}", h.checkout)
	h.mux.HandleFunc("GET /feeds/meta/{file}", h.feed)
	h.mux.HandleFunc("POST /v1/inbound/orders", h.inbound)
	for _, s := range shops() {
		h.mux.HandleFunc("POST /v1/inbound/"+s.name+"/{key}", func(w http.ResponseWriter, r *http.Request) { h.shop(w, r, s) })
	}
	h.mux.HandleFunc("GET /deletion/{code}", h.deletion)
	return h
}

// Handle answers one event of the HTTP API.
func (h *Handler) Handle(ctx context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return gateway.Serve(ctx, h.mux, e)
}

// hook lets a marketplace's notification be verified, queues what it says and
// answers.
func (h *Handler) hook(w http.ResponseWriter, r *http.Request, hook channel.Hook) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	resp, told, err := hook.Handle(h.Apps, channel.HookRequest{
		Path: pathValues(hook.Path, r), Query: r.URL.Query(), Header: r.Header, Body: body, Now: h.Now(), PublicURL: h.PublicURL,
	})
	if err != nil {
		h.refuse(r.Context(), w, hook.Path, err)
		return
	}
	if err := errors.Join(h.queue(r.Context(), told), h.withdrawn(r.Context(), resp), h.unreadable(r.Context(), hook.Path, resp, body)); err != nil {
		h.Log.ErrorContext(r.Context(), "notification not stored", "path", hook.Path, "err", err.Error())
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if resp.Type != "" {
		w.Header().Set("Content-Type", resp.Type)
	}
	w.WriteHeader(resp.Status)
	_, _ = w.Write(resp.Body)
}

// refuse answers without a word: who can't sign learns nothing.
func (h *Handler) refuse(ctx context.Context, w http.ResponseWriter, path string, err error) {
	h.Log.WarnContext(ctx, "notification refused", "path", path, "err", err.Error())
	switch fault.KindOf(err) {
	case fault.Denied:
		w.WriteHeader(http.StatusUnauthorized)
	case fault.Invalid, fault.Rejected, fault.NotFound, fault.Unsupported:
		w.WriteHeader(http.StatusBadRequest)
	default:
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// pathValues are the values of the variables of a route's pattern.
func pathValues(pattern string, r *http.Request) map[string]string {
	values := map[string]string{}
	for part := range strings.SplitSeq(pattern, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			values[name] = r.PathValue(name)
		}
	}
	return values
}

func (h *Handler) queue(ctx context.Context, told []channel.Event) error {
	out := make([]port.Outgoing, 0, len(told))
	for _, e := range told {
		e.ReceivedAt = h.Now()
		m, err := h.message(ctx, e)
		if err != nil {
			return err
		}
		m.Kind, m.Channel, m.Remote = "event", e.Channel, e.Account
		out = append(out, port.Outgoing{Body: m})
	}
	if len(out) == 0 {
		return nil
	}
	return h.Queue.Send(ctx, port.InboundQueue, out...)
}

// message carries a body, in a blob when it is large.
func (h *Handler) message(ctx context.Context, body any) (port.Inbound, error) {
	return port.Inbound{V: port.MessageVersion, FetchedAt: h.Now()}.Carry(ctx, h.Blobs, h.NewID, body)
}

// unreadable keeps for a week what is genuine and could not be understood.
func (h *Handler) unreadable(ctx context.Context, path string, r channel.HookResponse, body []byte) error {
	if !r.Unreadable {
		return nil
	}
	key := h.copyKey()
	h.Log.ErrorContext(ctx, "notification not readable", "path", path, "copy", key)
	if err := h.Blobs.PutBlob(ctx, key, "application/octet-stream", body); err != nil {
		return fmt.Errorf("keep an unreadable notification: %w", err)
	}
	return nil
}

func (h *Handler) notFound(w http.ResponseWriter, r *http.Request, err error) {
	if fault.Is(err, fault.NotFound) {
		http.NotFound(w, r)
		return
	}
	h.Log.ErrorContext(r.Context(), "address not looked up", "err", err.Error())
	w.WriteHeader(http.StatusServiceUnavailable)
}

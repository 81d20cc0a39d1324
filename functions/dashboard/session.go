package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// sessionLife is how long a session lasts.
const sessionLife = 14 * 24 * time.Hour

func (h *Handler) sessionRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/health", Status: http.StatusOK, Open: true}, h.health),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/sessions", Status: http.StatusCreated, Open: true}, h.createSession),
		httpapi.Handle(httpapi.Endpoint{Pattern: "DELETE /v1/sessions", Status: http.StatusNoContent}, h.deleteSession),
	}
}

type healthStatus struct {
	Status string    `json:"status"`
	Time   time.Time `json:"time"`
}

func (h *Handler) health(context.Context, *httpapi.None) (*healthStatus, error) {
	return &healthStatus{Status: "ok", Time: h.Now().UTC()}, nil
}

type sessionRequest struct {
	httpapi.Call
	Body struct {
		Key    string `json:"key" validate:"max=512"`
		Cookie bool   `json:"cookie"`
	} `body:"json,optional"`
}

type session struct {
	Token     string               `json:"token,omitempty"`
	CSRF      string               `json:"csrf"`
	ExpiresAt time.Time            `json:"expires_at"`
	Workspace commerce.WorkspaceID `json:"workspace"`
	cookie    *http.Cookie
}

// Head sets the cookie of a browser's session.
func (s *session) Head(header http.Header) {
	if s.cookie != nil {
		header.Add("Set-Cookie", s.cookie.String())
	}
}

func (h *Handler) createSession(ctx context.Context, req *sessionRequest) (*session, error) {
	key := req.Body.Key
	if key == "" {
		key = req.Bearer
	}
	owner, err := httpapi.Known(ctx, h.Store, key, h.Now())
	if err != nil {
		return nil, err
	}
	if owner.Kind != httpapi.KindOwner {
		return nil, fault.New(fault.Denied, "not_a_key", "A session is made from an API key, not from another session.")
	}
	s, token, err := h.openSession(ctx, owner, owner.Hash)
	if err != nil {
		return nil, err
	}
	answer := &session{CSRF: s.CSRF, ExpiresAt: s.ExpiresAt, Workspace: s.Space}
	if req.Body.Cookie {
		answer.cookie = sessionCookie(token, s.ExpiresAt, req.Secure)
	} else {
		answer.Token = token
	}
	return answer, nil
}

// openSession makes a session that ends with the key parent is the hash of.
func (h *Handler) openSession(ctx context.Context, from port.Credential, parent string) (port.Credential, string, error) {
	token := "mss_" + h.NewSecret()
	now := h.Now().UTC()
	s := port.Credential{
		Hash: httpapi.HashKey(token), Space: from.Space, Kind: httpapi.KindSession, Name: from.Name, Parent: parent,
		CSRF: h.NewSecret(), CreatedAt: now, ExpiresAt: now.Add(sessionLife).Truncate(time.Second),
	}
	if err := h.Store.PutCredential(ctx, s); err != nil {
		return s, "", fmt.Errorf("store session: %w", err)
	}
	return s, token, nil
}

// sessionCookie is bound to TLS except where a browser talks to its own machine.
func sessionCookie(token string, ends time.Time, secure bool) *http.Cookie {
	return &http.Cookie{Name: httpapi.CookieName(secure), Value: token, Path: "/", Expires: ends, HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode}
}

type endRequest struct {
	httpapi.Call
}

type ended struct{ cookie *http.Cookie }

// Head takes the cookie away.
func (e *ended) Head(header http.Header) {
	if e.cookie != nil {
		header.Add("Set-Cookie", e.cookie.String())
	}
}

func (h *Handler) deleteSession(ctx context.Context, req *endRequest) (*ended, error) {
	if req.Credential.Kind != httpapi.KindSession {
		return nil, fault.New(fault.Conflict, "not_a_session", "This is an API key. It is not ended here.")
	}
	if err := h.Store.DeleteCredential(ctx, req.Credential.Hash); err != nil {
		return nil, fmt.Errorf("end session: %w", err)
	}
	if !req.Cookie {
		return &ended{}, nil
	}
	gone := sessionCookie("", time.Unix(0, 0), req.Secure)
	gone.MaxAge = -1
	return &ended{cookie: gone}, nil
}

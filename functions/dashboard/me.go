package dashboard

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// attempts is how often an edit that named no version is tried anew when
// another came between.
const attempts = 4

func (h *Handler) meRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/me", Status: http.StatusOK}, h.me),
		httpapi.Handle(httpapi.Endpoint{Pattern: "PATCH /v1/me", Status: http.StatusOK, Patch: true}, h.updateMe),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/defaults", Status: http.StatusOK}, h.defaults),
		httpapi.Handle(httpapi.Endpoint{Pattern: "PUT /v1/defaults", Status: http.StatusOK, Guarded: true}, h.replaceDefaults),
	}
}

type meRequest struct {
	httpapi.Call
}

type me struct {
	Workspace  commerce.WorkspaceID                   `json:"workspace"`
	Name       string                                 `json:"name"`
	TimeZone   string                                 `json:"time_zone"`
	Currency   string                                 `json:"currency"`
	Defaults   commerce.Defaults                      `json:"defaults"`
	Abilities  map[commerce.Channel][]channel.Ability `json:"abilities"`
	Credential holder                                 `json:"credential"`
	CSRF       string                                 `json:"csrf,omitempty"`
	Local      bool                                   `json:"local"`
	Version    int64                                  `json:"version"`
}

type holder struct {
	Kind      string    `json:"kind"`
	Name      string    `json:"name,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
}

// Head sets the ETag.
func (m *me) Head(header http.Header) { httpapi.SetTag(header, m.Version) }

func (h *Handler) me(ctx context.Context, req *meRequest) (*me, error) {
	w, err := h.Store.Workspace(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	return h.describe(ctx, req.Call, w)
}

func (h *Handler) describe(ctx context.Context, c httpapi.Call, w port.Workspace) (*me, error) {
	accounts, err := h.Store.ListAccounts(ctx, c.Space)
	if err != nil {
		return nil, err
	}
	m := &me{
		Workspace: w.ID, Name: w.Name, TimeZone: w.TimeZone, Currency: w.Currency, Defaults: w.Defaults, Version: w.Version, Local: h.Local,
		Abilities:  map[commerce.Channel][]channel.Ability{},
		Credential: holder{Kind: c.Credential.Kind, Name: c.Credential.Name, ExpiresAt: c.Credential.ExpiresAt},
	}
	if c.Cookie {
		m.CSRF = c.Credential.CSRF
	}
	for _, a := range accounts {
		for _, can := range h.connection(a).Abilities {
			if !slices.Contains(m.Abilities[a.Channel], can) {
				m.Abilities[a.Channel] = append(m.Abilities[a.Channel], can)
			}
		}
	}
	return m, nil
}

type mePatch struct {
	httpapi.Call
	Body struct {
		Name     *string `json:"name" validate:"omitnil,min=1,max=100,line"`
		TimeZone *string `json:"time_zone" validate:"omitnil,timezone"`
		Currency *string `json:"currency" validate:"omitnil,currency"`
	} `body:"json"`
}

func (h *Handler) updateMe(ctx context.Context, req *mePatch) (*me, error) {
	if req.Body.Name == nil && req.Body.TimeZone == nil && req.Body.Currency == nil {
		return nil, nothingGiven("name, time_zone or currency")
	}
	w, err := h.editWorkspace(ctx, req.Call, func(w *port.Workspace) {
		set(&w.Name, req.Body.Name)
		set(&w.TimeZone, req.Body.TimeZone)
		set(&w.Currency, req.Body.Currency)
	})
	if err != nil {
		return nil, err
	}
	return h.describe(ctx, req.Call, w)
}

func (h *Handler) editWorkspace(ctx context.Context, c httpapi.Call, change func(*port.Workspace)) (port.Workspace, error) {
	return edit(c.Match, func() (port.Workspace, error) { return h.Store.Workspace(ctx, c.Space) },
		func(w port.Workspace) int64 { return w.Version },
		func(w port.Workspace) (port.Workspace, error) {
			change(&w)
			return h.Workspaces.Update(ctx, w)
		})
}

// edit reads a thing, checks If-Match and writes it. Without If-Match a write
// that met another version is tried anew on what is there then.
func edit[T any](m httpapi.Match, read func() (T, error), version func(T) int64, write func(T) (T, error)) (T, error) {
	var put T
	var err error
	for range attempts {
		var old T
		if old, err = read(); err != nil {
			return put, err
		}
		if err = m.Check(version(old)); err != nil {
			return put, err
		}
		if put, err = write(old); err == nil || m.Set || !fault.Is(err, fault.Conflict) {
			return put, err
		}
	}
	return put, err
}

func set[T any](into *T, to *T) {
	if to != nil {
		*into = *to
	}
}

func nothingGiven(fields string) error {
	return fault.New(fault.Invalid, "empty", "There is nothing to change: give %s.", fields)
}

type defaults struct {
	commerce.Defaults
	version int64
}

// Head sets the ETag.
func (d *defaults) Head(header http.Header) { httpapi.SetTag(header, d.version) }

func (h *Handler) defaults(ctx context.Context, req *meRequest) (*defaults, error) {
	w, err := h.Store.Workspace(ctx, req.Space)
	return &defaults{Defaults: w.Defaults, version: w.Version}, err
}

type defaultsRequest struct {
	httpapi.Call
	Body defaultsBody `body:"json"`
}

func (h *Handler) replaceDefaults(ctx context.Context, req *defaultsRequest) (*defaults, error) {
	w, err := h.editWorkspace(ctx, req.Call, func(w *port.Workspace) { w.Defaults = req.Body.defaults() })
	return &defaults{Defaults: w.Defaults, version: w.Version}, err
}

package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

func (h *Handler) consentRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/connections", Status: http.StatusCreated, Secret: true}, h.createConnection),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/oauth/{channel}/callback", Status: http.StatusSeeOther, Open: true}, h.oauthCallback),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/connections/callback", Status: http.StatusOK}, h.pasteCallback),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/connections/pending/{grant}", Status: http.StatusOK}, h.pendingConnection),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/connections/pending/{grant}/choose", Status: http.StatusCreated}, h.chooseConnections),
	}
}

type connectRequest struct {
	httpapi.Call
	Body struct {
		Channel commerce.Channel `json:"channel" validate:"max=40,line"`
		Login   string           `json:"login" validate:"max=40,line"`
		Kind    string           `json:"kind" validate:"omitempty,oneof=marketplace checkout"`
		Name    string           `json:"name" validate:"max=100,line"`
	} `body:"json"`
}

type connectStart struct {
	ConsentURL string             `json:"consent_url,omitempty"`
	State      string             `json:"state,omitempty"`
	ID         commerce.AccountID `json:"id,omitempty"`
	Connection *connection        `json:"connection,omitempty"`
	InboundKey string             `json:"inbound_key,omitempty"`
	Secret     string             `json:"secret,omitempty"`
}

func (h *Handler) createConnection(ctx context.Context, req *connectRequest) (*connectStart, error) {
	if req.Body.Kind == kindCheckout {
		return h.addCheckout(ctx, req)
	}
	if err := h.known(req.Body.Channel, "channel"); err != nil {
		return nil, err
	}
	by := accounts.Beginner{Credential: req.Credential.Hash, Browser: req.Cookie}
	address, state, err := h.Connections.Start(ctx, req.Space, req.Body.Channel, req.Body.Login, by)
	if err != nil {
		return nil, err
	}
	return &connectStart{ConsentURL: address, State: state}, nil
}

func (h *Handler) addCheckout(ctx context.Context, req *connectRequest) (*connectStart, error) {
	name := req.Body.Name
	if name == "" {
		name = "Own checkout"
	}
	a, secret, err := h.Connections.AddCheckout(ctx, req.Space, name)
	if err != nil {
		return nil, err
	}
	c := h.connection(a)
	return &connectStart{ID: a.ID, Connection: &c, InboundKey: c.InboundKey, Secret: secret}, nil
}

// known refuses a channel nothing can be connected to.
func (h *Handler) known(c commerce.Channel, field string) error {
	if _, ok := h.driver(c); ok {
		return nil
	}
	var names []string
	for _, d := range h.Drivers {
		names = append(names, string(d.Name))
	}
	return fault.Refused(fault.Invalid, commerce.Problem{Rule: "not_allowed", Field: field, Fix: fmt.Sprintf("%s must be one of %s.", field, strings.Join(names, ", "))})
}

type callbackRequest struct {
	httpapi.Call
	Channel commerce.Channel `path:"channel" validate:"id"`
	State   string           `query:"state" validate:"max=512"`
	// Query is what the marketplace sent, as a whole: its names differ.
	Query url.Values `query:"*"`
}

// redirect sends a browser to the page.
type redirect struct{ to string }

// Head sets the address.
func (r *redirect) Head(header http.Header) { header.Set("Location", r.to) }

func toConnections(name, value string) *redirect {
	return &redirect{to: "/connections?" + url.Values{name: {value}}.Encode()}
}

// toFinish hands the marketplace's answer to the page, which brings it with the
// session of who is signed in. It lies in the fragment: that reaches no server,
// no log and no Referer.
func toFinish(c commerce.Channel, query url.Values) *redirect {
	return &redirect{to: "/connections#" + url.Values{"returned": {"/v1/oauth/" + string(c) + "/callback?" + query.Encode()}}.Encode()}
}

// browses says whether a browser asks. Every browser says that it wants a page;
// those of the last years also say, in headers no link and no script can
// change, that they are sent somewhere (Fetch Metadata, w3.org, 2026-11).
func browses(header http.Header) bool {
	for _, name := range []string{"Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Site", "Upgrade-Insecure-Requests"} {
		if header.Get(name) != "" {
			return true
		}
	}
	return strings.Contains(strings.ToLower(strings.Join(header.Values("Accept"), ",")), "text/html")
}

// oauthCallback always ends on the page: a person looks at it.
func (h *Handler) oauthCallback(ctx context.Context, req *callbackRequest) (*redirect, error) {
	if h.known(req.Channel, "channel") != nil {
		return nil, fault.New(fault.NotFound, "not_found", "There is no such channel.")
	}
	grant, connected, err := h.Connections.Callback(ctx, accounts.Return{Channel: req.Channel, Query: req.Query, Browser: browses(req.Header)})
	if f := fault.Of(err); f != nil && f.Code == accounts.Unbound {
		return toFinish(req.Channel, req.Query), nil
	}
	switch {
	case err != nil:
		p := httpapi.ProblemOf(err)
		h.Log.WarnContext(ctx, "a consent did not end well", "channel", string(req.Channel), "problem", p.Code, "request", req.ID, "error", err.Error())
		return toConnections("problem", p.Code), nil
	case len(connected) > 0:
		return toConnections("connected", string(connected[0].ID)), nil
	default:
		return toConnections("pending", string(grant.ID)), nil
	}
}

type pasteRequest struct {
	httpapi.Call
	Body struct {
		URL string `json:"url" validate:"required,max=8192"`
	} `body:"json"`
}

func (h *Handler) pasteCallback(ctx context.Context, req *pasteRequest) (*pending, error) {
	c, query, err := h.pasted(req.Body.URL)
	if err != nil {
		return nil, err
	}
	back := accounts.Return{Channel: c, Query: query, Space: req.Space, Credential: req.Credential.Hash}
	grant, connected, err := h.Connections.Callback(ctx, back)
	if err != nil {
		return nil, err
	}
	return h.pending(ctx, req.Space, grant, connected)
}

// pasted finds channel and query in an address somebody copied. Its host is not
// looked at: it may be one that can't be reached.
func (h *Handler) pasted(address string) (commerce.Channel, url.Values, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err == nil {
		for _, d := range h.Drivers {
			if strings.HasSuffix(u.Path, "/v1/oauth/"+string(d.Name)+"/callback") && u.Query().Get("state") != "" {
				return d.Name, u.Query(), nil
			}
		}
	}
	return "", nil, fault.Refused(fault.Invalid, commerce.Problem{Rule: "not_a_callback", Field: "url",
		Fix: "Paste the whole address of the page the marketplace sent you to; it holds /v1/oauth/ and state=."})
}

type candidate struct {
	Remote     commerce.RemoteID `json:"remote_id"`
	Name       string            `json:"name"`
	CannotList string            `json:"cannot_list,omitempty"`
	Connected  bool              `json:"connected"`
}

type pending struct {
	Grant       commerce.GrantID     `json:"grant"`
	Channel     commerce.Channel     `json:"channel"`
	Candidates  []candidate          `json:"candidates"`
	Connections []commerce.AccountID `json:"connections"`
}

// pending lists what a consent opens. Settings of candidates stay inside.
func (h *Handler) pending(ctx context.Context, w commerce.WorkspaceID, g port.Grant, done []port.Account) (*pending, error) {
	all, err := h.Store.ListAccounts(ctx, w)
	if err != nil {
		return nil, err
	}
	p := &pending{Grant: g.ID, Channel: g.Channel, Candidates: []candidate{}, Connections: []commerce.AccountID{}}
	for _, a := range done {
		p.Connections = append(p.Connections, a.ID)
	}
	var found []channel.Candidate
	if len(g.Candidates) > 0 {
		if err := json.Unmarshal(g.Candidates, &found); err != nil {
			return nil, fmt.Errorf("decode the candidates of grant %s: %w", g.ID, err)
		}
	}
	for _, c := range found {
		connected := slices.ContainsFunc(all, func(a port.Account) bool {
			return a.Channel == g.Channel && a.Remote == c.Remote && a.State != port.AccountGone
		})
		p.Candidates = append(p.Candidates, candidate{Remote: c.Remote, Name: c.Name, CannotList: c.CannotList, Connected: connected})
	}
	return p, nil
}

type pendingRequest struct {
	httpapi.Call
	Grant commerce.GrantID `path:"grant" validate:"id"`
}

func (h *Handler) pendingConnection(ctx context.Context, req *pendingRequest) (*pending, error) {
	g, err := h.Store.Grant(ctx, req.Space, req.Grant)
	if err != nil {
		return nil, err
	}
	return h.pending(ctx, req.Space, g, nil)
}

type chooseRequest struct {
	httpapi.Call
	Grant commerce.GrantID `path:"grant" validate:"id"`
	Body  struct {
		Remotes []commerce.RemoteID `json:"remotes" validate:"required,min=1,max=50,unique,dive,required,max=200,line"`
	} `body:"json"`
}

func (h *Handler) chooseConnections(ctx context.Context, req *chooseRequest) (*httpapi.List[connection], error) {
	if _, err := h.Store.Grant(ctx, req.Space, req.Grant); err != nil {
		return nil, err
	}
	chosen, err := h.Connections.Choose(ctx, req.Space, req.Grant, req.Body.Remotes)
	if err != nil {
		return nil, err
	}
	return h.connections(chosen), nil
}

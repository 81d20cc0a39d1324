package metagraph

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// renewBefore is how long before its end a token is renewed: one that has
// ended can't be (Meta's access token guide, 2026-11).
const renewBefore = 20 * 24 * time.Hour

// Granted is one Page of a consent with what belongs to it.
type Granted struct {
	Settings
	// CannotList says why nothing can be listed, if so.
	CannotList string
}

// login is Facebook Login, which both surfaces use: the catalog is not
// reachable through Instagram Login.
type login struct {
	surface Surface
	app     *App
	env     channel.Env
	graph   *api.Client
}

// Auth is the consent of a surface. app is an *App.
func Auth(app any, env channel.Env, s Surface) channel.Auth {
	a := appOf(app)
	return &login{surface: s, app: a, env: env, graph: newClient(a, env)}
}

// appOf is the installation; of another marketplace's, Meta refuses every call
// and names the app id.
func appOf(app any) *App {
	if a, ok := app.(*App); ok {
		return a
	}
	return &App{}
}

// Consent is the address of the login dialog. It knows no PKCE: the code is
// worth nothing without the app's secret.
func (l *login) Consent(state, redirect, _ string) (string, error) {
	if l.app.ID == "" {
		return "", fault.New(fault.Invalid, "app_missing", "META_APP_ID is not set: enter the id and the secret of your app at Meta.")
	}
	q := url.Values{"client_id": {l.app.ID}, "redirect_uri": {redirect}, "state": {state}, "response_type": {"code"}, "scope": {strings.Join(l.surface.Scopes, ",")}}
	return host(l.env.Hosts, "META_CONSENT_URL", ConsentURL) + "/" + l.app.Version + "/dialog/oauth?" + q.Encode(), nil
}

// Exchange turns the dialog's answer into a grant with a long-lived token, the
// tokens of all Pages, and one candidate per shop of the surface.
func (l *login) Exchange(ctx context.Context, callback url.Values, redirect, _ string) (channel.Grant, error) {
	// Meta appends #_=_ to the address; a pasted one may bring it along.
	code, _, _ := strings.Cut(callback.Get("code"), "#")
	if code == "" {
		return channel.Grant{}, fault.New(fault.Invalid, "consent_denied", "Facebook was not connected: the consent was not given.")
	}
	short, err := l.graph.Exchange(ctx, code, redirect)
	if fault.Is(err, fault.Rejected) {
		return channel.Grant{}, fault.Wrap(err, fault.Invalid, "consent_expired", "This consent has been used or has expired. Connect again.")
	}
	if err != nil {
		return channel.Grant{}, err
	}
	long, err := l.graph.Prolong(ctx, short.Access)
	if err != nil {
		return channel.Grant{}, err
	}
	info, err := l.graph.Inspect(ctx, long.Access)
	if err != nil {
		return channel.Grant{}, err
	}
	pages, err := l.graph.Pages(ctx, long.Access)
	if err != nil {
		return channel.Grant{}, err
	}
	shops, err := l.shops(ctx, long.Access, pages, info.Scopes)
	if err != nil {
		return channel.Grant{}, err
	}
	g := channel.Grant{Principal: commerce.RemoteID(info.User), Scopes: info.Scopes, Tokens: l.tokens(long, info, pages), Candidates: l.surface.Candidates(shops)}
	if len(g.Candidates) == 0 {
		return channel.Grant{}, fault.New(fault.Invalid, "nothing_to_connect", "This login opens nothing to connect. Choose a Page you manage in Facebook's dialog; for Instagram it needs a professional account linked to that Page.")
	}
	l.listen(ctx, g)
	return g, nil
}

// listen makes the app hear of the Pages at once. What fails here is repeated
// and shown by Check.
func (l *login) listen(ctx context.Context, g channel.Grant) {
	for _, c := range g.Candidates {
		var set Settings
		if json.Unmarshal(c.Settings, &set) != nil {
			continue
		}
		if token := g.Tokens.Extra[pageKey(set.Page)]; token != "" {
			_, _ = subscribe(ctx, l.graph, token, set.Page)
		}
	}
}

func pageKey(page string) string { return "page:" + page }

// tokens are what a grant keeps. The user token serves as its own refresh
// token, since a good one is exchanged for a newer one.
func (l *login) tokens(t api.Token, info api.TokenInfo, pages []api.Page) channel.Tokens {
	out := channel.Tokens{Access: t.Access, Refresh: t.Access, Extra: map[string]string{}, ExpiresAt: l.renewAt(t, info)}
	if info.DataEndsAt > 0 {
		out.EndsAt = time.Unix(info.DataEndsAt, 0).UTC()
	}
	for _, p := range pages {
		if p.Token != "" {
			out.Extra[pageKey(string(p.ID))] = p.Token
		}
	}
	return out
}

// renewAt is when a token is to be renewed, which is what we call its end: 20
// days early, but not more than once a day. Zero is never.
func (l *login) renewAt(t api.Token, info api.TokenInfo) time.Time {
	now := l.env.Now()
	var end time.Time
	switch {
	case t.ExpiresIn > 0:
		end = now.Add(time.Duration(t.ExpiresIn) * time.Second)
	case info.ExpiresAt > 0:
		end = time.Unix(info.ExpiresAt, 0)
	default:
		return time.Time{}
	}
	early, tomorrow := end.Add(-renewBefore), now.Add(24*time.Hour)
	if early.Before(tomorrow) {
		early = tomorrow
	}
	if end.Before(early) {
		early = end
	}
	return early.UTC()
}

// Refresh exchanges the user token for a newer one and reads the Pages' tokens
// anew.
func (l *login) Refresh(ctx context.Context, old channel.Tokens) (channel.Tokens, error) {
	long, err := l.graph.Prolong(ctx, old.Access)
	if err != nil {
		return old, err
	}
	info, err := l.graph.Inspect(ctx, long.Access)
	if err != nil {
		return old, err
	}
	pages, err := l.graph.Pages(ctx, long.Access)
	if err != nil {
		return old, err
	}
	return l.tokens(long, info, pages), nil
}

// shops finds for every Page the catalog it can list in.
func (l *login) shops(ctx context.Context, token string, pages []api.Page, scopes []string) ([]Granted, error) {
	catalogs := map[string][]api.Catalog{} // by business
	missing := lacking(l.surface.Writes, scopes)
	if missing == "" {
		businesses, err := l.graph.Businesses(ctx, token)
		if err != nil {
			return nil, err
		}
		for _, b := range businesses {
			list, err := l.graph.Catalogs(ctx, token, string(b.ID))
			if err != nil && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			catalogs[string(b.ID)] = list
		}
	}
	shops := make([]Granted, 0, len(pages))
	for _, p := range pages {
		shops = append(shops, l.shop(ctx, token, p, catalogs, missing))
	}
	return shops, nil
}

func (l *login) shop(ctx context.Context, token string, p api.Page, catalogs map[string][]api.Catalog, missing string) Granted {
	g := Granted{Settings: Settings{Page: string(p.ID), PageName: p.Name}}
	if p.Instagram != nil {
		g.Instagram, g.Username = string(p.Instagram.ID), p.Instagram.Username
	}
	if p.Business != nil {
		g.Business = string(p.Business.ID)
	} else if len(catalogs) == 1 {
		for id := range catalogs {
			g.Business = id
		}
	}
	if missing != "" {
		g.CannotList = "The permission " + missing + " was not given, so nothing can be listed. Connect again and leave it switched on."
		return g
	}
	c, ok := l.catalog(ctx, token, g.Settings, catalogs)
	if !ok {
		g.CannotList = "The business of this Page has no product catalog. Create one in Commerce Manager and connect again."
		return g
	}
	g.Catalog, g.CatalogName = string(c.ID), c.Name
	return g
}

// catalog chooses: the one the Instagram shop shows, which has one at most;
// else the fullest one of the Page's business. The order is always the same.
func (l *login) catalog(ctx context.Context, token string, s Settings, catalogs map[string][]api.Catalog) (api.Catalog, bool) {
	var usable []api.Catalog
	for _, c := range catalogs[s.Business] {
		if c.Vertical == "" || c.Vertical == "commerce" {
			usable = append(usable, c)
		}
	}
	slices.SortFunc(usable, func(a, b api.Catalog) int {
		return cmp.Or(cmp.Compare(b.Products, a.Products), cmp.Compare(a.ID, b.ID))
	})
	if len(usable) > 1 && s.Instagram != "" {
		// Not every login may read this; then the fullest one it is.
		shown, err := l.graph.ShopCatalogs(ctx, token, s.Instagram)
		if i := slices.IndexFunc(usable, func(c api.Catalog) bool { return err == nil && len(shown) > 0 && c.ID == shown[0].ID }); i >= 0 {
			return usable[i], true
		}
	}
	if len(usable) == 0 {
		return api.Catalog{}, false
	}
	return usable[0], true
}

// lacking is the first wanted permission that was not given.
func lacking(wanted, given []string) string {
	for _, w := range wanted {
		if !slices.Contains(given, w) {
			return w
		}
	}
	return ""
}

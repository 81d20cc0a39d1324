package metagraph

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// scopesKey is where tokens of Instagram Login keep what they allow: Meta does
// not tell it again.
const scopesKey = "scopes"

// noCatalog is what Instagram Login can't do (Meta, product tagging, 2026-11:
// "Facebook Login only").
const noCatalog = "Instagram Login has no access to a catalog. To list products, connect Instagram with Facebook."

// direct is Instagram Login: messages of a professional account without a Page.
type direct struct {
	surface Surface
	app     *App
	env     channel.Env
	graph   *api.Client
}

// DirectAuth is the consent of Instagram Login. app is an *App.
func DirectAuth(app any, env channel.Env, s Surface) channel.Auth {
	a := appOf(app)
	return &direct{surface: s, app: a, env: env, graph: newInstagramClient(a, env)}
}

// Consent is the address of Instagram's login dialog.
func (d *direct) Consent(state, redirect, _ string) (string, error) {
	if d.graph.AppID == "" || d.graph.Secret == "" {
		return "", fault.New(fault.Invalid, "app_missing", "INSTAGRAM_APP_ID and INSTAGRAM_APP_SECRET are not set: enter those of the Instagram product of your app at Meta.")
	}
	q := url.Values{"client_id": {d.graph.AppID}, "redirect_uri": {redirect}, "state": {state}, "response_type": {"code"}, "scope": {strings.Join(d.surface.Direct, ",")}}
	return host(d.env.Hosts, "INSTAGRAM_AUTH_URL", InstagramConsentURL) + "/oauth/authorize?" + q.Encode(), nil
}

// Exchange turns the dialog's answer into a grant with a token of 60 days and
// the one account it opens.
func (d *direct) Exchange(ctx context.Context, callback url.Values, redirect, _ string) (channel.Grant, error) {
	// Instagram appends #_ to the address; a pasted one may bring it along.
	code, _, _ := strings.Cut(callback.Get("code"), "#")
	if code == "" {
		return channel.Grant{}, fault.New(fault.Invalid, "consent_denied", "Instagram was not connected: the consent was not given.")
	}
	short, err := d.graph.ExchangeInstagram(ctx, host(d.env.Hosts, "INSTAGRAM_AUTH_URL", InstagramAuthURL), code, redirect)
	if fault.Is(err, fault.Rejected) || fault.Is(err, fault.Permanent) {
		return channel.Grant{}, fault.Wrap(err, fault.Invalid, "consent_expired", "This consent has been used or has expired. Connect again.")
	}
	if err != nil {
		return channel.Grant{}, err
	}
	long, err := d.graph.ProlongInstagram(ctx, short.Access)
	if err != nil {
		return channel.Grant{}, err
	}
	me, err := d.graph.InstagramSelf(ctx, long.Access)
	if err != nil {
		return channel.Grant{}, err
	}
	if me.User == "" {
		return channel.Grant{}, fault.New(fault.Invalid, "nothing_to_connect", "This is no professional account. Switch it to a business or creator account in the Instagram app, then connect again.")
	}
	set := Settings{Login: ByInstagram, Instagram: string(me.User), Scoped: string(me.ID), Username: me.Username}
	raw, err := json.Marshal(set)
	if err != nil {
		return channel.Grant{}, fault.Wrap(err, fault.Internal, "bad_settings", "The settings of the Instagram account can't be kept.")
	}
	// Makes the app hear of the account at once; what fails is repeated and
	// shown by Check.
	_, _ = subscribe(ctx, d.graph, long.Access, set.Instagram)
	return channel.Grant{
		Principal: commerce.RemoteID(me.ID), Scopes: short.Scopes, Tokens: d.tokens(long, strings.Join(short.Scopes, ",")),
		Candidates: []channel.Candidate{{Remote: commerce.RemoteID(me.User), Name: "@" + me.Username, Settings: raw, CannotList: noCatalog}},
	}, nil
}

// tokens are what a grant keeps. A good token is exchanged for a newer one, 20
// days before its end.
func (d *direct) tokens(t api.Token, scopes string) channel.Tokens {
	life := time.Duration(t.ExpiresIn) * time.Second
	return channel.Tokens{
		Access: t.Access, Refresh: t.Access, ExpiresAt: d.env.Now().Add(max(life-renewBefore, life/2)).UTC(),
		Extra: map[string]string{scopesKey: scopes},
	}
}

// Refresh gives the token another 60 days. Meta renews none of less than a day:
// such a one is tried once more as it is.
func (d *direct) Refresh(ctx context.Context, old channel.Tokens) (channel.Tokens, error) {
	fresh, err := d.graph.RenewInstagram(ctx, old.Access)
	if fault.Is(err, fault.Rejected) {
		return old, nil
	}
	if err != nil {
		return old, err
	}
	return d.tokens(fresh, old.Extra[scopesKey]), nil
}

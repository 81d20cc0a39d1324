package metasim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// login answers the calls that make, prolong and explain tokens. They carry a
// secret of the app instead of a proof.
func (c *call) login(path string) (any, error) {
	switch c.req.host + " " + c.req.method + " " + path {
	case "facebook GET oauth/access_token", "facebook POST oauth/access_token":
		return c.facebookToken()
	case "facebook GET debug_token":
		return c.debugToken()
	case "instagram POST oauth/access_token":
		return c.instagramCode()
	case "instagram GET access_token":
		return c.instagramLong()
	case "instagram GET refresh_access_token":
		return c.instagramRefresh()
	}
	return nil, refusal(2500, 0, "Unknown path components: /"+path)
}

func (c *call) facebookToken() (any, error) {
	p := c.req.p
	if !same(p["client_id"], c.app("META_APP_ID")) {
		return nil, refusal(101, 0, "Error validating application. Cannot get application info due to a system error.")
	}
	if !same(p["client_secret"], c.app("META_APP_SECRET")) {
		e := refusal(1, 0, "Error validating client secret.")
		e.status = http.StatusBadRequest
		return nil, e
	}
	switch p["grant_type"] {
	case "", "authorization_code":
		return c.exchangeCode()
	case "fb_exchange_token":
		return c.prolong()
	case "client_credentials":
		return object{"access_token": p["client_id"] + "|" + p["client_secret"], "token_type": "bearer"}, nil
	}
	return nil, badParameter("Unsupported grant_type")
}

// take uses up an authorization code; it is good once, for ten minutes, and
// for the very redirect_uri of the dialog.
func (c *call) take(host string) (grant, error) {
	var g grant
	code := c.req.p["code"]
	found, err := c.tx.Find(tableCode, code, &g)
	switch {
	case err != nil:
		return g, err
	case !found || g.Host != host:
		return g, badParameter("Invalid verification code format.")
	case g.Used:
		return g, refusal(100, 36009, "This authorization code has been used.")
	case !c.now.Before(g.Expires):
		return g, refusal(100, 36007, "This authorization code has expired.")
	case c.req.p["redirect_uri"] != g.Redirect:
		return g, refusal(100, 36008, "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request")
	}
	g.Used = true
	return g, c.tx.Put(tableCode, code, g)
}

func (c *call) exchangeCode() (any, error) {
	if c.req.p["code"] == "" {
		return nil, badParameter("Missing authorization code")
	}
	g, err := c.take(Facebook)
	if err != nil {
		return nil, err
	}
	t, err := c.mint(c.tx, token{
		Kind: tokenUser, Owner: c.w.User, User: c.w.User, Scopes: g.Scopes,
		Expires: c.now.Add(shortLife), Data: c.now.Add(dataLife),
	})
	return bearerAnswer(t, c.now), err
}

func (c *call) prolong() (any, error) {
	old, err := c.bearer(c.tx, c.req.p["fb_exchange_token"])
	if err != nil {
		return nil, err
	}
	if old.Kind != tokenUser {
		return nil, badParameter("The fb_exchange_token is not a user token")
	}
	t, err := c.mint(c.tx, token{
		Kind: tokenUser, Owner: old.Owner, User: old.User, Scopes: old.Scopes, Long: true,
		Expires: c.now.Add(longLife), Data: old.Data,
	})
	return bearerAnswer(t, c.now), err
}

func bearerAnswer(t token, now time.Time) object {
	return object{"access_token": t.Value, "token_type": "bearer", "expires_in": t.expiresIn(now)}
}

// debugToken explains a token to its app. A dead token is explained, too.
func (c *call) debugToken() (any, error) {
	if !c.isAppToken(c.req.token) {
		if _, err := c.bearer(c.tx, c.req.token); err != nil {
			return nil, err
		}
	}
	var t token
	found, err := c.tx.Find(tableToken, c.req.p["input_token"], &t)
	if err != nil {
		return nil, err
	}
	if !found || t.instagram() {
		return object{"data": object{"is_valid": false, "scopes": []string{}, "error": object{
			"code": 190, "message": "Invalid OAuth access token - Cannot parse access token",
		}}}, nil
	}
	data := object{
		"app_id": c.app("META_APP_ID"), "type": t.Kind, "application": "Manystall", "user_id": t.User,
		"expires_at": unix(t.Expires), "data_access_expires_at": unix(t.Data), "issued_at": unix(t.Issued),
		"is_valid": true, "scopes": t.Scopes,
	}
	if t.Kind == tokenPage {
		data["profile_id"] = t.Owner
	}
	if sub := t.dead(c.now); sub != 0 {
		data["is_valid"] = false
		data["error"] = object{"code": 190, "subcode": sub, "message": "Error validating access token: Session has expired."}
	}
	return object{"data": data}, nil
}

// unix is a time in seconds, 0 for never.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (c *call) instagramCode() (any, error) {
	p := c.req.p
	if !same(p["client_id"], c.instagramApp()) || !same(p["client_secret"], c.app("INSTAGRAM_APP_SECRET")) {
		return nil, refusal(101, 0, "Error validating application. Invalid application ID or secret.")
	}
	if p["grant_type"] != "authorization_code" {
		return nil, badParameter("Invalid grant_type")
	}
	g, err := c.take(Instagram)
	if err != nil {
		return nil, err
	}
	t, err := c.mint(c.tx, token{
		Kind: tokenIGShort, Owner: c.w.IG, User: c.w.IGScoped, Scopes: g.Scopes,
		Expires: c.now.Add(igShortLife), Data: c.now.Add(dataLife),
	})
	if err != nil {
		return nil, err
	}
	if c.FlatInstagramToken {
		id, err := strconv.ParseUint(c.w.IG, 10, 64)
		return object{"access_token": t.Value, "user_id": id, "permissions": t.Scopes}, err
	}
	return object{"data": []object{{"access_token": t.Value, "user_id": c.w.IGScoped, "permissions": strings.Join(t.Scopes, ",")}}}, nil
}

func (c *call) instagramLong() (any, error) {
	if c.req.p["grant_type"] != "ig_exchange_token" {
		return nil, badParameter("Invalid grant_type")
	}
	if !same(c.req.p["client_secret"], c.app("INSTAGRAM_APP_SECRET")) {
		return nil, badParameter("Error validating client secret.")
	}
	old, err := c.bearer(c.tx, c.req.token)
	if err != nil {
		return nil, err
	}
	if old.Kind != tokenIGShort {
		return nil, refusal(190, 0, "The access token is not a short-lived Instagram user access token")
	}
	t, err := c.mint(c.tx, token{Kind: tokenIG, Owner: old.Owner, User: old.User, Scopes: old.Scopes, Expires: c.now.Add(igLongLife), Data: old.Data, Long: true})
	return bearerAnswer(t, c.now), err
}

// instagramRefresh gives a token another 60 days. It must be at least 24 hours
// old and not expired.
func (c *call) instagramRefresh() (any, error) {
	if c.req.p["grant_type"] != "ig_refresh_token" {
		return nil, badParameter("Invalid grant_type")
	}
	old, err := c.bearer(c.tx, c.req.token)
	if err != nil {
		return nil, err
	}
	if old.Kind != tokenIG || !slices.Contains(old.Scopes, "instagram_business_basic") {
		return nil, refusal(10, 0, "The access token cannot be refreshed")
	}
	if c.now.Sub(old.Issued) < refreshMinAge {
		return nil, badParameter("The access token is less than 24 hours old and cannot be refreshed yet")
	}
	t, err := c.mint(c.tx, token{Kind: tokenIG, Owner: old.Owner, User: old.User, Scopes: old.Scopes, Expires: c.now.Add(igLongLife), Data: old.Data, Long: true})
	answer := bearerAnswer(t, c.now)
	answer["permissions"] = strings.Join(t.Scopes, ",")
	return answer, err
}

package metasim

import (
	"net/http"
	"strings"
	"testing"
)

func TestReadsOfTheShop(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	user, system, page, login := b.user(), b.system(), b.pageToken(), b.instagramToken()
	b.need(b.call(Instagram, http.MethodPost, "/me/subscribed_apps", login, "subscribed_fields", `["messages"]`))
	ids := b.ids
	for _, c := range []struct{ host, path, token, fields, want string }{
		{Facebook, "/me", user, "", ids.User},
		{Facebook, "/me", system, "", ids.SystemUser},
		{Facebook, "/me", page, "name", pageName},
		{Facebook, "/me/accounts", system, "id,name,access_token,tasks,instagram_business_account{id,username}", `"tasks":["ADVERTISE"`},
		{Facebook, "/me/businesses", user, "id,name,verification_status", ids.Business},
		{Facebook, "/me/permissions", user, "", `"permission":"catalog_management","status":"granted"`},
		{Facebook, "/me/assigned_product_catalogs", system, "", ids.Catalog},
		{Facebook, "/me/assigned_pages", system, "id", ids.Page},
		{Facebook, "/" + ids.Business, user, "name", businessName},
		{Facebook, "/" + ids.Business + "/owned_product_catalogs", user, "id,name,product_count,vertical", `"product_count":0`},
		{Facebook, "/" + ids.Business + "/client_product_catalogs", user, "", `"data":[]`},
		{Facebook, "/" + ids.Business + "/owned_pages", user, "id", ids.Page},
		{Facebook, "/" + ids.Page, user, "access_token,instagram_business_account", ids.IG},
		{Facebook, "/" + ids.Page, page, "access_token", page},
		{Facebook, "/" + testApp, testApp + "|" + testSecret, "name", testApp},
		{Instagram, "/" + ids.IG, login, "username", igName},
		{Instagram, "/me/subscribed_apps", login, "", `"subscribed_fields":["messages"]`},
		{Instagram, "/" + ids.IG + "/conversations", login, "id", `"data":[]`},
	} {
		a := b.need(b.call(c.host, http.MethodGet, "/v26.0"+c.path, c.token, "fields", c.fields))
		if !strings.Contains(a.raw, c.want) {
			t.Errorf("%s of %s: %s", c.fields, c.path, a.raw)
		}
	}
	b.need(b.call(Instagram, http.MethodDelete, "/me/subscribed_apps", login))
	if a := b.need(b.call(Instagram, http.MethodGet, "/me/subscribed_apps", login)); len(a.data()) != 0 {
		t.Errorf("after unsubscribing: %s", a.raw)
	}
}

func TestInstagramExchangeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sim.env.App["INSTAGRAM_APP_ID"] = "777"
	code := b.approve(Instagram, "/oauth/authorize", "777", "instagram_business_basic")
	short := b.need(b.call(Instagram, http.MethodPost, "/oauth/access_token", "", "client_id", "777", "client_secret", testIGSecret,
		"grant_type", "authorization_code", "redirect_uri", testBack, "code", code)).data()[0]["access_token"].(string)
	get := func(path, token string, pairs ...string) answer {
		return b.call(Instagram, http.MethodGet, path, token, pairs...)
	}
	b.refused(get("/me", short), 190, 0)
	b.refused(get("/access_token", short, "grant_type", "x", "client_secret", testIGSecret), 100, 0)
	b.refused(get("/access_token", short, "grant_type", "ig_exchange_token", "client_secret", testSecret), 100, 0)
	b.refused(get("/refresh_access_token", short, "grant_type", "ig_refresh_token"), 10, 0)
	long := b.need(get("/access_token", short, "grant_type", "ig_exchange_token", "client_secret", testIGSecret)).body["access_token"].(string)
	b.refused(get("/access_token", long, "grant_type", "ig_exchange_token", "client_secret", testIGSecret), 190, 0)
	b.refused(get("/me/conversations", long), 200, 0) // without the permission for messages
	b.refused(get("/debug_token", long), 2500, 0)
}

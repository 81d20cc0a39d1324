package metasim

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// subscription is what POST …/subscribed_apps left.
type subscription struct {
	Fields []string `json:"fields"`
}

func (c *call) user() (any, error) {
	o := object{"id": c.id, "name": userName, "first_name": "Robin", "last_name": "Seller"}
	if c.node.Kind == kindSystem {
		o = object{"id": c.id, "name": "Catalog sync"}
	}
	return c.show(kindUser, o, "id,name")
}

// accounts lists the Page with its own token. A token made from a long-lived
// user token has no fixed end.
func (c *call) accounts() (any, error) {
	return c.list(kindPage, []entry{{key: c.w.Page, make: func() (object, error) {
		o, err := c.pageObject()
		if err != nil {
			return nil, err
		}
		t, err := c.pageToken()
		o["access_token"] = t.Value
		return o, err
	}}}, "access_token,category,name,id,tasks")
}

// pageToken is the Page's token for the calling user, the same at every call.
func (c *call) pageToken() (token, error) {
	var found token
	err := simkit.Each(c.tx, tableToken, "", func(_ string, t token) bool {
		if t.Kind == tokenPage && t.User == c.tok.User && t.Long == c.tok.Long && t.Subcode == 0 &&
			slices.Equal(t.Scopes, c.tok.Scopes) && t.Data.Equal(c.tok.Data) && (t.Long || t.Expires.Equal(c.tok.Expires)) {
			found = t
		}
		return found.Value == ""
	})
	if err != nil || found.Value != "" {
		return found, err
	}
	t := token{Kind: tokenPage, Owner: c.w.Page, User: c.tok.User, Scopes: c.tok.Scopes, Data: c.tok.Data, Long: c.tok.Long}
	if !c.tok.Long {
		t.Expires = c.tok.Expires
	}
	return c.mint(c.tx, t)
}

func (c *call) pageObject() (object, error) {
	return object{
		"id": c.w.Page, "name": pageName, "category": "Shopping & retail", "link": "https://www.facebook.com/" + c.w.Page,
		"tasks":                       c.Tasks,
		"business":                    object{"id": c.w.Business, "name": businessName},
		"owner_business":              object{"id": c.w.Business, "name": businessName},
		"instagram_business_account":  object{"id": c.w.IG, "username": igName, "name": pageName},
		"connected_instagram_account": object{"id": c.w.IG, "username": igName, "name": pageName},
		"is_published":                true,
	}, nil
}

func (c *call) pageNode() (any, error) {
	o, err := c.pageObject()
	if err != nil {
		return nil, err
	}
	if c.tok.Kind == tokenPage {
		o["access_token"] = c.tok.Value
	} else {
		o["access_token"] = func(field) (any, error) {
			t, err := c.pageToken()
			return t.Value, err
		}
	}
	return c.show(kindPage, o, "id,name")
}

func (c *call) businesses() (any, error) {
	return c.list(kindBusiness, []entry{{key: c.w.Business, make: func() (object, error) { return c.businessObject(), nil }}}, "id,name")
}

func (c *call) business() (any, error) { return c.show(kindBusiness, c.businessObject(), "id,name") }

func (c *call) businessObject() object {
	return object{"id": c.w.Business, "name": businessName, "verification_status": "verified", "link": "https://www.facebook.com/" + c.w.Business}
}

func (c *call) permissions() (any, error) {
	data := []object{}
	for _, scope := range c.tok.Scopes {
		data = append(data, object{"permission": scope, "status": "granted"})
	}
	return object{"data": data}, nil
}

// removeApp is the app's own farewell: every token of the user dies.
func (c *call) removeApp() (any, error) {
	user := c.tok.User
	err := eachToken(c.tx, func(t *token) {
		if t.User == user && t.Subcode == 0 {
			t.Subcode = 458
		}
	})
	return object{"success": true}, err
}

func (c *call) application() (any, error) {
	return c.show(kindApp, object{"id": c.id, "name": "Manystall", "link": c.env.URL + "/" + c.id}, "id,name,link")
}

// appPermissions lists the app's permissions with their level of access.
func (c *call) appPermissions() (any, error) {
	status := map[bool]string{true: "unapproved", false: "live"}[c.StandardAccess]
	data := []object{}
	for _, scope := range slices.Concat(facebookScopes(), instagramScopes()) {
		data = append(data, object{"permission": scope, "status": status})
	}
	return object{"data": data}, nil
}

// appSubscriptions is the app's own field list, which a developer keeps in the
// dashboard: here always the one callback with all messaging fields.
func (c *call) appSubscriptions() (any, error) {
	data := []object{}
	if callback := c.env.Webhooks[TopicEvents]; callback != "" {
		for _, what := range []string{"page", "instagram"} {
			var fields []object
			for _, name := range subscribable(what == "instagram") {
				fields = append(fields, object{"name": name, "version": "v26.0"})
			}
			data = append(data, object{"object": what, "callback_url": callback, "active": true, "fields": fields})
		}
	}
	return object{"data": data}, nil
}

// subscribable lists the fields an asset can be subscribed to that this
// simulator knows, from the specs' enumerations (2026-04).
func subscribable(instagram bool) []string {
	if instagram {
		return strings.Fields(`comments live_comments mentions message_edit message_reactions messages messaging_handover
			messaging_optins messaging_postbacks messaging_referral messaging_seen standby story_insights`)
	}
	return strings.Fields(`feed leadgen mention message_deliveries message_echoes message_edits message_reactions
		message_reads messages messaging_account_linking messaging_customer_information messaging_feedback
		messaging_handovers messaging_optins messaging_optouts messaging_policy_enforcement messaging_postbacks
		messaging_referrals name send_cart standby`)
}

// subject is the row of the subscription: the Page on the Facebook host, the
// account on the other.
func (c *call) subject() string {
	if c.req.host == Instagram {
		return c.w.IG
	}
	return c.w.Page
}

func (c *call) subscribe() (any, error) {
	fields, err := c.req.p.words("subscribed_fields")
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, badParameter("The parameter subscribed_fields is required.")
	}
	for i, name := range fields {
		if !slices.Contains(subscribable(c.req.host == Instagram), name) {
			return nil, badParameter("Param subscribed_fields[%d] must be one of {%s} - got %q.", i, strings.Join(subscribable(c.req.host == Instagram), ", "), name)
		}
	}
	return object{"success": true}, c.tx.Put(tableSubs, c.subject(), subscription{Fields: fields})
}

func (c *call) unsubscribe() (any, error) {
	return object{"success": true}, c.tx.Delete(tableSubs, c.subject())
}

func (c *call) subscribedApps() (any, error) {
	var sub subscription
	found, err := c.tx.Find(tableSubs, c.subject(), &sub)
	if err != nil {
		return nil, err
	}
	data := []object{}
	if found && c.req.host == Instagram {
		data = append(data, object{"app_id": c.instagramApp(), "subscribed_fields": sub.Fields})
	} else if found {
		app := object{"id": c.app("META_APP_ID"), "name": "Manystall", "category": "Utilities", "subscribed_fields": sub.Fields}
		shown, err := c.show("subscribed_app", app, "id,name,category,subscribed_fields")
		if err != nil {
			return nil, err
		}
		data = append(data, shown)
	}
	return object{"data": data}, nil
}

func (c *call) igUser() (any, error) {
	return c.show(kindIG, c.igObject(), "id")
}

func (c *call) igObject() object {
	return object{
		"id": c.w.IG, "username": igName, "name": pageName, "followers_count": 1204, "follows_count": 87, "media_count": 31,
		"is_published": true, "profile_picture_url": "https://scontent.example/" + c.w.IG + ".png",
		"owner_business":                   object{"id": c.w.Business},
		"shopping_product_tag_eligibility": true,
		"shopping_review_status":           object{"status": "approved", "reasons": []object{}},
	}
}

// loginUser is what Instagram Login sees: user_id is the professional account,
// id is scoped to the app.
func (c *call) loginUser() (any, error) {
	return c.show("instagram_login", object{
		"id": c.w.IGScoped, "user_id": c.w.IG, "username": igName, "name": pageName, "account_type": "BUSINESS",
		"followers_count": 1204, "follows_count": 87, "media_count": 31,
		"profile_picture_url": "https://scontent.example/" + c.w.IG + ".png",
	}, "id")
}

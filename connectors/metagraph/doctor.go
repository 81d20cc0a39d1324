package metagraph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
)

// warnBefore is how long before an end it is shown as a problem.
const warnBefore, versionWarning = 14 * 24 * time.Hour, 90 * 24 * time.Hour

// Check is the connection's doctor: it looks at every switch that, when it is
// off, leaves Meta silent instead of answering an error. It repairs the one it
// can: the subscription.
func (s *Shop) Check(ctx context.Context) (channel.Health, error) {
	e := s.examine(s.set.PageName)
	return e.visit(ctx, e.consent, e.tasks, e.catalog, e.inbox, e.subscription, e.access, e.listening)
}

// Check is the doctor of an account without a catalog.
func (s *Inbox) Check(ctx context.Context) (channel.Health, error) {
	e := s.examine("@" + s.set.Username)
	return e.visit(ctx, e.account, e.inbox, e.subscription, e.access, e.listening)
}

// exam is one visit.
type exam struct {
	*Inbox
	health channel.Health
}

func (s *Inbox) examine(name string) *exam {
	return &exam{Inbox: s, health: channel.Health{Missing: map[channel.Ability]string{}, Checked: s.env.Now(), ShopName: name}}
}

func (e *exam) visit(ctx context.Context, steps ...func(context.Context) error) (channel.Health, error) {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return e.health, err
		}
	}
	e.version()
	return e.done(), nil
}

func (e *exam) note(name string, ok bool, message, fix string) {
	if ok {
		fix = ""
	}
	e.health.Checks = append(e.health.Checks, channel.HealthCheck{Name: name, OK: ok, Message: message, Fix: fix})
}

// miss says why abilities can't be used; the first reason is kept.
func (e *exam) miss(reason string, abilities ...channel.Ability) {
	for _, a := range abilities {
		if e.health.Missing[a] == "" {
			e.health.Missing[a] = reason
		}
	}
}

func (e *exam) done() channel.Health {
	e.health.OK = !slices.ContainsFunc(e.health.Checks, func(c channel.HealthCheck) bool { return !c.OK })
	if len(e.health.Missing) == 0 {
		e.health.Missing = nil
	}
	return e.health
}

// told is what a fault says to the seller. Faults that say nothing about the
// connection (limits, dead tokens, the network) end the visit instead.
func told(err error) (string, bool) {
	f := fault.Of(err)
	switch f.Kind {
	case fault.Denied, fault.NotFound, fault.Rejected, fault.Permanent, fault.Unsupported:
		return f.Message, true
	}
	return "", false
}

// unknown says that the app's own token was refused, which says nothing about
// the connection either.
func unknown(err error) bool {
	_, mine := told(err)
	return mine || fault.Is(err, fault.AuthExpired)
}

func listing() []channel.Ability {
	return []channel.Ability{channel.CanWriteListings, channel.CanReadListings}
}

func talking() []channel.Ability {
	return []channel.Ability{channel.CanReadConversations, channel.CanReply}
}

// consent looks at the token's life and its permissions. A token that has ended
// is renewed like in any other call.
func (e *exam) consent(ctx context.Context) error {
	var info api.TokenInfo
	err := e.asUser(ctx, func(token string) (err error) {
		if info, err = e.graph.Inspect(ctx, token); err == nil && !info.Valid {
			return fault.New(fault.AuthExpired, "token_invalid", "Facebook has ended the consent. Connect again.")
		}
		return err
	})
	if err != nil {
		return err
	}
	e.token(info.Type, info.ExpiresAt)
	if info.DataEndsAt > 0 {
		ends := time.Unix(info.DataEndsAt, 0).UTC()
		e.health.EndsAt = ends
		// The token stays valid, but lists come back empty.
		e.note("data_access", e.env.Now().Add(warnBefore).Before(ends), "Meta shows data until "+ends.Format(time.DateOnly)+", 90 days after the last consent.", "Connect again now: afterwards Meta answers with empty lists.")
	}
	e.scope("permissions_catalog", e.surface.Writes, info.Scopes, listing())
	e.scope("permissions_messages", e.surface.Talks, info.Scopes, talking())
	return nil
}

// token says of what kind the token is and how long it lives. One that is
// renewed in time never comes near its end.
func (e *exam) token(kind string, end int64) {
	what := "Connected with a token of kind " + strings.ToLower(strings.ReplaceAll(kind, "_", " "))
	if end <= 0 {
		e.note("token", true, what+", which does not end by itself.", "")
		return
	}
	ends := time.Unix(end, 0).UTC()
	e.note("token", e.env.Now().Add(warnBefore).Before(ends), what+", good until "+ends.Format(time.DateOnly)+" and renewed before.", "Connect again: the token has not been renewed in time.")
}

// account reads the professional account through Instagram Login.
func (e *exam) account(ctx context.Context) error {
	var me api.InstagramSelf
	err := e.asUser(ctx, func(token string) (err error) {
		me, err = e.graph.InstagramSelf(ctx, token)
		return err
	})
	if err != nil {
		why, mine := told(err)
		if !mine {
			return err
		}
		e.note("instagram_account", false, "The Instagram account can't be read: "+why, "Connect again. It has to be a professional account.")
		e.miss(why, talking()...)
		return nil
	}
	e.health.ShopName = "@" + me.Username
	e.note("instagram_account", string(me.User) == e.set.Instagram, "Connected as @"+me.Username+", without a catalog.", "This login belongs to another account by now. Disconnect it and connect again.")
	have, err := e.tokens.Tokens(ctx)
	if err != nil {
		return err
	}
	renewed := have.ExpiresAt
	e.token("instagram user", renewed.Add(renewBefore).Unix())
	if have.Extra[scopesKey] != "" {
		e.scope("permissions_messages", e.surface.Direct, strings.Split(have.Extra[scopesKey], ","), talking())
	}
	return nil
}

// access finds permissions for which the app has Standard Access only. Then
// messages of people without a role on the app are silently left out (Meta,
// access levels, 2026-11). What Meta does not tell is not known.
func (e *exam) access(ctx context.Context) error {
	levels, err := e.facebook().AppPermissions(ctx)
	if err != nil {
		if unknown(err) {
			return nil
		}
		return err
	}
	for _, wanted := range e.talks() {
		if slices.ContainsFunc(levels, func(l api.AppPermission) bool { return l.Permission == wanted && !strings.EqualFold(l.Status, "live") }) {
			e.note("access_level", false, "The app has Standard Access to "+wanted+": only people with a role on the app are heard, others are left out without an error.", "Apply for Advanced Access in the app's dashboard at Meta, under App Review. Until then add those you test with under App roles.")
			return nil
		}
	}
	if len(levels) > 0 {
		e.note("access_level", true, "The app has Advanced Access to messages.", "")
	}
	return nil
}

// talks are the permissions of messages for the login this account lives by.
func (e *exam) talks() []string {
	if e.direct() {
		return e.surface.Direct
	}
	return e.surface.Talks
}

// facebook is the host that knows the app itself.
func (e *exam) facebook() *api.Client { return newClient(e.app, e.env) }

// tasks looks at what the person who connected may do on the Page.
func (e *exam) tasks(ctx context.Context) error {
	var pages []api.Page
	err := e.asUser(ctx, func(token string) (err error) {
		pages, err = e.graph.Pages(ctx, token)
		return err
	})
	if err != nil {
		if _, mine := told(err); mine {
			return nil // a missing permission is told by its own check
		}
		return err
	}
	i := slices.IndexFunc(pages, func(p api.Page) bool { return string(p.ID) == e.set.Page })
	if i < 0 {
		e.note("page_tasks", false, "The person who connected does not manage the Page "+e.set.PageName+" any more.", "Give them access to the Page in its settings, or let somebody connect who has it.")
		e.miss("The person who connected does not manage the Page any more.", talking()...)
		return nil
	}
	for _, task := range []string{"MESSAGING", "MANAGE"} {
		if !slices.Contains(pages[i].Tasks, task) {
			e.note("page_tasks", false, "The person who connected lacks the task "+task+" on the Page.", "Give them full control of the Page, or the task, in Business settings under Pages.")
			if task == "MESSAGING" {
				e.miss("The person who connected may not read and write the Page's messages.", talking()...)
			}
			return nil
		}
	}
	e.note("page_tasks", true, "The person who connected may manage the Page and its messages.", "")
	return nil
}

func (e *exam) scope(name string, wanted, given []string, abilities []channel.Ability) {
	missing := lacking(wanted, given)
	if missing == "" {
		e.note(name, true, "All permissions are given: "+strings.Join(wanted, ", ")+".", "")
		return
	}
	e.note(name, false, "The permission "+missing+" is not given.", "Connect again and leave all permissions switched on. For shops of others the app needs Advanced Access to it.")
	e.miss("The permission "+missing+" is not given.", abilities...)
}

func (e *exam) catalog(ctx context.Context) error {
	if e.set.Catalog == "" {
		e.note("catalog", false, "No product catalog belongs to this connection.", "Create a catalog in Commerce Manager for the business of this Page, then connect again.")
		e.miss("No product catalog belongs to this connection.", listing()...)
		return nil
	}
	var found api.Catalog
	err := e.asUser(ctx, func(token string) (err error) {
		found, err = e.graph.Catalog(ctx, token, e.set.Catalog)
		return err
	})
	if err != nil {
		why, mine := told(err)
		if !mine {
			return err
		}
		e.note("catalog", false, "The catalog "+e.set.Catalog+" can't be read: "+why, "Give the person who connected access to the catalog in Business settings.")
		e.miss(why, listing()...)
		return nil
	}
	e.note("catalog", true, fmt.Sprintf("The catalog %s holds %d items.", found.Name, found.Products), "")
	return nil
}

// inbox reads one conversation. A creator account has to be asked once before
// its webhooks flow (Meta, 2026-11), which this does, too.
func (e *exam) inbox(ctx context.Context) error {
	if e.health.Missing[channel.CanReadConversations] != "" {
		return nil
	}
	ask := e.ask("")
	ask.Limit = 1
	_, err := e.list(ctx, ask)
	if err == nil {
		e.note("inbox", true, "Conversations can be read.", "")
		return nil
	}
	why, mine := told(err)
	if !mine {
		return err
	}
	e.note("inbox", false, "Conversations can't be read: "+why, "The person who connected needs the task “Messages” on the Page; on Instagram “Allow access to messages” has to be on in the app's settings.")
	e.miss(why, talking()...)
	return nil
}

// subscription makes sure that the Page or account tells us what happens.
func (e *exam) subscription(ctx context.Context) error {
	who, fix := "The Page", "Connect again with the permission pages_manage_metadata."
	if e.direct() {
		who, fix = "The account", "Connect again and leave all permissions switched on."
	}
	changed := false
	err := e.asOwner(ctx, func(token string) (err error) {
		changed, err = subscribe(ctx, e.graph, token, e.node())
		return err
	})
	switch {
	case err == nil && changed:
		e.note("page_webhooks", true, who+" was not telling us everything; it does now.", "")
	case err == nil:
		e.note("page_webhooks", true, who+" tells us what happens.", "")
	default:
		why, mine := told(err)
		if !mine {
			return err
		}
		e.note("page_webhooks", false, who+" does not tell us what happens: "+why, fix+" Until then messages arrive by polling only.")
	}
	return nil
}

// listening looks at the webhook the developer of the app has to enter at Meta.
func (e *exam) listening(ctx context.Context) error {
	object := "page"
	if e.surface.Platform == "instagram" {
		object = "instagram"
	}
	list, err := e.facebook().AppSubscriptions(ctx)
	if err != nil {
		if !unknown(err) {
			return err
		}
		list = nil
	}
	ok := slices.ContainsFunc(list, func(s api.AppSubscription) bool { return s.Object == object && s.Active })
	message := "The app listens to " + object + "."
	if !ok {
		message = "The app at Meta does not listen to " + object + "."
	}
	e.note("app_webhooks", ok, message, "In the app's dashboard at Meta, under Webhooks, enter the address …/webhooks/meta with META_VERIFY_TOKEN for “"+object+"”, and choose the messaging fields.")
	return nil
}

func (e *exam) version() {
	ends, limited := versionEnds(e.app.Version)
	now := e.env.Now()
	switch {
	case !limited:
		e.note("graph_version", true, "Graph API "+e.app.Version+".", "")
	default:
		e.note("graph_version", now.Add(versionWarning).Before(ends), "Graph API "+e.app.Version+" is answered until "+ends.Format(time.DateOnly)+".", "Set META_GRAPH_VERSION to a newer version.")
	}
}

// CheckShopping looks at what is Instagram's own about selling, and adds it to
// a Health.
func (s *Shop) CheckShopping(ctx context.Context, h channel.Health) (channel.Health, error) {
	if s.set.Instagram == "" {
		return h, nil
	}
	e := &exam{Inbox: s.Inbox, health: h}
	if e.health.Missing == nil {
		e.health.Missing = map[channel.Ability]string{}
	}
	var user api.InstagramUser
	err := s.asUser(ctx, func(token string) (err error) {
		user, err = s.graph.InstagramUser(ctx, token, s.set.Instagram)
		return err
	})
	if err != nil {
		why, mine := told(err)
		if !mine {
			return h, err
		}
		e.note("instagram_account", false, "The Instagram account can't be read: "+why, "Link the professional account to the Page again, then connect again.")
		return e.done(), nil
	}
	e.health.ShopName = "@" + user.Username
	tags := user.Taggable != nil && *user.Taggable
	e.note("instagram_shopping", tags, map[bool]string{true: "Products can be tagged.", false: "Instagram does not let this account tag products."}[tags], "Apply for Instagram Shopping in Commerce Manager. Creator accounts and unsupported countries can't tag products.")
	if err := e.sameCatalog(ctx); err != nil {
		return h, err
	}
	return e.done(), nil
}

// sameCatalog finds the silent cause of products that do not show: the shop on
// Instagram sells from another catalog.
func (e *exam) sameCatalog(ctx context.Context) error {
	if e.set.Catalog == "" || e.health.Missing[channel.CanWriteListings] != "" {
		return nil
	}
	var list []api.ShopCatalog
	err := e.asUser(ctx, func(token string) (err error) {
		list, err = e.graph.ShopCatalogs(ctx, token, e.set.Instagram)
		return err
	})
	if err != nil {
		if _, mine := told(err); mine {
			return nil // not every login may read this
		}
		return err
	}
	ok := len(list) > 0 && string(list[0].ID) == e.set.Catalog
	message := "The shop on Instagram sells from this catalog."
	switch {
	case len(list) == 0:
		message = "The Instagram account has no shop with a catalog."
	case !ok:
		message = "The shop on Instagram sells from another catalog: " + list[0].Name + "."
	}
	e.note("instagram_catalog", ok, message, "Choose this catalog for the shop in Commerce Manager, or connect the one it shows.")
	return nil
}

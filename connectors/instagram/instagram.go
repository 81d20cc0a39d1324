// Package instagram sells on Instagram: listings go to the same product catalog
// Facebook uses, messages are the direct messages of the professional account
// linked to a Page. Most of it is shared with Facebook in connectors/metagraph;
// this package says what is Instagram's own.
package instagram

import (
	"context"
	"encoding/json"

	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// What a connection can do. Orders come in through the seller's own checkout:
// Meta has no order API since 2026-10-27.
var (
	_ channel.Connector          = (*Connector)(nil)
	_ channel.ListingWriter      = (*Connector)(nil)
	_ channel.ListingReader      = (*Connector)(nil)
	_ channel.ConversationReader = (*Connector)(nil)
	_ channel.Replier            = (*Connector)(nil)
)

// Connector is a connection to one professional account.
type Connector struct{ *metagraph.Shop }

// Check is the connection's doctor: what is shared, and what Instagram wants of
// an account before its products show.
func (c *Connector) Check(ctx context.Context) (channel.Health, error) {
	h, err := c.Shop.Check(ctx)
	if err != nil {
		return h, err
	}
	return c.CheckShopping(ctx, h)
}

// Direct is a connection to one professional account by Instagram Login, which
// opens its messages alone.
type Direct struct{ *metagraph.Inbox }

var (
	_ channel.Connector          = (*Direct)(nil)
	_ channel.ConversationReader = (*Direct)(nil)
	_ channel.Replier            = (*Direct)(nil)
)

// Driver describes Instagram. Its app is a *metagraph.App, its settings are
// *metagraph.Settings.
func Driver() channel.Driver {
	s := surface()
	d := s.Driver(open)
	d.Logins = []channel.Login{{
		Name: metagraph.ByInstagram, Title: "Instagram, messages only",
		About: "For an account without a Facebook Page: messages, no listings",
		Auth:  func(app any, env channel.Env) channel.Auth { return metagraph.DirectAuth(app, env, s) },
	}}
	return d
}

func open(p channel.OpenParams, s metagraph.Surface) (channel.Connector, error) {
	if set, ok := p.Settings.(*metagraph.Settings); ok && set.Login == metagraph.ByInstagram {
		inbox, err := metagraph.OpenInbox(p, s)
		if err != nil {
			return nil, err
		}
		return &Direct{inbox}, nil
	}
	shop, err := metagraph.Open(p, s)
	if err != nil {
		return nil, err
	}
	return &Connector{shop}, nil
}

// surface is what differs from Facebook. A text has at most 1000 bytes and
// carries no metadata (Instagram messaging, 2026-11).
func surface() metagraph.Surface {
	writes, talks := []string{"catalog_management", "business_management"}, []string{"instagram_manage_messages", "pages_manage_metadata"}
	return metagraph.Surface{
		Channel: commerce.Instagram, Title: "Instagram", Platform: "instagram",
		Scopes: append([]string{"instagram_basic", "instagram_shopping_tag_products", "pages_show_list", "pages_read_engagement"}, append(talks, writes...)...),
		Writes: writes, Talks: talks, Direct: []string{"instagram_business_basic", "instagram_business_manage_messages"},
		Rules:      metagraph.Rules(channel.ReplyRules{MaxBytes: 1000, Window: metagraph.Window, HumanWindow: metagraph.HumanWindow}),
		Candidates: candidates,
	}
}

// candidates are the professional accounts linked to the Pages: their ids are
// what events name.
func candidates(shops []metagraph.Granted) []channel.Candidate {
	var found []channel.Candidate
	for _, g := range shops {
		if g.Instagram == "" {
			continue
		}
		raw, err := json.Marshal(g.Settings)
		if err != nil { // plain text: it can't happen
			continue
		}
		found = append(found, channel.Candidate{Remote: commerce.RemoteID(g.Instagram), Name: "@" + g.Username, Settings: raw, CannotList: g.CannotList})
	}
	return found
}

// Package facebook sells in a Facebook shop: listings go to the product catalog
// of the Page's business, messages come and go through Messenger. Most of it is
// shared with Instagram in connectors/metagraph; this package says what is
// Facebook's own.
package facebook

import (
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

// Connector is a connection to one Page.
type Connector struct{ *metagraph.Shop }

// Driver describes Facebook. Its app is a *metagraph.App, its settings are
// *metagraph.Settings.
func Driver() channel.Driver {
	return surface().Driver(func(p channel.OpenParams, s metagraph.Surface) (channel.Connector, error) {
		shop, err := metagraph.Open(p, s)
		if err != nil {
			return nil, err
		}
		return &Connector{shop}, nil
	})
}

// surface is what differs from Instagram. A text has at most 2000 characters
// (Messenger send API, 2026-11).
func surface() metagraph.Surface {
	writes, talks := []string{"catalog_management", "business_management"}, []string{"pages_messaging", "pages_manage_metadata"}
	return metagraph.Surface{
		Channel: commerce.Facebook, Title: "Facebook", Platform: "messenger", Metadata: true,
		Scopes: append([]string{"pages_show_list", "pages_read_engagement"}, append(talks, writes...)...),
		Writes: writes, Talks: talks,
		Rules:      metagraph.Rules(channel.ReplyRules{MaxRunes: 2000, Window: metagraph.Window, HumanWindow: metagraph.HumanWindow}),
		Candidates: candidates,
	}
}

// candidates are the Pages: their ids are what events name.
func candidates(shops []metagraph.Granted) []channel.Candidate {
	found := make([]channel.Candidate, 0, len(shops))
	for _, g := range shops {
		raw, err := json.Marshal(g.Settings)
		if err != nil { // plain text: it can't happen
			continue
		}
		found = append(found, channel.Candidate{Remote: commerce.RemoteID(g.Page), Name: g.PageName, Settings: raw, CannotList: g.CannotList})
	}
	return found
}

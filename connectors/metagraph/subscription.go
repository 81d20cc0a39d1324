package metagraph

import (
	"context"
	"slices"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
)

// pageFields are the events of a Page the inbox lives on (Messenger webhooks
// and the specs' enumeration, 2026-04). Instagram's events need the linked Page
// to be subscribed; their fields are chosen in the app's dashboard.
func pageFields() []string {
	return []string{
		"messages", "message_echoes", "message_edits", "message_reactions", "message_reads",
		"messaging_postbacks", "messaging_referrals", "send_cart", "standby",
	}
}

// accountFields are the same of an Instagram account by Instagram Login, which
// has other names: echoes come with messages, reads as messaging_seen.
func accountFields() []string {
	return []string{"messages", "message_edit", "message_reactions", "messaging_postbacks", "messaging_referral", "messaging_seen", "standby"}
}

// subscribe makes the app of a client listen to a Page or account unless it
// does already, and says whether anything had to be done. Fields others have
// chosen are kept.
func subscribe(ctx context.Context, graph *api.Client, token, node string) (bool, error) {
	have, err := graph.Subscriptions(ctx, token, node)
	if err != nil {
		return false, err
	}
	var fields []string
	for _, s := range have {
		if s.App() == graph.AppID {
			fields = s.Fields
		}
	}
	needed := pageFields()
	if graph.Direct {
		needed = accountFields()
	}
	wanted := slices.Clone(fields)
	for _, f := range needed {
		if !slices.Contains(wanted, f) {
			wanted = append(wanted, f)
		}
	}
	if len(wanted) == len(fields) {
		return false, nil
	}
	return true, graph.Subscribe(ctx, token, node, wanted)
}

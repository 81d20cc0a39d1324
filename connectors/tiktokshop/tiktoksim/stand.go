package tiktoksim

import (
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

// Stand says how a host puts this simulator up. The address of a webhook ends
// in the name of its event type, in the portal's spelling.
func Stand() simkit.Stand {
	const home = "/sim/tiktok"
	hooks := map[string]string{"oauth": "/v1/oauth/tiktok/callback"}
	for topic := range webhookTypes() {
		hooks[topic] = "/webhooks/tiktok/" + topic
	}
	return simkit.Stand{
		Name: "tiktok", Channels: []string{Channel}, Home: home,
		New:      func(env simkit.Env) (simkit.Simulator, error) { return New(env) },
		Mounts:   func(s simkit.Simulator) map[string]http.Handler { return map[string]http.Handler{home: s} },
		Hosts:    map[string]string{"TIKTOK_URL": home, "TIKTOK_AUTH_URL": home, "TIKTOK_CONSENT_URL": home},
		Webhooks: hooks,
		Defaults: map[string]string{"category": "601500"}, // Stationery & Crafts
		Invent: func(text func(n int) string) map[string]string {
			return map[string]string{"TIKTOK_APP_KEY": text(13), "TIKTOK_APP_SECRET": text(40), "TIKTOK_SERVICE_ID": text(19)}
		},
	}
}

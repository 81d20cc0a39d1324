package etsysim

import (
	"encoding/base64"
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

// Stand says how a host puts this simulator up.
func Stand() simkit.Stand {
	const home = "/sim/etsy"
	return simkit.Stand{
		Name: "etsy", Channels: []string{"etsy"}, Home: home,
		New:      func(env simkit.Env) (simkit.Simulator, error) { return New(env) },
		Mounts:   func(s simkit.Simulator) map[string]http.Handler { return map[string]http.Handler{home: s} },
		Hosts:    map[string]string{"ETSY_URL": home, "ETSY_AUTH_URL": home, "ETSY_CONSENT_URL": home},
		Webhooks: map[string]string{TopicOrders: "/webhooks/etsy"},
		Invent: func(text func(n int) string) map[string]string {
			return map[string]string{
				"ETSY_KEYSTRING": text(24), "ETSY_SHARED_SECRET": text(10),
				"ETSY_WEBHOOK_SECRET": "whsec_" + base64.StdEncoding.EncodeToString([]byte(text(24))),
			}
		},
	}
}

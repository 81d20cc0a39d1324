package metasim

import (
	"fmt"
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

// Stand says how a host puts this simulator up: one state behind two mounts,
// one for each Meta host.
func Stand() simkit.Stand {
	const facebook, instagram = "/sim/meta", "/sim/instagram"
	return simkit.Stand{
		Name: "meta", Channels: []string{Facebook, Instagram}, Home: facebook,
		New: func(env simkit.Env) (simkit.Simulator, error) { return New(env) },
		Mounts: func(s simkit.Simulator) map[string]http.Handler {
			mounts := map[string]http.Handler{facebook: s}
			if both, ok := s.(*Sim); ok {
				mounts[instagram] = both.Instagram()
			}
			return mounts
		},
		Hosts: map[string]string{
			"META_GRAPH_URL": facebook, "META_CONSENT_URL": facebook,
			"INSTAGRAM_GRAPH_URL": instagram, "INSTAGRAM_AUTH_URL": instagram,
		},
		Webhooks: map[string]string{
			TopicEvents: "/webhooks/meta", TopicDeauthorize: "/webhooks/meta/deauthorize", TopicDataDeletion: "/webhooks/meta/data-deletion",
		},
		Invent: func(text func(n int) string) map[string]string {
			return map[string]string{
				"META_APP_ID": digits(text(16)), "META_APP_SECRET": text(32), "META_VERIFY_TOKEN": text(24),
				"INSTAGRAM_APP_ID": digits(text(16)), "INSTAGRAM_APP_SECRET": text(32),
			}
		},
	}
}

// digits turns any text into as many digits, the form of an app id.
func digits(text string) string {
	out := []byte("1")
	for _, c := range []byte(text)[1:] {
		out = fmt.Append(out, c%10)
	}
	return string(out)
}

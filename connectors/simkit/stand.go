package simkit

import "net/http"

// Stand says how a simulator is put up: what it is called, what it has to be
// given, and under which paths it is served. A host joins the paths with its
// own address. It is plain data and safe to share.
type Stand struct {
	// Name is that of the platform: etsy, tiktok, meta.
	Name string
	// Channels are the product's channels that this simulator serves.
	Channels []string
	// New opens the marketplace.
	New func(Env) (Simulator, error)
	// Mounts is one handler per path the simulator is served at; the path is
	// stripped before the handler sees a request.
	Mounts func(Simulator) map[string]http.Handler
	// Home is the mount that Env.URL names.
	Home string
	// Hosts maps the product's variables (ETSY_URL …) to mounts.
	Hosts map[string]string
	// Webhooks maps the simulator's topics to paths below the product's
	// public address.
	Webhooks map[string]string
	// Defaults are what the seller of the seeded shop has set as defaults of
	// its connection: category.
	Defaults map[string]string
	// Invent makes up credentials under the names of the product's variables.
	// text answers n unguessable letters and digits, another one each time.
	Invent func(text func(n int) string) map[string]string
}

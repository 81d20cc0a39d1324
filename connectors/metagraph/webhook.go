package metagraph

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
)

// Hooks are the addresses Meta calls, for both surfaces.
func Hooks() []channel.Hook {
	return []channel.Hook{
		{Method: http.MethodGet, Path: "/webhooks/meta", Handle: handshake},
		{Method: http.MethodPost, Path: "/webhooks/meta", Handle: receive},
		{Method: http.MethodPost, Path: "/webhooks/meta/deauthorize", Handle: deauthorize},
		{Method: http.MethodPost, Path: "/webhooks/meta/data-deletion", Handle: eraseData},
	}
}

// installed is the app, under whichever channel it is listed.
func installed(apps map[commerce.Channel]any) (*App, error) {
	for _, c := range []commerce.Channel{commerce.Facebook, commerce.Instagram} {
		if app, ok := apps[c].(*App); ok && app != nil {
			return app, nil
		}
	}
	return nil, fault.New(fault.Internal, "no_app", "Meta is not installed: its app is missing.")
}

// known are the values that are set.
func known(secrets ...config.Secret) []string {
	var found []string
	for _, s := range secrets {
		if v := s.Reveal(); v != "" {
			found = append(found, v)
		}
	}
	return found
}

// handshake proves to Meta that the callback is ours: the challenge exactly as
// it came, or 403.
func handshake(apps map[commerce.Channel]any, r channel.HookRequest) (channel.HookResponse, []channel.Event, error) {
	app, err := installed(apps)
	if err != nil {
		return channel.HookResponse{}, nil, err
	}
	given := []byte(r.Query.Get("hub.verify_token"))
	ok := false
	for _, token := range known(app.VerifyToken, app.VerifyTokenNext) {
		ok = subtle.ConstantTimeCompare([]byte(token), given) == 1 || ok
	}
	challenge := r.Query.Get("hub.challenge")
	if !ok || r.Query.Get("hub.mode") != "subscribe" || len(challenge) > 1000 {
		return channel.HookResponse{Status: http.StatusForbidden}, nil, nil
	}
	return channel.HookResponse{Status: http.StatusOK, Type: "text/plain; charset=utf-8", Body: []byte(challenge)}, nil, nil
}

// receive verifies a delivery on its raw bytes and splits it into one event per
// update. What is signed but can't be read is answered 200, since Meta would
// send it for 36 hours, and a copy is kept.
func receive(apps map[commerce.Channel]any, r channel.HookRequest) (channel.HookResponse, []channel.Event, error) {
	app, err := installed(apps)
	if err != nil {
		return channel.HookResponse{}, nil, err
	}
	login, ok := signed(app, r.Header.Get("X-Hub-Signature-256"), r.Body)
	if !ok {
		return channel.HookResponse{Status: http.StatusUnauthorized}, nil, nil
	}
	events, err := split(r.Body)
	if err != nil {
		return channel.HookResponse{Status: http.StatusOK, Unreadable: true}, nil, nil
	}
	for i := range events {
		events[i].ReceivedAt, events[i].Login = r.Now, login
	}
	return channel.HookResponse{Status: http.StatusOK}, events, nil
}

// signed checks X-Hub-Signature-256 under every active secret and says which
// login is told: Meta signs with the app's secret what comes by Facebook Login,
// with that of the app's Instagram product what comes by Instagram Login. An
// account with both hears everything twice. The time is not signed, so no age
// is checked: Meta retries for 36 hours.
func signed(app *App, header string, body []byte) (login string, ok bool) {
	text, ok := strings.CutPrefix(header, "sha256=")
	given, err := hex.DecodeString(text)
	if !ok || err != nil || len(given) != sha256.Size {
		return "", false
	}
	usual := proves(body, given, app.Secret, app.SecretNext)
	direct := proves(body, given, app.Instagram, app.InstagramNext)
	if direct && !usual {
		login = ByInstagram
	}
	return login, usual || direct
}

func proves(body, given []byte, secrets ...config.Secret) bool {
	good := false
	for _, secret := range known(secrets...) {
		good = hmac.Equal(mac(secret, body), given) || good
	}
	return good
}

func mac(secret string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write(body)
	return h.Sum(nil)
}

// digest stands in for an id where Meta gives none.
func digest(parts ...[]byte) string {
	sum := sha256.Sum256(bytes.Join(parts, []byte{0}))
	return hex.EncodeToString(sum[:16])
}

// envelope is what Meta posts: up to 1000 updates in several entries. Which key
// an entry has decides, not the object.
type envelope struct {
	Object string  `json:"object"`
	Entry  []entry `json:"entry"`
}

type entry struct {
	ID        api.ID            `json:"id"`
	Time      json.RawMessage   `json:"time,omitempty"`
	Messaging []json.RawMessage `json:"messaging,omitempty"`
	Standby   []json.RawMessage `json:"standby,omitempty"`
	Changes   []json.RawMessage `json:"changes,omitempty"`
	Field     string            `json:"field,omitempty"`
	Value     json.RawMessage   `json:"value,omitempty"`
}

func split(body []byte) ([]channel.Event, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, err
	}
	on := commerce.Facebook
	if e.Object == "instagram" {
		on = commerce.Instagram
	}
	var events []channel.Event
	for _, in := range e.Entry {
		if in.ID == "" || in.ID == "0" {
			continue // the dashboard's test button: nobody's message
		}
		events = append(events, talk(on, e.Object, in, "messaging", in.Messaging)...)
		events = append(events, talk(on, e.Object, in, "standby", in.Standby)...)
		for _, raw := range in.Changes {
			var c struct {
				Field string `json:"field"`
			}
			if json.Unmarshal(raw, &c) != nil || c.Field == "" {
				c.Field = "changes"
			}
			events = append(events, wrap(on, e.Object, in, "changes", c.Field, digest([]byte(in.ID), raw), raw))
		}
	}
	return events, nil
}

// talk makes one event of each messaging update under a key of an entry.
func talk(on commerce.Channel, object string, in entry, key string, list []json.RawMessage) []channel.Event {
	events := make([]channel.Event, 0, len(list))
	for _, raw := range list {
		var m messaging
		if json.Unmarshal(raw, &m) != nil {
			m = messaging{}
		}
		if m.Delivery != nil {
			continue // that our message arrived changes nothing we keep
		}
		events = append(events, wrap(on, object, in, key, m.topic(), m.key(in.ID, raw), raw))
	}
	return events
}

// wrap puts one update back into an envelope of its own, bytes unchanged.
func wrap(on commerce.Channel, object string, in entry, key, topic, id string, raw json.RawMessage) channel.Event {
	var b bytes.Buffer
	b.WriteString(`{"object":` + strconv.QuoteToASCII(object) + `,"entry":[{"id":` + strconv.QuoteToASCII(string(in.ID)))
	if len(in.Time) > 0 {
		b.WriteString(`,"time":`)
		b.Write(in.Time)
	}
	b.WriteString(`,"` + key + `":[`)
	b.Write(raw)
	b.WriteString("]}]}")
	return channel.Event{Channel: on, Account: commerce.RemoteID(in.ID), Topic: topic, ID: id, Body: b.Bytes()}
}

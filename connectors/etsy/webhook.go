package etsy

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
)

const (
	hookPath = "/webhooks/etsy"
	// hookSkew is how old or young a signed time may be (the Standard Webhooks
	// scheme, which Etsy uses; read 2026-11-22).
	hookSkew = 5 * time.Minute
	// hookMax is far more than the flat body ever has.
	hookMax = 64 << 10
	// hookSignatures is how many signatures of one delivery are looked at.
	hookSignatures = 8
)

// Hooks are the addresses Etsy calls. They have to be typed into its webhook
// portal by hand.
func Hooks() []channel.Hook {
	return []channel.Hook{{Method: http.MethodPost, Path: hookPath, Handle: handleHook}}
}

// handleHook verifies a delivery on its raw bytes. Every refusal looks the
// same.
func handleHook(apps map[commerce.Channel]any, r channel.HookRequest) (channel.HookResponse, []channel.Event, error) {
	refused := channel.HookResponse{Status: http.StatusUnauthorized}
	app, ok := apps[commerce.Etsy].(*App)
	if !ok || len(r.Body) > hookMax || !verified(app, r) {
		return refused, nil, nil
	}
	accepted := channel.HookResponse{Status: http.StatusOK}
	note, err := decodeNote(r.Body)
	if err != nil {
		// Signed, but nothing we know: sending it again would not help, and
		// polling finds every order.
		return accepted, nil, nil
	}
	return accepted, []channel.Event{{
		Channel: commerce.Etsy, Account: note.Shop, Topic: note.Type, ID: r.Header.Get("Webhook-Id"), Body: bytes.Clone(r.Body), ReceivedAt: r.Now,
	}}, nil
}

// verified checks the signature of id, time and body against both secrets, in
// constant time each.
func verified(app *App, r channel.HookRequest) bool {
	id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || len(id) > 256 || r.Now.Sub(time.Unix(seconds, 0)).Abs() > hookSkew {
		return false
	}
	given := signatures(r.Header.Get("Webhook-Signature"))
	ok := false
	for _, secret := range []config.Secret{app.Webhook, app.WebhookNext} {
		key := hookKey(secret)
		if len(key) == 0 {
			continue
		}
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(id + "." + stamp + "."))
		_, _ = mac.Write(r.Body)
		want := mac.Sum(nil)
		for _, sig := range given {
			ok = hmac.Equal(want, sig) || ok
		}
	}
	return ok
}

// hookKey decodes a secret, with or without its mark; nil if it is none.
func hookKey(secret config.Secret) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), "whsec_"))
	if err != nil {
		return nil
	}
	return key
}

// signatures reads a list separated by spaces, each with or without its version
// "v1,": Etsy's own text shows none, the scheme has it.
func signatures(header string) [][]byte {
	var all [][]byte
	for _, item := range strings.Fields(header) {
		version, sig, versioned := strings.Cut(item, ",")
		if !versioned {
			version, sig = "v1", item
		}
		raw, err := base64.StdEncoding.DecodeString(sig)
		if version != "v1" || err != nil || len(all) == hookSignatures {
			continue
		}
		all = append(all, raw)
	}
	return all
}

// hookNote is the flat body of a delivery.
type hookNote struct {
	Type    string
	Shop    commerce.RemoteID
	Receipt commerce.RemoteID
}

var receiptPath = regexp.MustCompile(`^/v3/application/shops/(\d{1,19})/receipts/(\d{1,19})/?$`)

// decodeNote reads the body. The address in it is never called: its host must
// be Etsy's, and its ids are all that is taken.
func decodeNote(body []byte) (hookNote, error) {
	bad := fault.New(fault.Permanent, "bad_event", "An event of Etsy's can't be read.")
	var wire struct {
		Type     string          `json:"event_type"`
		Resource string          `json:"resource_url"`
		Shop     json.RawMessage `json:"shop_id"` // seen as number and as text
	}
	if json.Unmarshal(body, &wire) != nil {
		return hookNote{}, bad
	}
	u, err := url.Parse(wire.Resource)
	if err != nil || u.Scheme != "https" || u.User != nil || (u.Host != "openapi.etsy.com" && u.Host != "api.etsy.com") {
		return hookNote{}, bad
	}
	ids := receiptPath.FindStringSubmatch(u.Path)
	if ids == nil {
		return hookNote{}, bad
	}
	n := hookNote{Type: wire.Type, Shop: commerce.RemoteID(ids[1]), Receipt: commerce.RemoteID(ids[2])}
	if shop := strings.Trim(string(wire.Shop), `"`); shop != "" && shop != "null" && shop != string(n.Shop) {
		return hookNote{}, bad
	}
	if numeric(n.Shop) == 0 || numeric(n.Receipt) == 0 {
		return hookNote{}, bad
	}
	return n, nil
}

// mapEvent turns an event into the wish to read its order: a delivery says
// little and may be late or missing.
func mapEvent(_ any, e channel.Event) ([]channel.Update, error) {
	note, err := decodeNote(e.Body)
	if err != nil {
		return nil, err
	}
	return []channel.Update{{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Orders: []commerce.RemoteID{note.Receipt}}}}, nil
}

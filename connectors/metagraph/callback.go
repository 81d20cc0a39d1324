package metagraph

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
)

// farewell is what Meta signs when somebody removes the app or wants their data
// deleted. User is the app-scoped id of the seller who connected, never a
// buyer's.
type farewell struct {
	Algorithm string      `json:"algorithm"`
	IssuedAt  json.Number `json:"issued_at"`
	User      api.ID      `json:"user_id"`
}

// maxForm is the largest callback body that is looked at.
const maxForm = 64 << 10

// goodbye reads the signed_request of a form; false when it is not from Meta.
// It answers the secret that proved it.
func goodbye(apps map[commerce.Channel]any, body []byte) (farewell, string, bool, error) {
	app, err := installed(apps)
	if err != nil {
		return farewell{}, "", false, err
	}
	if len(body) > maxForm {
		return farewell{}, "", false, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return farewell{}, "", false, nil
	}
	f, secret, ok := openRequest(form.Get("signed_request"), app.Secret, app.SecretNext, app.Instagram, app.InstagramNext)
	return f, secret, ok, nil
}

// openRequest takes a signed_request apart: base64url(signature), a dot,
// base64url(payload). The signature is over the encoded payload, and the only
// algorithm is HMAC-SHA256 (Meta, data deletion callback, 2026-11).
func openRequest(request string, secrets ...config.Secret) (farewell, string, bool) {
	var f farewell
	sig, payload, found := strings.Cut(request, ".")
	given, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(sig, "="))
	if !found || err != nil {
		return f, "", false
	}
	proof := ""
	for _, secret := range known(secrets...) {
		if hmac.Equal(mac(secret, []byte(payload)), given) {
			proof = secret
		}
	}
	if proof == "" {
		return f, "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(payload, "="))
	if err != nil || json.Unmarshal(raw, &f) != nil || f.Algorithm != "HMAC-SHA256" || f.User == "" {
		return farewell{}, "", false
	}
	return f, proof, true
}

// deauthorize hears that a seller removed the app.
func deauthorize(apps map[commerce.Channel]any, r channel.HookRequest) (channel.HookResponse, []channel.Event, error) {
	f, _, ok, err := goodbye(apps, r.Body)
	if err != nil || !ok {
		return channel.HookResponse{Status: http.StatusUnauthorized}, nil, err
	}
	return channel.HookResponse{Status: http.StatusOK, Revoked: commerce.RemoteID(f.User)}, nil, nil
}

// eraseData hears that a seller wants their data deleted. The code is the same
// for the same request, and nobody can guess it.
func eraseData(apps map[commerce.Channel]any, r channel.HookRequest) (channel.HookResponse, []channel.Event, error) {
	f, secret, ok, err := goodbye(apps, r.Body)
	if err != nil || !ok {
		return channel.HookResponse{Status: http.StatusUnauthorized}, nil, err
	}
	code := hex.EncodeToString(mac(secret, fmt.Appendf(nil, "deletion|%s|%s", f.User, f.IssuedAt)))[:32]
	body, err := json.Marshal(struct {
		URL  string `json:"url"`
		Code string `json:"confirmation_code"`
	}{r.PublicURL + "/deletion/" + code, code})
	if err != nil {
		return channel.HookResponse{}, nil, fmt.Errorf("answer data deletion: %w", err)
	}
	return channel.HookResponse{Status: http.StatusOK, Type: "application/json", Body: body, Erased: commerce.RemoteID(f.User), Code: code}, nil, nil
}

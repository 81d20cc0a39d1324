package metasim

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

// signedRequest is base64url(signature).base64url(payload) without padding;
// the signature is over the encoded payload (Meta's data deletion guide).
func signedRequest(secret string, payload []byte) string {
	encoded := base64.RawURLEncoding.EncodeToString(payload)
	return base64.RawURLEncoding.EncodeToString(sign(secret, []byte(encoded))) + "." + encoded
}

// farewell is the payload of both callbacks.
type farewell struct {
	Algorithm string `json:"algorithm"`
	Expires   int64  `json:"expires,omitempty"`
	IssuedAt  int64  `json:"issued_at"`
	UserID    string `json:"user_id"`
}

// form is a callback's body.
func (s *Sim) signedForm(secret string, f farewell) ([]byte, error) {
	payload, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	return []byte(url.Values{"signed_request": {signedRequest(s.app(secret), payload)}}.Encode()), nil
}

// RevokeUser lets the seller remove the app from Facebook and Instagram: all
// tokens die (190/458), the subscriptions end, and the deauthorize callback is
// told by each login that was used, under the id and the secret of that one.
func (s *Sim) RevokeUser(_ context.Context) error {
	err := s.env.Store.Update(func(tx *simkit.Tx) error {
		w, err := s.world(tx)
		if err != nil {
			return err
		}
		used := map[string]bool{}
		err = eachToken(tx, func(t *token) {
			if t.User == w.User || t.User == w.IGScoped {
				t.Subcode, used[t.User] = 458, true
			}
		})
		if err != nil {
			return err
		}
		for _, id := range []string{w.Page, w.IG} {
			if err := tx.Delete(tableSubs, id); err != nil {
				return err
			}
		}
		for user, secret := range map[string]string{w.User: "META_APP_SECRET", w.IGScoped: "INSTAGRAM_APP_SECRET"} {
			if !used[user] {
				continue
			}
			if err := s.tellRevoked(tx, user, secret); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke the app: %w", err)
	}
	return nil
}

// Unsubscribe lets somebody take the app's subscription off the Page.
func (s *Sim) Unsubscribe(context.Context) error {
	return s.env.Store.Update(func(tx *simkit.Tx) error {
		w, err := s.world(tx)
		if err != nil {
			return err
		}
		return tx.Delete(tableSubs, w.Page)
	})
}

func (s *Sim) tellRevoked(tx *simkit.Tx, user, secret string) error {
	callback := s.env.Webhooks[TopicDeauthorize]
	if callback == "" {
		return nil
	}
	body, err := s.signedForm(secret, farewell{Algorithm: "HMAC-SHA256", IssuedAt: s.env.Now().Unix(), UserID: user})
	if err != nil {
		return err
	}
	n, err := tx.Next(s.form.Table)
	if err != nil {
		return err
	}
	d := simkit.Delivery{ID: fmt.Sprintf("msg_%012d", n), URL: callback, Body: body, Type: "application/x-www-form-urlencoded", Due: s.env.Now()}
	return tx.Put(s.form.Table, d.ID, d)
}

// Deletion is the answer to a request for data deletion.
type Deletion struct {
	URL  string `json:"url"`
	Code string `json:"confirmation_code"`
}

// RequestDeletion lets the seller ask for the deletion of their data and checks
// the answer as Meta does: 200, JSON, an address for people and a code.
func (s *Sim) RequestDeletion(ctx context.Context) (Deletion, error) {
	var w world
	err := s.env.Store.View(func(tx *simkit.Tx) error {
		var err error
		w, err = s.world(tx)
		return err
	})
	if err != nil {
		return Deletion{}, fmt.Errorf("request data deletion: %w", err)
	}
	now := s.env.Now().Unix()
	body, err := s.signedForm("META_APP_SECRET", farewell{Algorithm: "HMAC-SHA256", IssuedAt: now, Expires: now + 3600, UserID: w.User})
	if err != nil {
		return Deletion{}, fmt.Errorf("request data deletion: %w", err)
	}
	out, err := s.postDeletion(ctx, body)
	if err != nil {
		return Deletion{}, fmt.Errorf("request data deletion: %w", err)
	}
	return out, nil
}

func (s *Sim) postDeletion(ctx context.Context, body []byte) (Deletion, error) {
	callback := s.env.Webhooks[TopicDataDeletion]
	if callback == "" {
		return Deletion{}, fmt.Errorf("no callback for %s is set", TopicDataDeletion)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, strings.NewReader(string(body)))
	if err != nil {
		return Deletion{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.env.Client.Do(req)
	if err != nil {
		return Deletion{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return Deletion{}, err
	}
	var out Deletion
	if err := json.Unmarshal(raw, &out); resp.StatusCode != http.StatusOK || err != nil {
		return out, fmt.Errorf("%s answered %d and not the JSON that is asked for", callback, resp.StatusCode)
	}
	if !absolute(out.URL) || out.Code == "" {
		return out, fmt.Errorf("%s answered without an address or a confirmation code", callback)
	}
	return out, nil
}

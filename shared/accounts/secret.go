package accounts

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// activeSecrets is how many secrets of a kind are accepted at a time: the
	// newest, and the one before it until the shop has changed over.
	activeSecrets = 2
	shortSecret   = 16
	longSecret    = 200
	secretLock    = 10 * time.Second
)

// secrets sign what the seller's own shop sends, newest first. Ours were made
// here; Shop's are those the shop's software made, which can only be entered.
type secrets struct {
	Ours []string `json:"ours"`
	Shop []string `json:"shop,omitempty"`
}

func (s secrets) all() []string { return append(append([]string{}, s.Ours...), s.Shop...) }

func newest(secret string, old []string) []string {
	kept := []string{secret}
	for _, s := range old {
		if s != secret && len(kept) < activeSecrets {
			kept = append(kept, s)
		}
	}
	return kept
}

func (d *Desk) secret() (string, error) {
	s, err := d.random(32)
	return "ms_" + s, err
}

// RenewSecret makes a new secret for a checkout's inbound key and answers it
// this once. The secret before it is accepted until the next one is made.
func (d *Desk) RenewSecret(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID) (string, error) {
	secret, err := d.secret()
	if err != nil {
		return "", err
	}
	return secret, d.changeSecrets(ctx, w, id, func(s *secrets) { s.Ours = newest(secret, s.Ours) })
}

// AddSecret accepts the secret with which the shop's own software signs, such
// as the one Shopify shows under its webhooks, beside the one before it.
func (d *Desk) AddSecret(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, secret string) error {
	secret = strings.TrimSpace(secret)
	if len(secret) < shortSecret || len(secret) > longSecret {
		return &fault.Error{Kind: fault.Invalid, Code: "secret", Field: "secret", Message: fmt.Sprintf("A signing secret has %d to %d characters.", shortSecret, longSecret)}
	}
	return d.changeSecrets(ctx, w, id, func(s *secrets) { s.Shop = newest(secret, s.Shop) })
}

// changeSecrets edits the secrets of a checkout, one at a time: of two at once
// neither may be lost.
func (d *Desk) changeSecrets(ctx context.Context, w commerce.WorkspaceID, id commerce.AccountID, f func(*secrets)) (err error) {
	a, err := d.Store.Account(ctx, w, id)
	if err != nil {
		return err
	}
	if a.Kind != "checkout" || a.Key == "" {
		return fault.New(fault.Unsupported, "no_inbound_key", "%s has no inbound key: only a connection of the own checkout has one.", a.Name)
	}
	lock, err := d.Store.Lock(ctx, "secret#"+a.Key, secretLock)
	if err != nil {
		return err
	}
	defer func() {
		if unlock := d.Store.Unlock(context.WithoutCancel(ctx), "secret#"+a.Key, lock); err == nil {
			err = unlock
		}
	}()
	key, err := d.Store.PublicKey(ctx, a.Key)
	if err != nil {
		return fmt.Errorf("look up inbound key: %w", err)
	}
	s, err := d.openSecrets(ctx, key)
	if err != nil {
		return err
	}
	f(&s)
	return d.putSecrets(ctx, a, s)
}

func (d *Desk) putSecrets(ctx context.Context, a port.Account, s secrets) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode secrets: %w", err)
	}
	sealed, err := d.Vault.Seal(ctx, a.Space, "inbound#"+a.Key, raw)
	if err != nil {
		return fmt.Errorf("seal inbound secret: %w", err)
	}
	return d.Store.PutPublicKey(ctx, port.PublicKey{Key: a.Key, Kind: "inbound", Space: a.Space, Account: a.ID, Channel: commerce.Own, Sealed: sealed, CreatedAt: d.Now()})
}

func (d *Desk) openSecrets(ctx context.Context, key port.PublicKey) (secrets, error) {
	var s secrets
	raw, err := d.Vault.Open(ctx, key.Space, "inbound#"+key.Key, key.Sealed)
	if err != nil {
		return s, fmt.Errorf("open inbound secret: %w", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fault.New(fault.Internal, "bad_secret", "The stored secret of an inbound key can't be read.")
	}
	return s, nil
}

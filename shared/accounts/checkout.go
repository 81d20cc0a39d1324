package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// inboundSkew is how old or young a signed inbound order may be.
const inboundSkew = 300 * time.Second

// AddCheckout makes a connection for the seller's own checkout. Its Key is the
// id of its inbound key; the secret is answered this once.
func (d *Desk) AddCheckout(ctx context.Context, w commerce.WorkspaceID, name string) (a port.Account, secret string, err error) {
	keyID, err := d.random(12)
	if err != nil {
		return a, "", err
	}
	if secret, err = d.random(32); err != nil {
		return a, "", err
	}
	keyID, secret = "mk_"+keyID, "ms_"+secret
	a = port.Account{
		ID: AccountIDOf(w, commerce.Own, commerce.RemoteID(keyID)), Space: w, Channel: commerce.Own, Kind: "checkout", Remote: commerce.RemoteID(keyID),
		Name: name, State: port.AccountActive, Key: keyID, ClaimedAt: d.Now(), CreatedAt: d.Now(),
	}
	if err := d.putSecrets(ctx, a, keyID, []string{secret}); err != nil {
		return a, "", err
	}
	a, err = d.Store.Connect(ctx, a, nil)
	return a, secret, err
}

func (d *Desk) putSecrets(ctx context.Context, a port.Account, keyID string, secrets []string) error {
	raw, err := json.Marshal(secrets)
	if err != nil {
		return fmt.Errorf("encode secrets: %w", err)
	}
	sealed, err := d.Vault.Seal(ctx, a.Space, "inbound#"+keyID, raw)
	if err != nil {
		return fmt.Errorf("seal inbound secret: %w", err)
	}
	return d.Store.PutPublicKey(ctx, port.PublicKey{Key: keyID, Kind: "inbound", Space: a.Space, Account: a.ID, Channel: commerce.Own, Sealed: sealed, CreatedAt: d.Now()})
}

// VerifyInbound finds the account of a signed inbound order. header is
// "t=<unix>,v1=<hex HMAC-SHA256(secret, t + "." + body)>", v1 possibly more
// than once. Every refusal is the same fault of kind Denied, so that nobody
// learns which part was wrong.
func (d *Desk) VerifyInbound(ctx context.Context, keyID, header string, body []byte) (port.Account, error) {
	denied := fault.New(fault.Denied, "bad_signature", "The key, the signature or its time is not accepted.")
	key, err := d.Store.PublicKey(ctx, keyID)
	if fault.Is(err, fault.NotFound) || (err == nil && key.Kind != "inbound") {
		return port.Account{}, denied
	}
	if err != nil {
		return port.Account{}, fmt.Errorf("look up inbound key: %w", err)
	}
	raw, err := d.Vault.Open(ctx, key.Space, "inbound#"+keyID, key.Sealed)
	if err != nil {
		return port.Account{}, fmt.Errorf("open inbound secret: %w", err)
	}
	var secrets []string
	if err := json.Unmarshal(raw, &secrets); err != nil {
		return port.Account{}, fault.New(fault.Internal, "bad_secret", "The stored secret of an inbound key can't be read.")
	}
	if !signed(secrets, header, body, d.Now()) {
		return port.Account{}, denied
	}
	return d.Store.Account(ctx, key.Space, key.Account)
}

func signed(secrets []string, header string, body []byte, now time.Time) bool {
	var at string
	var given [][]byte
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			at = value
		case "v1":
			if mac, err := hex.DecodeString(value); err == nil && len(given) < 4 {
				given = append(given, mac)
			}
		}
	}
	unix, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Sub(time.Unix(unix, 0)).Abs() > inboundSkew {
		return false
	}
	ok := false
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = mac.Write([]byte(at + "."))
		_, _ = mac.Write(body)
		want := mac.Sum(nil)
		for _, g := range given {
			ok = hmac.Equal(want, g) || ok
		}
	}
	return ok
}

// ByKey finds the account behind a key in a public address.
func (d *Desk) ByKey(ctx context.Context, kind, key string) (port.Account, error) {
	k, err := d.Store.PublicKey(ctx, key)
	if err != nil {
		return port.Account{}, err
	}
	if k.Kind != kind {
		return port.Account{}, fault.New(fault.NotFound, "unknown_key", "There is nothing at this address.")
	}
	a, err := d.Store.Account(ctx, k.Space, k.Account)
	if err == nil && a.State == port.AccountGone {
		return a, fault.New(fault.NotFound, "unknown_key", "There is nothing at this address.")
	}
	return a, err
}

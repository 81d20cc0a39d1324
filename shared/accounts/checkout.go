package accounts

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// AddCheckout makes a connection for the seller's own checkout. Its Key is the
// id of its inbound key; the secret is answered this once.
func (d *Desk) AddCheckout(ctx context.Context, w commerce.WorkspaceID, name string) (a port.Account, secret string, err error) {
	keyID, err := d.random(12)
	if err != nil {
		return a, "", err
	}
	if secret, err = d.secret(); err != nil {
		return a, "", err
	}
	keyID = "mk_" + keyID
	a = port.Account{
		ID: AccountIDOf(w, commerce.Own, commerce.RemoteID(keyID)), Space: w, Channel: commerce.Own, Kind: "checkout", Remote: commerce.RemoteID(keyID),
		Name: name, State: port.AccountActive, Key: keyID, ClaimedAt: d.Now(), CreatedAt: d.Now(),
	}
	if err := d.putSecrets(ctx, a, secrets{Ours: []string{secret}}); err != nil {
		return a, "", err
	}
	a, err = d.Store.Connect(ctx, a, nil)
	return a, secret, err
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

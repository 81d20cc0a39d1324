package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// inboundSkew is how old or young a signed inbound order may be.
const inboundSkew = 300 * time.Second

// VerifyInbound finds the account of a signed inbound order. header is
// "t=<unix>,v1=<hex HMAC-SHA256(secret, t + "." + body)>", v1 possibly more
// than once. Every refusal is the same fault of kind Denied, so that nobody
// learns which part was wrong.
func (d *Desk) VerifyInbound(ctx context.Context, keyID, header string, body []byte) (port.Account, error) {
	return d.verify(ctx, keyID, func(known []string) bool { return signed(known, header, body, d.Now()) })
}

// VerifyShop finds the account of a webhook that a shop's software has signed:
// signature is base64 of HMAC-SHA256(secret, body), as Shopify and WooCommerce
// do it. The time is not signed, so an old body can come again; its version
// makes that harmless. Refusals are as those of VerifyInbound.
func (d *Desk) VerifyShop(ctx context.Context, keyID, signature string, body []byte) (port.Account, error) {
	given, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(given) != sha256.Size {
		given = nil
	}
	return d.verify(ctx, keyID, func(known []string) bool {
		ok := false
		for _, secret := range known {
			ok = hmac.Equal(mac(secret, body), given) || ok
		}
		return ok
	})
}

func (d *Desk) verify(ctx context.Context, keyID string, good func(known []string) bool) (port.Account, error) {
	denied := fault.New(fault.Denied, "bad_signature", "The key, the signature or its time is not accepted.")
	key, err := d.Store.PublicKey(ctx, keyID)
	if fault.Is(err, fault.NotFound) || (err == nil && key.Kind != "inbound") {
		return port.Account{}, denied
	}
	if err != nil {
		return port.Account{}, fmt.Errorf("look up inbound key: %w", err)
	}
	s, err := d.openSecrets(ctx, key)
	if err != nil {
		return port.Account{}, err
	}
	if !good(s.all()) {
		return port.Account{}, denied
	}
	a, err := d.Store.Account(ctx, key.Space, key.Account)
	if fault.Is(err, fault.NotFound) || (err == nil && a.State == port.AccountGone) {
		return port.Account{}, denied // its key outlived it
	}
	return a, err
}

func signed(known []string, header string, body []byte, now time.Time) bool {
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
	for _, secret := range known {
		want := mac(secret, []byte(at+"."), body)
		for _, g := range given {
			ok = hmac.Equal(want, g) || ok
		}
	}
	return ok
}

func mac(secret string, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	for _, p := range parts {
		_, _ = h.Write(p)
	}
	return h.Sum(nil)
}

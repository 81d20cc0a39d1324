package accounts_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/accounts"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

const shopKey = "0123456789abcdef0123456789abcdef"

// glass is a vault one can see into, but only for the purpose it was sealed for.
type glass struct{ port.Vault }

func (glass) Seal(_ context.Context, w commerce.WorkspaceID, purpose string, plain []byte) ([]byte, error) {
	return []byte(string(w) + "/" + purpose + "/" + string(plain)), nil
}

func (glass) Open(_ context.Context, w commerce.WorkspaceID, purpose string, sealed []byte) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(sealed), string(w)+"/"+purpose+"/")
	if !ok {
		return nil, fault.New(fault.Internal, "sealed", "Sealed for something else.")
	}
	return []byte(plain), nil
}

// till is a desk with one checkout.
type till struct {
	*accounts.Desk
	account port.Account
	secret  string
	clock   *porttest.Clock
}

func newTill(t *testing.T) *till {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))
	b := &till{Desk: &accounts.Desk{Store: localtest.Open(t, clock.Now).Store, Vault: glass{}, Now: clock.Now, Log: localtest.Quiet()}, clock: clock}
	var err error
	if b.account, b.secret, err = b.AddCheckout(t.Context(), "w1", "Web shop"); err != nil {
		t.Fatal(err)
	}
	return b
}

func sum(secret, text string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write([]byte(text))
	return h.Sum(nil)
}

func (b *till) ours(t *testing.T, secret string) error {
	t.Helper()
	at := fmt.Sprint(b.clock.Now().Unix())
	a, err := b.VerifyInbound(t.Context(), b.account.Key, "t="+at+",v1="+hex.EncodeToString(sum(secret, at+".{}")), []byte("{}"))
	if err == nil && a.ID != b.account.ID {
		t.Errorf("verified as %s", a.ID)
	}
	return err
}

func (b *till) shop(t *testing.T, secret string) error {
	t.Helper()
	_, err := b.VerifyShop(t.Context(), b.account.Key, base64.StdEncoding.EncodeToString(sum(secret, "{}")), []byte("{}"))
	return err
}

func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	second, err := b.RenewSecret(t.Context(), "w1", b.account.ID)
	if err != nil || b.ours(t, b.secret) != nil || b.ours(t, second) != nil || b.shop(t, second) != nil {
		t.Errorf("while the shop changes over: %v, %v, %v", err, b.ours(t, b.secret), b.ours(t, second))
	}
	third, err := b.RenewSecret(t.Context(), "w1", b.account.ID)
	if err != nil || !fault.Is(b.ours(t, b.secret), fault.Denied) || b.ours(t, second) != nil || b.ours(t, third) != nil {
		t.Errorf("after the next one: %v, %v, %v", b.ours(t, b.secret), b.ours(t, second), b.ours(t, third))
	}
	for _, s := range []string{shopKey, shopKey + "2", " " + shopKey + "2\n"} {
		if err := b.AddSecret(t.Context(), "w1", b.account.ID, s); err != nil {
			t.Fatal(err)
		}
	}
	if b.shop(t, shopKey) != nil || b.shop(t, shopKey+"2") != nil || b.ours(t, second) != nil || b.ours(t, third) != nil {
		t.Error("the shop's own secret pushed another out")
	}
	if err := b.AddSecret(t.Context(), "w1", b.account.ID, shopKey+"3"); err != nil || !fault.Is(b.shop(t, shopKey), fault.Denied) {
		t.Errorf("an old secret of the shop: %v, %v", err, b.shop(t, shopKey))
	}
}

// Of secrets that are made at once none is lost that was answered.
func TestSecretsAtOnce(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	var wg sync.WaitGroup
	made := make([]string, 2)
	for i := range made {
		wg.Go(func() {
			for made[i] == "" {
				s, err := b.RenewSecret(t.Context(), "w1", b.account.ID)
				if err == nil {
					made[i] = s
				} else if !fault.Is(err, fault.Conflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if b.ours(t, made[0]) != nil || b.ours(t, made[1]) != nil {
		t.Errorf("%v, %v", b.ours(t, made[0]), b.ours(t, made[1]))
	}
}

func TestSecretsRefused(t *testing.T) {
	t.Parallel()
	b := newTill(t)
	for _, s := range []string{"", "short", strings.Repeat(" ", 40), strings.Repeat("x", 201)} {
		if err := b.AddSecret(t.Context(), "w1", b.account.ID, s); !fault.Is(err, fault.Invalid) {
			t.Errorf("secret %q: %v", s, err)
		}
	}
	if _, err := b.RenewSecret(t.Context(), "w2", b.account.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's checkout: %v", err)
	}
	page := port.Account{ID: "acc_page", Space: "w1", Channel: commerce.Facebook, Kind: "marketplace", Remote: "1", Key: "k", State: port.AccountActive}
	if _, err := b.Store.Connect(t.Context(), page, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.AddSecret(t.Context(), "w1", "acc_page", shopKey); !fault.Is(err, fault.Unsupported) {
		t.Errorf("a page: %v", err)
	}
	for name, signature := range map[string]string{
		"none": "", "no base64": "%%%", "empty": "====", "short": base64.StdEncoding.EncodeToString([]byte("x")), "hex": hex.EncodeToString(sum(b.secret, "{}")),
		"another body": base64.StdEncoding.EncodeToString(sum(b.secret, "{ }")), "an empty secret": base64.StdEncoding.EncodeToString(sum("", "{}")),
	} {
		if _, err := b.VerifyShop(t.Context(), b.account.Key, signature, []byte("{}")); !fault.Is(err, fault.Denied) {
			t.Errorf("signature %s: %v", name, err)
		}
	}
	for _, key := range []string{"", "mk_none", "k"} {
		if _, err := b.VerifyShop(t.Context(), key, base64.StdEncoding.EncodeToString(sum(b.secret, "{}")), []byte("{}")); !fault.Is(err, fault.Denied) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

package channeltest

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
)

const (
	state    = "state-0123456789abcdef"
	verifier = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_" // 64 characters
)

// seller is one connected account in a world of its own.
type seller struct {
	*testing.T
	h       Harness
	w       World
	ctx     context.Context
	now     func() time.Time
	grant   channel.Grant
	account channel.Candidate
	conn    channel.Connector
	tokens  *tokens
	// books are the product's storage.
	books *books
}

// connect takes a seller through the consent and opens the first account.
func connect(t *testing.T, h Harness, seed uint64) *seller {
	t.Helper()
	w := h.World(t, seed)
	s := &seller{T: t, h: h, w: w, ctx: t.Context(), now: w.Env().Now, books: newBooks(w)}
	address, err := s.auth().Consent(state, s.redirect(), verifier)
	s.must("consent", err)
	callback, err := w.Consent(s.ctx, address, true)
	s.must("walk the consent page", err)
	s.grant, err = s.auth().Exchange(s.ctx, callback, s.redirect(), verifier)
	s.must("exchange", err)
	if len(s.grant.Candidates) == 0 {
		s.Fatal("the grant opens no account")
	}
	s.account = s.grant.Candidates[0]
	s.tokens = &tokens{now: s.grant.Tokens, auth: s.auth()}
	s.conn = s.open()
	return s
}

func (s *seller) auth() channel.Auth {
	login, ok := s.h.Driver.LoginAs(s.h.Login)
	if !ok {
		s.Fatalf("the driver has no login %q", s.h.Login)
	}
	return login.Auth(s.w.App(), s.w.Env())
}

func (s *seller) redirect() string {
	return s.w.PublicURL() + "/v1/oauth/" + string(s.h.Driver.Name) + "/callback"
}

// open makes a connector as a new process would: with nothing remembered but
// what is stored.
func (s *seller) open() channel.Connector {
	s.Helper()
	conn, err := s.h.Driver.Open(channel.OpenParams{
		Env: s.w.Env(), App: s.w.App(), Settings: s.settings(), Account: "acc_test", Tokens: s.tokens,
	})
	s.must("open", err)
	return conn
}

// settings are those of the account, decoded strictly: what is stored must be
// what the driver reads.
func (s *seller) settings() any {
	s.Helper()
	settings := s.h.Driver.NewSettings()
	d := json.NewDecoder(bytes.NewReader(s.account.Settings))
	d.DisallowUnknownFields()
	s.must("decode the candidate's settings", d.Decode(settings))
	return settings
}

func (s *seller) must(what string, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

// kind wants an error of one of the kinds.
func (s *seller) kind(what string, err error, kinds ...fault.Kind) {
	s.Helper()
	for _, k := range kinds {
		if fault.Is(err, k) {
			return
		}
	}
	s.Errorf("%s: %v (kind %q), want kind %v", what, err, fault.KindOf(err), kinds)
}

// quiet wants no secret in what was written down.
func (s *seller) quiet(text string) {
	s.Helper()
	secrets := []string{s.grant.Tokens.Access, s.grant.Tokens.Refresh, s.tokens.current().Access}
	for _, extra := range s.grant.Tokens.Extra {
		if len(extra) > 30 {
			secrets = append(secrets, extra)
		}
	}
	secrets = append(secrets, secretsOf(s.w.App())...)
	for _, secret := range secrets {
		if secret != "" && strings.Contains(text, secret) {
			s.Errorf("a token is written down: …%s…", around(text, secret))
		}
	}
}

// secretsOf are the secrets of an installation.
func secretsOf(app any) (all []string) {
	v := reflect.ValueOf(app).Elem()
	for i := range v.NumField() {
		if secret, ok := v.Field(i).Interface().(config.Secret); ok {
			all = append(all, secret.Reveal())
		}
	}
	return all
}

// around is what stands before a secret, without it.
func around(text, secret string) string {
	i := strings.Index(text, secret)
	return text[max(0, i-80):i]
}

// tokens is the grant's storage: it refreshes at most once per refused token.
type tokens struct {
	auth channel.Auth

	mu      sync.Mutex
	now     channel.Tokens
	asked   int
	renewed int
}

var _ channel.TokenSource = (*tokens)(nil)

func (k *tokens) Tokens(context.Context) (channel.Tokens, error) { return k.current(), nil }

func (k *tokens) current() channel.Tokens {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now
}

func (k *tokens) Refreshed(ctx context.Context, refused string) (channel.Tokens, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked++
	if k.now.Access != refused {
		return k.now, nil
	}
	if k.now.Refresh == "" {
		return k.now, fault.New(fault.AuthExpired, "no_refresh", "The consent has ended and can't be renewed. Connect the shop again.")
	}
	fresh, err := k.auth.Refresh(ctx, k.now)
	if err != nil {
		return k.now, err
	}
	k.now, k.renewed = fresh, k.renewed+1
	return fresh, nil
}

// counts answers how often a token was said to be refused and how often it
// was renewed.
func (k *tokens) counts() (asked, renewed int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked, k.renewed
}

// resolve finds the variant of an order line as the product does: by the
// marketplace's id first, then by SKU.
func resolve(l commerce.Listing, p commerce.Product, line commerce.OrderLine) commerce.VariantID {
	for variant, remote := range l.Items {
		if line.RemoteItem != "" && remote == line.RemoteItem {
			return variant
		}
	}
	for _, v := range p.Variants {
		if line.SKU != "" && v.SKU == line.SKU {
			return v.ID
		}
	}
	return ""
}

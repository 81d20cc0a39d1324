package local

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// broken is a terminal that has gone away.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestAKeyIsReplaced(t *testing.T) {
	t.Parallel()
	store := localtest.Open(t, time.Now).Store
	put := func(c port.Credential) {
		t.Helper()
		c.Space = "ws"
		if err := store.PutCredential(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	good := func(secret string) bool {
		_, err := httpapi.Known(t.Context(), store, secret, time.Now())
		return err == nil
	}
	put(port.Credential{Hash: httpapi.HashKey("old"), Kind: httpapi.KindOwner, Name: "owner"})
	put(port.Credential{Hash: httpapi.HashKey("session"), Kind: httpapi.KindSession, Parent: httpapi.HashKey("old")})
	for _, wrong := range []string{"guess", "session"} {
		if err := rotate(t.Context(), store, wrong, io.Discard); err == nil || strings.Contains(err.Error(), wrong+" ") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if err := rotate(t.Context(), store, "old", broken{}); err == nil || !good("old") {
		t.Error("the old key ended although nobody saw the new one")
	}
	var out strings.Builder
	if err := rotate(t.Context(), store, "old", &out); err != nil {
		t.Fatal(err)
	}
	key, _, _ := strings.Cut(out.String(), "\n")
	c, err := httpapi.Known(t.Context(), store, key, time.Now())
	if err != nil || c.Space != "ws" || c.Kind != httpapi.KindOwner || c.Name != "owner" {
		t.Errorf("the new key is %+v, %v", c, err)
	}
	if good("old") || good("session") {
		t.Error("the old key or its session still works")
	}
}

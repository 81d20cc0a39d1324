package porttest

import (
	"bytes"
	"sync"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// VaultBench is a vault under test over the workspaces w1 and w2, which exist
// and have no data key yet.
type VaultBench struct {
	Vault port.Vault
	// Again opens the same vault as another process would.
	Again func(t *testing.T) port.Vault
}

// RunVault is the suite for port.Vault. Each test opens its own bench.
func RunVault(t *testing.T, open func(t *testing.T) VaultBench) {
	for name, test := range map[string]func(*testing.T, VaultBench){
		"opens what it sealed":         vaultOpen,
		"never seals the same twice":   vaultFresh,
		"binds to its purpose":         vaultBound,
		"notices every change":         vaultChange,
		"is the same in each process":  vaultAgain,
		"agrees on a first key":        vaultRace,
		"digests":                      vaultDigest,
		"does not know other sellers":  vaultStranger,
		"does not show what it sealed": vaultHidden,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func seal(t *testing.T, v port.Vault, plain string) []byte {
	t.Helper()
	sealed, err := v.Seal(t.Context(), "w1", "token", []byte(plain))
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	return sealed
}

func wantOpen(t *testing.T, v port.Vault, sealed []byte, want string) {
	t.Helper()
	got, err := v.Open(t.Context(), "w1", "token", sealed)
	if err != nil || string(got) != want {
		t.Errorf("opened %q, %v, want %q", got, err, want)
	}
}

func vaultOpen(t *testing.T, b VaultBench) {
	for _, plain := range []string{"secret", "", "\x00\xff", string(make([]byte, 100_000))} {
		wantOpen(t, b.Vault, seal(t, b.Vault, plain), plain)
	}
}

func vaultFresh(t *testing.T, b VaultBench) {
	if bytes.Equal(seal(t, b.Vault, "x"), seal(t, b.Vault, "x")) {
		t.Error("two seals of one text are equal")
	}
}

func vaultBound(t *testing.T, b VaultBench) {
	sealed := seal(t, b.Vault, "secret")
	seal2, err := b.Vault.Seal(t.Context(), "w2", "token", []byte("other"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Vault.Open(t.Context(), "w2", "token", sealed); err == nil {
		t.Error("another workspace opened it")
	}
	if _, err := b.Vault.Open(t.Context(), "w1", "token", seal2); err == nil {
		t.Error("another workspace opened it")
	}
	_, err = b.Vault.Open(t.Context(), "w1", "tokens", sealed)
	wantKind(t, "another purpose", err, fault.Permanent)
}

func vaultChange(t *testing.T, b VaultBench) {
	sealed := seal(t, b.Vault, "secret")
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := b.Vault.Open(t.Context(), "w1", "token", broken); err == nil {
			t.Errorf("a change of byte %d went unnoticed", i)
		}
	}
	for n := range sealed {
		_, err := b.Vault.Open(t.Context(), "w1", "token", sealed[:n])
		wantKind(t, "cut short", err, fault.Permanent)
	}
}

func vaultAgain(t *testing.T, b VaultBench) {
	sealed := seal(t, b.Vault, "secret")
	wantOpen(t, b.Again(t), sealed, "secret")
}

// vaultRace: whoever makes the first data key, both use the same one.
func vaultRace(t *testing.T, b VaultBench) {
	vaults := []port.Vault{b.Vault, b.Again(t), b.Again(t), b.Again(t)}
	sealed := make([][]byte, len(vaults))
	var work sync.WaitGroup
	for i, v := range vaults {
		work.Go(func() {
			var err error
			if sealed[i], err = v.Seal(t.Context(), "w1", "token", []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	for _, v := range vaults {
		for _, s := range sealed {
			wantOpen(t, v, s, "x")
		}
	}
}

func vaultDigest(t *testing.T, b VaultBench) {
	digest := func(v port.Vault, w, value string) string {
		got, err := v.Digest(t.Context(), commerce.WorkspaceID(w), value)
		if err != nil || len(got) != 64 {
			t.Fatalf("digest: %q, %v", got, err)
		}
		return got
	}
	first := digest(b.Vault, "w1", "ann@example.org")
	if first != digest(b.Again(t), "w1", "ann@example.org") {
		t.Error("two processes digest differently")
	}
	if first == digest(b.Vault, "w1", "bob@example.org") || first == digest(b.Vault, "w2", "ann@example.org") {
		t.Error("other values or workspaces have the same digest")
	}
}

func vaultStranger(t *testing.T, b VaultBench) {
	_, err := b.Vault.Seal(t.Context(), "nobody", "token", nil)
	wantKind(t, "seal for a workspace that is not there", err, fault.NotFound)
	_, err = b.Vault.Open(t.Context(), "nobody", "token", make([]byte, 40))
	wantKind(t, "open for a workspace that is not there", err, fault.NotFound)
}

func vaultHidden(t *testing.T, b VaultBench) {
	if bytes.Contains(seal(t, b.Vault, "a long secret text"), []byte("secret")) {
		t.Error("the sealed form shows the text")
	}
}

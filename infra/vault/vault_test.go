package vault_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spaces keeps workspaces in memory with the port's version check.
type spaces struct {
	mu    sync.Mutex
	all   map[commerce.WorkspaceID]port.Workspace
	reads int
	puts  int
	fail  error
}

func newSpaces() *spaces {
	s := &spaces{all: map[commerce.WorkspaceID]port.Workspace{}}
	for _, w := range []commerce.WorkspaceID{"w1", "w2"} {
		s.all[w] = port.Workspace{ID: w, Version: 1}
	}
	return s
}

func (s *spaces) Workspace(_ context.Context, id commerce.WorkspaceID) (port.Workspace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	w, ok := s.all[id]
	if !ok {
		return w, fault.New(fault.NotFound, "workspace_not_found", "no workspace %s", id)
	}
	return w, nil
}

func (s *spaces) PutWorkspace(_ context.Context, w port.Workspace) (port.Workspace, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
	if s.fail != nil {
		return w, s.fail
	}
	if s.all[w.ID].Version != w.Version {
		return w, fault.New(fault.Conflict, "workspace_moved", "workspace %s has moved", w.ID)
	}
	w.Version++
	s.all[w.ID] = w
	return w, nil
}

// fakeKMS wraps by remembering, and refuses another context, as KMS does.
type fakeKMS struct {
	mu      sync.Mutex
	made    map[string]string // wrapped -> workspace
	decrypt atomic.Int64
	fail    error
}

func (f *fakeKMS) GenerateDataKey(_ context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	wrapped := fmt.Sprintf("wrapped %d by %s", len(f.made), *in.KeyId)
	f.made[wrapped] = in.EncryptionContext["manystall:workspace"]
	return &kms.GenerateDataKeyOutput{Plaintext: plainOf(wrapped), CiphertextBlob: []byte(wrapped)}, nil
}

func (f *fakeKMS) Decrypt(_ context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	f.decrypt.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	w, ok := f.made[string(in.CiphertextBlob)]
	if !ok || w != in.EncryptionContext["manystall:workspace"] {
		return nil, &types.InvalidCiphertextException{}
	}
	return &kms.DecryptOutput{Plaintext: plainOf(string(in.CiphertextBlob))}, nil
}

func plainOf(wrapped string) []byte {
	sum := sha256.Sum256([]byte(wrapped))
	return sum[:]
}

func TestKeyFileConformance(t *testing.T) {
	t.Parallel()
	porttest.RunVault(t, func(t *testing.T) porttest.VaultBench {
		path, s := filepath.Join(t.TempDir(), "key"), newSpaces()
		again := func(t *testing.T) port.Vault {
			keeper, err := vault.OpenKeyFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return vault.New(keeper, s)
		}
		return porttest.VaultBench{Vault: again(t), Again: again}
	})
}

func TestKMSConformance(t *testing.T) {
	t.Parallel()
	porttest.RunVault(t, func(*testing.T) porttest.VaultBench {
		keeper, s := vault.NewKMS(&fakeKMS{made: map[string]string{}}, "alias/key"), newSpaces()
		again := func(*testing.T) port.Vault { return vault.New(keeper, s) }
		return porttest.VaultBench{Vault: again(t), Again: again}
	})
}

// TestCache: many at once unwrap once.
func TestCache(t *testing.T) {
	t.Parallel()
	api, s := &fakeKMS{made: map[string]string{}}, newSpaces()
	sealed, err := vault.New(vault.NewKMS(api, "k"), s).Seal(t.Context(), "w1", "token", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	v := vault.New(vault.NewKMS(api, "k"), s)
	for range 3 {
		if _, err := v.Open(t.Context(), "w1", "token", sealed); err != nil {
			t.Fatal(err)
		}
	}
	if n := api.decrypt.Load(); n != 1 {
		t.Errorf("KMS was asked %d times", n)
	}
}

// TestFailureIsNotKept: what failed once is tried again.
func TestFailureIsNotKept(t *testing.T) {
	t.Parallel()
	api, s := &fakeKMS{made: map[string]string{}}, newSpaces()
	v := vault.New(vault.NewKMS(api, "k"), s)
	for _, c := range []struct {
		err  error
		kind fault.Kind
	}{
		{errors.New("connection reset"), fault.Temporary},
		{&smithy.GenericAPIError{Code: "ThrottlingException"}, fault.Temporary},
		{&types.KMSInternalException{}, fault.Temporary},
		{&types.DisabledException{}, fault.Internal},
		{&smithy.GenericAPIError{Code: "AccessDeniedException"}, fault.Internal},
	} {
		api.fail = c.err
		if _, err := v.Seal(t.Context(), "w1", "token", nil); fault.KindOf(err) != c.kind {
			t.Errorf("%v: kind = %q, want %q", c.err, fault.KindOf(err), c.kind)
		}
	}
	api.fail = nil
	if _, err := v.Seal(t.Context(), "w1", "token", nil); err != nil {
		t.Errorf("after the trouble: %v", err)
	}
}

func TestStoreRefuses(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{fault.Temporary: 1, fault.Conflict: 5} {
		s := newSpaces()
		s.fail = fault.New(kind, "x", "x")
		_, err := vault.New(vault.NewKMS(&fakeKMS{made: map[string]string{}}, "k"), s).Seal(t.Context(), "w1", "token", nil)
		if !fault.Is(err, fault.Temporary) || s.puts != want {
			t.Errorf("%s: %v after %d puts, want %d", kind, err, s.puts, want)
		}
	}
}

// TestStolenKey: a wrapped key copied into another workspace is of no use.
func TestStolenKey(t *testing.T) {
	t.Parallel()
	file, err := vault.OpenKeyFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	for name, keeper := range map[string]vault.Keeper{
		"key file": file, "kms": vault.NewKMS(&fakeKMS{made: map[string]string{}}, "k"),
	} {
		_, wrapped, err := keeper.NewKey(t.Context(), "w1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keeper.Unwrap(t.Context(), "w1", wrapped); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, bad := range [][]byte{wrapped, wrapped[:5], nil} {
			if _, err := keeper.Unwrap(t.Context(), "w2", bad); !fault.Is(err, fault.Permanent) {
				t.Errorf("%s: unwrapped for another workspace: %v", name, err)
			}
		}
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if _, err := vault.OpenKeyFile(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 65 {
		t.Errorf("key file %v, %v", info, err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenKeyFile(path); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the key has changed, %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestKeyFileRefused(t *testing.T) {
	t.Parallel()
	good := bytes.Repeat([]byte("a"), 64)
	for name, c := range map[string]struct {
		content []byte
		mode    os.FileMode
	}{
		"readable by all": {good, 0o644},
		"empty":           {nil, 0o600},
		"short":           {good[:62], 0o600},
		"no digits":       {bytes.Repeat([]byte("z"), 64), 0o600},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, c.content, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.OpenKeyFile(path); err == nil {
			t.Errorf("a key file that is %s was accepted", name)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, err := vault.OpenKeyFile(filepath.Join(t.TempDir(), "none", "key")); err == nil {
		t.Error("a key file without a folder was made")
	}
}

// TestKeyFileRace: of many makers one wins, and all use its key.
func TestKeyFileRace(t *testing.T) {
	t.Parallel()
	path, s := filepath.Join(t.TempDir(), "key"), newSpaces()
	vaults := make([]*vault.Vault, 8)
	var work sync.WaitGroup
	for i := range vaults {
		work.Go(func() {
			keeper, err := vault.OpenKeyFile(path)
			if err != nil {
				t.Error(err)
				return
			}
			vaults[i] = vault.New(keeper, s)
		})
	}
	work.Wait()
	sealed, err := vaults[0].Seal(t.Context(), "w1", "token", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vaults {
		if got, err := v.Open(t.Context(), "w1", "token", sealed); err != nil || string(got) != "x" {
			t.Errorf("vault %d: %q, %v", i, got, err)
		}
	}
}

// FuzzOpen: no foreign bytes open, and none break the vault.
func FuzzOpen(f *testing.F) {
	s := newSpaces()
	v := vault.New(vault.NewKMS(&fakeKMS{made: map[string]string{}}, "k"), s)
	sealed, err := v.Seal(f.Context(), "w1", "token", []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed, "tokens")
	f.Add(sealed[:20], "token")
	f.Add([]byte{1}, "")
	f.Fuzz(func(t *testing.T, data []byte, purpose string) {
		if bytes.Equal(data, sealed) && purpose == "token" {
			t.Skip("the one that opens")
		}
		if _, err := v.Open(t.Context(), "w1", purpose, data); !fault.Is(err, fault.Permanent) {
			t.Errorf("%x for %q: %v", data, purpose, err)
		}
	})
}

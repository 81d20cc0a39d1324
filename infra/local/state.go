package local

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/manystall/manystall/connectors/simkit"
)

// state is what the runner itself remembers, in one folder.
type state struct {
	dir string

	mu    sync.Mutex
	marks map[string]string // checkpoints of streams; nil until they are read
}

func openState(dir string) (*state, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make state folder: %w", err)
	}
	return &state{dir: dir}, nil
}

func (s *state) path(name string) string { return filepath.Join(s.dir, name) }

// write replaces a file as a whole; only its owner can read it.
func (s *state) write(name string, data []byte) error {
	draft := s.path(name + ".new")
	if err := os.WriteFile(draft, data, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(draft, s.path(name)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// read decodes a JSON file; one that is not there leaves into as it is.
func (s *state) read(name string, into any) error {
	raw, err := os.ReadFile(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w (`make reset` forgets all local state)", s.path(name), err)
	}
	return nil
}

func (s *state) save(name string, value any) error {
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	return s.write(name, append(raw, '\n'))
}

// progress is how far the first start has come.
type progress struct {
	Workspace string         `json:"workspace"`
	Connected []string       `json:"connected"`
	Checkout  checkoutKey    `json:"checkout"`
	Imported  bool           `json:"imported"`
	Buyers    map[string]int `json:"buyers"` // orders and messages made, per channel
}

// checkoutKey lets the simulated own shop sign its orders.
type checkoutKey struct {
	Key    string `json:"key"`
	Secret string `json:"secret"`
}

// apiKey is the owner's key of this machine: made once, kept in a file.
func (s *state) apiKey() (key string, err error) {
	raw, err := os.ReadFile(s.path("api-key"))
	if err == nil && len(raw) > 20 {
		return string(trim(raw)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read api-key: %w", err)
	}
	key = "mso_" + random(32)
	return key, s.write("api-key", []byte(key+"\n"))
}

func trim(raw []byte) []byte {
	for len(raw) > 0 && (raw[len(raw)-1] == '\n' || raw[len(raw)-1] == '\r') {
		raw = raw[:len(raw)-1]
	}
	return raw
}

func random(n int) string {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails (crypto/rand, Go 1.24)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// credentials are app keys for the simulated marketplaces: random, made once.
func (s *state) credentials(stands []simkit.Stand) (map[string]string, error) {
	made := map[string]string{}
	if err := s.read("credentials.json", &made); err != nil {
		return nil, err
	}
	fresh := false
	for _, stand := range stands {
		for name, value := range stand.Invent(letters) {
			if made[name] == "" {
				made[name], fresh = value, true
			}
		}
	}
	if !fresh {
		return made, nil
	}
	return made, s.save("credentials.json", made)
}

// letters are n unguessable lower-case letters and digits.
func letters(n int) string {
	return strings.ToLower(rand.Text() + rand.Text() + rand.Text())[:min(n, 78)]
}

// Load and Save keep how far each shard of a stream has been read. They
// implement engine.Checkpoints.
func (s *state) Load(_ context.Context, key string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.streams()
	return s.marks[key], err
}

// Save stores a checkpoint.
func (s *state) Save(_ context.Context, key, sequence string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.streams(); err != nil {
		return err
	}
	s.marks[key] = sequence
	return s.save("streams.json", s.marks)
}

// streams reads the checkpoints once; this process alone writes them.
func (s *state) streams() error {
	if s.marks != nil {
		return nil
	}
	marks := map[string]string{}
	if err := s.read("streams.json", &marks); err != nil {
		return err
	}
	s.marks = marks
	return nil
}

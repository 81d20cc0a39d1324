package config_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/config"
)

type sample struct {
	Port  int           `env:"PORT" default:"8080"`
	Key   config.Secret `env:"KEY,required"`
	On    bool          `env:"ON"`
	Wait  time.Duration `env:"WAIT" default:"3s"`
	Inner struct {
		Name string `env:"NAME,required"`
	}
	Untouched string
}

func source(m map[string]string) config.Source {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func TestLoadFillsEveryKind(t *testing.T) {
	t.Parallel()
	var s sample
	err := config.Load(&s, source(map[string]string{"KEY": "k1", "ON": "true", "NAME": "shop"}))
	if err != nil {
		t.Fatal(err)
	}
	if s.Port != 8080 || s.Key.Reveal() != "k1" || !s.On || s.Wait != 3*time.Second || s.Inner.Name != "shop" || s.Untouched != "" {
		t.Errorf("loaded %+v", s)
	}
}

func TestLoadNamesAllThatIsWrongAndNoValue(t *testing.T) {
	t.Parallel()
	var s sample
	err := config.Load(&s, source(map[string]string{"PORT": "eighty-secret", "ON": "perhaps"}))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"PORT", "KEY is not set", "ON", "NAME is not set"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "eighty-secret") {
		t.Errorf("%q shows a value", err)
	}
}

func TestSecretFromFileIsTrimmed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var s sample
	if err := config.Load(&s, source(map[string]string{"KEY_FILE": path, "NAME": "x"})); err != nil {
		t.Fatal(err)
	}
	if s.Key.Reveal() != "from-file" {
		t.Errorf("key is %q", s.Key.Reveal())
	}
}

func TestSecretHidesInEveryFormat(t *testing.T) {
	t.Parallel()
	s := config.Secret("hunter2")
	asJSON, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s", s, s, s, s), string(asJSON), s.LogValue().String()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%q shows the secret", text)
		}
	}
}

func TestWhatLoadRefuses(t *testing.T) {
	t.Parallel()
	if err := config.Load(sample{}, source(nil)); err == nil {
		t.Error("a struct that can't be filled was accepted")
	}
	var odd struct {
		Rate float64 `env:"RATE"`
	}
	if err := config.Load(&odd, source(map[string]string{"RATE": "1"})); err == nil || !strings.Contains(err.Error(), "RATE") {
		t.Errorf("an unsupported type: %v", err)
	}
	var s sample
	err := config.Load(&s, source(map[string]string{"KEY_FILE": filepath.Join(t.TempDir(), "none"), "NAME": "x", "WAIT": "soon"}))
	if err == nil || !strings.Contains(err.Error(), "KEY_FILE") || !strings.Contains(err.Error(), "WAIT") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestAValueBeatsAFileAndAnEmptyOneIsNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("from-file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]string{"direct": "direct", "": "from-file"} {
		var s sample
		if err := config.Load(&s, source(map[string]string{"KEY": value, "KEY_FILE": path, "NAME": "x", "PORT": ""})); err != nil {
			t.Fatal(err)
		}
		if s.Key.Reveal() != want || s.Port != 8080 {
			t.Errorf("KEY=%q loads %q, port %d", value, s.Key.Reveal(), s.Port)
		}
	}
}

package sims_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/all/sims"
	"github.com/manystall/manystall/connectors/simkit"
)

// TestStandsFitTogether opens every simulator the way a host does and wants
// all paths, variables and channels to be distinct.
func TestStandsFitTogether(t *testing.T) {
	t.Parallel()
	mounts, hosts, channels := map[string]string{}, map[string]string{}, map[string]string{}
	claim := func(taken map[string]string, what, by string) {
		if other := taken[what]; other != "" {
			t.Errorf("%s is claimed by %s and %s", what, other, by)
		}
		taken[what] = by
	}
	for _, s := range sims.Stands() {
		sim := open(t, s)
		served := s.Mounts(sim)
		if served[s.Home] == nil {
			t.Errorf("%s: its home %q is not served", s.Name, s.Home)
		}
		for path := range served {
			claim(mounts, path, s.Name)
		}
		for name, mount := range s.Hosts {
			claim(hosts, name, s.Name)
			if served[mount] == nil {
				t.Errorf("%s: %s points at %q, which is not served", s.Name, name, mount)
			}
		}
		for _, c := range s.Channels {
			claim(channels, c, s.Name)
		}
		for topic, path := range s.Webhooks {
			if !strings.HasPrefix(path, "/") {
				t.Errorf("%s: topic %s goes to %q", s.Name, topic, path)
			}
		}
	}
}

func open(t *testing.T, s simkit.Stand) simkit.Simulator {
	t.Helper()
	store, err := simkit.OpenStore(filepath.Join(t.TempDir(), s.Name+".db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	webhooks := map[string]string{}
	for topic, path := range s.Webhooks {
		webhooks[topic] = "https://shop.example" + path
	}
	sim, err := s.New(simkit.Env{
		Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }, Seed: 1, URL: "https://sim.example" + s.Home, Store: store,
		Client: http.DefaultClient, Webhooks: webhooks, App: s.Invent(func(n int) string { return strings.Repeat("x", n) }),
		Fetch: simkit.FetchPicture,
	})
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	if err := sim.Tick(context.Background()); err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return sim
}

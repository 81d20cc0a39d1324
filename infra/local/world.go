package local

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/shared/config"
)

// tick is how often a marketplace does what it does by itself.
const tick = 200 * time.Millisecond

// world is the simulated marketplaces.
type world struct {
	stands  []simkit.Stand
	sims    []simkit.Simulator
	stores  []*simkit.Store
	byName  map[string]simkit.Simulator // of a channel
	mounts  map[string]http.Handler
	log     *slog.Logger
	stopped sync.WaitGroup
}

// hosts are the variables that point connectors to the simulators.
func hosts(stands []simkit.Stand, base string) map[string]string {
	all := map[string]string{}
	for _, s := range stands {
		for name, mount := range s.Hosts {
			all[name] = base + mount
		}
	}
	return all
}

// openWorld opens the marketplaces of a state folder.
func openWorld(st *state, stands []simkit.Stand, base string, env config.Source, seed int64, log *slog.Logger) (*world, error) {
	w := &world{stands: stands, byName: map[string]simkit.Simulator{}, mounts: map[string]http.Handler{}, log: log}
	for _, s := range stands {
		if err := w.open(st, s, base, env, seed); err != nil {
			w.close()
			return nil, fmt.Errorf("simulated marketplace %s: %w", s.Name, err)
		}
	}
	w.mounts["/sim/images"] = http.HandlerFunc(serveImage)
	return w, nil
}

func (w *world) open(st *state, s simkit.Stand, base string, env config.Source, seed int64) error {
	store, err := simkit.OpenStore(st.path("sim-" + s.Name + ".db"))
	if err != nil {
		return err
	}
	w.stores = append(w.stores, store)
	webhooks := make(map[string]string, len(s.Webhooks))
	for topic, path := range s.Webhooks {
		webhooks[topic] = base + path
	}
	app := map[string]string{}
	for name := range s.Invent(letters) {
		app[name], _ = env(name)
	}
	sim, err := s.New(simkit.Env{
		Now: func() time.Time { return time.Now().UTC() }, Seed: uint64(seed), URL: base + s.Home, Store: store, //nolint:gosec // any 64 bits are a seed
		Client: &http.Client{Timeout: 10 * time.Second}, Webhooks: webhooks, App: app, Fetch: simkit.FetchPicture, Log: w.log,
	})
	if err != nil {
		return err
	}
	w.sims = append(w.sims, sim)
	for _, c := range s.Channels {
		w.byName[c] = sim
	}
	for path, h := range s.Mounts(sim) {
		w.mounts[path] = http.StripPrefix(path, h)
	}
	return nil
}

// run lets time pass at every marketplace until ctx ends.
func (w *world) run(ctx context.Context) {
	for i, sim := range w.sims {
		w.stopped.Go(func() {
			t := time.NewTicker(tick)
			defer t.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-t.C:
				}
				if err := sim.Tick(ctx); err != nil && ctx.Err() == nil {
					w.log.Warn("simulated marketplace", "name", w.stands[i].Name, "err", err.Error())
				}
			}
		})
	}
}

// close waits for run and closes the stores.
func (w *world) close() {
	w.stopped.Wait()
	for _, s := range w.stores {
		if err := s.Close(); err != nil {
			w.log.Warn("simulator store", "err", err.Error())
		}
	}
}

// serveImage answers for every picture of the internet: /sim/images?u=<address>.
func serveImage(rw http.ResponseWriter, r *http.Request) {
	resp, err := simkit.FetchPicture(r.Context(), r.URL.Query().Get("u"))
	if err != nil {
		http.Error(rw, "not an address", http.StatusBadRequest)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	rw.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	rw.Header().Set("Cache-Control", "public, max-age=86400")
	rw.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(rw, resp.Body)
}

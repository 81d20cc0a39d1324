package etsy_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/recorder"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// The ways in which a step can go wrong. A step is one call to Etsy or one
// write to the store.
const (
	killedBefore = "killed before it"
	killedAfter  = "killed after it"
	lostBefore   = "lost on its way"
	lostAfter    = "done, but the answer is lost"
)

var errStruck = errors.New("struck")

// reaper strikes one step of many. It stands between connector and Etsy, and
// before the store.
type reaper struct {
	next http.RoundTripper

	mu    sync.Mutex
	at    int // the step to strike, from 1; 0 strikes none
	mode  string
	steps []string
	dead  bool
}

// strike notes a step and says whether it is to happen and be answered.
func (r *reaper) strike(step string) (happens, answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return false, false
	}
	r.steps = append(r.steps, step)
	if len(r.steps) != r.at {
		return true, true
	}
	r.dead = r.mode == killedBefore || r.mode == killedAfter
	return r.mode == killedAfter || r.mode == lostAfter, false
}

// RoundTrip implements http.RoundTripper.
func (r *reaper) RoundTrip(req *http.Request) (*http.Response, error) {
	happens, answered := r.strike(req.Method + " " + req.URL.Path)
	if !happens {
		return nil, errStruck
	}
	resp, err := r.next.RoundTrip(req)
	if !answered {
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, errStruck
	}
	return resp, err
}

func (r *reaper) died() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dead
}

func (r *reaper) revive() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dead = false
}

// fragile is the store of a stall, whose writes can be struck too.
type fragile struct {
	*stall
	reaper *reaper
}

func (f fragile) save(step string, write func() error) error {
	happens, answered := f.reaper.strike("save: " + step)
	if happens {
		f.must(write())
	}
	if !answered {
		return errStruck
	}
	return nil
}

// Begin implements channel.Saver.
func (f fragile) Begin(ctx context.Context, c channel.Call) error {
	return f.save("begin", func() error { return f.stall.Begin(ctx, c) })
}

// Created implements channel.Saver.
func (f fragile) Created(ctx context.Context, r channel.Result) error {
	return f.save("created", func() error { return f.stall.Created(ctx, r) })
}

// End implements channel.Saver.
func (f fragile) End(ctx context.Context, id string) error {
	return f.save("end", func() error { return f.stall.End(ctx, id) })
}

// frail is a connected shop of which one step will go wrong.
func frail(t *testing.T, at int, mode string) (*stall, fragile) {
	t.Helper()
	r := &reaper{at: at, mode: mode}
	watch := recorder.For(t)
	w := world.New(t, world.Config{Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: 5, Wrap: func(next http.RoundTripper) http.RoundTripper {
		r.next = next
		return watch.Wrap(r)
	}})
	r.at = 0
	b := settle(t, w)
	r.at, r.steps = at, nil
	return b, fragile{b, r}
}

// drive does what the publishing worker does, with new processes after deaths,
// until a good is done.
func (f fragile) drive(g *good) {
	f.Helper()
	for range 30 {
		if f.reaper.died() {
			f.reaper.revive()
			f.open(f.settings)
		}
		if len(f.calls) > 0 {
			f.w.Advance(5 * time.Second)
			f.look(g)
			continue
		}
		results, err := f.conn.Apply(f.Context(), []channel.Change{f.change(g)}, f)
		if err != nil || f.reaper.died() {
			f.w.Advance(time.Second)
			continue
		}
		f.merge(results[0])
		if results[0].Outcome == channel.Done {
			return
		}
		f.w.Advance(time.Second)
	}
	f.Fatalf("not done after many attempts; steps %q", f.reaper.steps)
}

// look settles the open calls.
func (f fragile) look(g *good) {
	f.Helper()
	for id, call := range f.calls {
		results, err := f.conn.Settle(f.Context(), []channel.OpenCall{{Call: call, Changes: []channel.Change{f.change(g)}}}, f)
		if err != nil || f.reaper.died() {
			return
		}
		f.merge(results[0])
		if results[0].Outcome != channel.Pending {
			delete(f.calls, id)
		}
	}
}

// rich is a product that needs every kind of call there is.
func rich() *good {
	g := kit("rich", map[string]string{"craft type": "Weaving", "personalization": "optional"})
	image := func(n int) commerce.Image {
		return commerce.Image{URL: fmt.Sprintf("https://shop.example/rich-%d.png", n), Alt: fmt.Sprintf("Picture %d", n)}
	}
	g.p.Images = []commerce.Image{image(1), image(2), image(3)}
	g.p.Options = []string{"Size"}
	price := g.p.Variants[0].Price
	g.p.Variants, g.stock = nil, map[commerce.VariantID]int64{}
	for i, size := range []string{"Small", "Large"} {
		v := commerce.Variant{ID: commerce.VariantID(fmt.Sprintf("rich_%d", i)), SKU: commerce.SKU(fmt.Sprintf("rich-%d", i)), Price: price, Options: map[string]string{"Size": size}, Image: g.p.Images[i].URL}
		g.p.Variants, g.stock[v.ID] = append(g.p.Variants, v), int64(i+2)
	}
	return g
}

// TestCreationSurvivesEverything lets each step of a creation go wrong in each
// way. In the end there is one listing, whole, and no picture twice.
func TestCreationSurvivesEverything(t *testing.T) {
	t.Parallel()
	_, calm := frail(t, 0, "")
	calm.drive(rich())
	steps := slices.Clone(calm.reaper.steps)
	t.Logf("%d steps: %s", len(steps), strings.Join(steps, ", "))
	if writes := slices.DeleteFunc(slices.Clone(steps), func(s string) bool { return strings.HasPrefix(s, "GET") }); len(writes) < 3+3+3 {
		t.Fatalf("only %q", writes)
	}
	for i, step := range steps {
		for _, mode := range []string{killedBefore, killedAfter, lostBefore, lostAfter} {
			t.Run(fmt.Sprintf("%d %s/%s", i+1, step, mode), func(t *testing.T) {
				t.Parallel()
				b, f := frail(t, i+1, mode)
				g := rich()
				f.drive(g)
				b.whole(g)
			})
		}
	}
}

// whole wants one listing that has everything once.
func (b *stall) whole(g *good) {
	b.Helper()
	listings := map[string]bool{}
	for _, item := range b.w.Shown() {
		listings[item.Listing] = true
	}
	if len(listings) != 1 || len(b.calls) > 0 {
		b.Fatalf("%d listings and %d open calls, want 1 and 0", len(listings), len(b.calls))
	}
	l := b.shown(g)
	pictures, err := b.seller.Images(b.Context(), l.ID)
	b.must(err)
	var alts []string
	for _, p := range pictures {
		alts = append(alts, p.Alt)
	}
	if want := []string{"Picture 1", "Picture 2", "Picture 3"}; l.State != "active" || !slices.Equal(alts, want) {
		b.Errorf("state %q, pictures %q, want %q", l.State, alts, want)
	}
	if got := b.quantities(g); got["rich-0"] != 2 || got["rich-1"] != 3 || len(got) != 2 {
		b.Errorf("pieces %v", got)
	}
	questions, err := b.sim.Asked(b.Context(), l.ID)
	b.must(err)
	links, err := b.sim.Linked(b.Context(), l.ID)
	b.must(err)
	if said := b.said(g); said["Craft type"] != "Weaving" || len(questions) != 1 || links != 2 {
		b.Errorf("properties %v, questions %q, %d pictures of variants", said, questions, links)
	}
}

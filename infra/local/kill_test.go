package local_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/local/instance"
)

// story is what has to be true once everything has come to rest.
func (in *shopper) story(t *testing.T, bought map[string]int64, opening map[string]int64) {
	t.Helper()
	levels := in.ledger()
	var orders []orderItem
	in.Eventually("all orders are here", func() (bool, string) {
		orders = instance.All[orderItem](in.Instance, "/v1/orders")
		return len(orders) >= len(bought), fmt.Sprintf("%d of %d", len(orders), len(bought))
	})
	seen := map[string]int{}
	for _, o := range orders {
		seen[o.Remote]++
		if seen[o.Remote] > 1 {
			t.Errorf("order %s is there twice", o.Remote)
		}
	}
	var gone int64
	for remote, quantity := range bought {
		if seen[remote] == 0 {
			t.Errorf("order %s of %s is lost", remote, "a buyer")
		}
		gone += quantity
	}
	sku := "PIN-BOAT"
	in.Eventually("every sale took its stock once", func() (bool, string) {
		levels = in.ledger()
		return levels[sku].OnHand == opening[sku]-gone, fmt.Sprintf("%d of %s on hand, want %d - %d", levels[sku].OnHand, sku, opening[sku], gone)
	})
	in.shows(sku, opening[sku]-gone)
	for _, f := range instance.All[struct {
		Message string `json:"message"`
	}](in.Instance, "/v1/failures") {
		t.Errorf("a failure was recorded: %s", f.Message)
	}
}

// TestKill kills the runner at random moments, of the first start and while
// buyers buy: work goes on within five seconds, nothing is lost, nothing is
// doubled.
func TestKill(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	in := newShopper(t, "DEMO=false")
	for range 6 {
		in.Start()
		in.killAfter(time.Duration(random.IntN(2500)) * time.Millisecond)
	}
	in.Start()
	in.Wait("API key")
	in.live(25)
	for _, c := range []string{"etsy", "tiktok", "facebook"} {
		if n := len(in.look(c).Items); n != len(in.ledger()) {
			t.Errorf("%s shows %d items for %d SKUs: something was created twice or not at all", c, n, len(in.ledger()))
		}
	}
	opening, bought := map[string]int64{"PIN-BOAT": in.ledger()["PIN-BOAT"].OnHand}, map[string]int64{}
	for i := range 6 {
		for _, c := range []string{"etsy", "tiktok", "instagram"} {
			if remote, ok := in.tryToBuy(c, "PIN-BOAT", 1+i%2); ok {
				bought[remote] = int64(1 + i%2)
			}
		}
		in.killAfter(time.Duration(random.IntN(400)) * time.Millisecond)
		in.Start()
		began := time.Now()
		in.Wait("Dashboard")
		t.Logf("up again after %s", time.Since(began).Round(time.Millisecond))
	}
	in.story(t, bought, opening)
}

// tryToBuy buys; what was answered is bought.
func (in *shopper) tryToBuy(channel, sku string, quantity int) (string, bool) {
	var made struct {
		Remote string `json:"remote_id"`
	}
	status, raw, _, err := in.Try(http.MethodPost, "/local/marketplaces/"+channel+"/orders", map[string]any{"sku": sku, "quantity": quantity, "buyer": "Kit Moor"})
	if err != nil || status != http.StatusCreated {
		in.T.Logf("%s did not sell: %d %v %.200s", channel, status, err, raw)
		return "", false
	}
	return made.Remote, unmarshal(raw, &made) && made.Remote != ""
}

// TestProcesses runs every function as its own built process behind a Runtime
// API and kills one of them at a time while buyers buy.
func TestProcesses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	in := newShopper(t, "DEMO=false", "FUNCTIONS="+folder)
	names := []string{"Dashboard", "Webhook", "Poll", "Ingest", "Publish", "Send", "Project", "Importer", "Maintain"}
	for _, name := range names {
		out, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", filepath.Join(folder, name+"Function", "bootstrap"), //nolint:gosec // fixed names
			"github.com/manystall/manystall/functions/"+lower(name)+"/bootstrap").CombinedOutput()
		if err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	if runtime.GOOS != "linux" {
		t.Skip("finding a function's process needs /proc")
	}
	in.Start()
	in.Wait("API key")
	opening, bought := map[string]int64{"PIN-BOAT": in.ledger()["PIN-BOAT"].OnHand}, map[string]int64{}
	for i, name := range names {
		for _, c := range []string{"etsy", "tiktok", "facebook"} {
			if remote, ok := in.tryToBuy(c, "PIN-BOAT", 1); ok {
				bought[remote] = 1
			}
		}
		if pid, ok := processOf(filepath.Join(folder, name+"Function", "bootstrap")); ok {
			kill(t, pid)
		} else {
			t.Errorf("%s does not run as a process of its own (round %d)", name, i)
		}
	}
	in.story(t, bought, opening)
	if !slices.ContainsFunc(instance.All[orderItem](in.Instance, "/v1/orders"), func(o orderItem) bool { return o.Channel == "facebook" }) {
		t.Error("no order came over the checkout bridge")
	}
}

package facebook_test

import (
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/facebook"
	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/recorder"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	conform(t, nil)
}

// TestConformanceOfASlowStrictShop is the suite where Meta demands proofs, has
// the few calls of a new shop, finishes batches out of order and reviews slowly.
func TestConformanceOfASlowStrictShop(t *testing.T) {
	t.Parallel()
	conform(t, func(s simkit.Simulator) {
		sim, _ := s.(*metasim.Sim)
		sim.RequireProof, sim.ReorderHandles, sim.CatalogBatchPerMinute = true, true, 8
		sim.HandleDelay, sim.ReviewDelay = 3*time.Second, 40*time.Second
	})
}

func conform(t *testing.T, tune func(simkit.Simulator)) {
	t.Helper()
	watch := recorder.For(t)
	channeltest.Run(t, channeltest.Harness{
		Driver: facebook.Driver(), Hooks: metagraph.Hooks(), Together: []commerce.Channel{commerce.Instagram}, Forbidden: "A counterfeit, says our neighbour.",
		World: func(t *testing.T, seed uint64) channeltest.World {
			return world.New(t, world.Config{Stand: metasim.Stand(), Driver: facebook.Driver(), Seed: seed, Wrap: watch.Wrap, Tune: tune})
		},
	})
}

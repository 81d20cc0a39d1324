package tiktokshop_test

import (
	"net/http"
	"testing"

	"github.com/manystall/manystall/connectors/recorder"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/connectors/tiktokshop"
	"github.com/manystall/manystall/connectors/tiktokshop/tiktoksim"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
)

// newWorld is a seller's TikTok Shop whose traffic is held against the API's
// description. tune may be nil.
func newWorld(t *testing.T, seed uint64, tune func(*tiktoksim.Sim)) *world.World {
	t.Helper()
	return world.New(t, world.Config{
		Stand: tiktoksim.Stand(), Driver: tiktokshop.Driver(), Seed: seed,
		Wrap: func(next http.RoundTripper) http.RoundTripper { return recorder.For(t).Wrap(next) },
		Tune: func(s simkit.Simulator) {
			sim, _ := s.(*tiktoksim.Sim)
			sim.QPS = 0
			if tune != nil {
				tune(sim)
			}
		},
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Harness{
		Driver: tiktokshop.Driver(), Hooks: tiktokshop.Hooks(), Forbidden: "miracle cure", RecallsShipped: true,
		Writes: map[commerce.Group]int{commerce.GroupImages: 2}, // one of them uploads the new picture
		World:  func(t *testing.T, seed uint64) channeltest.World { return newWorld(t, seed, nil) },
	})
}

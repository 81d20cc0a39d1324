package tiktokshop_test

import (
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
	return watched(t, seed, tune, recorder.For(t))
}

// watched is a world whose traffic goes through a recorder.
func watched(t *testing.T, seed uint64, tune func(*tiktoksim.Sim), watch *recorder.Recorder) *world.World {
	t.Helper()
	return world.New(t, world.Config{
		Stand: tiktoksim.Stand(), Driver: tiktokshop.Driver(), Seed: seed,
		Wrap: watch.Wrap,
		Tune: func(s simkit.Simulator) {
			sim, _ := s.(*tiktoksim.Sim)
			sim.QPS = 0
			if tune != nil {
				tune(sim)
			}
		},
	})
}

// TestConformance runs the suite twice: as TikTok is taken to be, and with the
// other answer to what its documentation leaves open. The two token calls count
// as operations; TikTok's description leaves them out.
func TestConformance(t *testing.T) {
	t.Parallel()
	watch := recorder.For(t)
	t.Cleanup(func() { watch.Report(t, 32+2) })
	for name, tune := range map[string]func(*tiktoksim.Sim){
		"usual":  nil,
		"strict": func(s *tiktoksim.Sim) { s.RefuseZeroStock, s.EditsStayOff = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, channeltest.Harness{
				Driver: tiktokshop.Driver(), Hooks: tiktokshop.Hooks(), Forbidden: "miracle cure", RecallsShipped: true,
				Writes: map[commerce.Group]int{commerce.GroupImages: 2}, // one of them uploads the new picture
				World:  func(t *testing.T, seed uint64) channeltest.World { return watched(t, seed, tune, watch) },
			})
		})
	}
	t.Run("a buyer asks to cancel", func(t *testing.T) {
		t.Parallel()
		buyerAsksToCancel(t, shopIn(t, watched(t, 7, nil, watch)))
	})
}

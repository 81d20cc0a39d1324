package etsy_test

import (
	"testing"

	"github.com/manystall/manystall/connectors/etsy"
	"github.com/manystall/manystall/connectors/etsy/etsysim"
	"github.com/manystall/manystall/connectors/recorder"
	"github.com/manystall/manystall/connectors/simkit"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
)

// newWorld is a seller's Etsy whose traffic is held against Etsy's OpenAPI file.
func newWorld(t *testing.T, seed uint64) *world.World {
	t.Helper()
	return watched(t, seed, recorder.For(t))
}

// watched is a world whose traffic goes through a recorder.
func watched(t *testing.T, seed uint64, watch *recorder.Recorder) *world.World {
	t.Helper()
	return world.New(t, world.Config{
		Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: seed,
		Wrap: watch.Wrap,
		Tune: func(s simkit.Simulator) { s.(*etsysim.Sim).Callback = "https://manystall.test/v1/oauth/etsy/callback" },
		Rate: func(s simkit.Simulator, order string, stars int, text string) error {
			_, err := s.(*etsysim.Sim).LeaveReview(t.Context(), order, stars, text)
			return err
		},
	})
}

// TestConformance runs the suite. The token call counts as an operation; Etsy's
// description leaves it out.
func TestConformance(t *testing.T) {
	t.Parallel()
	watch := recorder.For(t)
	t.Cleanup(func() { watch.Report(t, 20+1) })
	channeltest.Run(t, channeltest.Harness{
		Driver: etsy.Driver(), Hooks: etsy.Hooks(), SignedTime: true, Thrifty: true,
		World:  func(t *testing.T, seed uint64) channeltest.World { return watched(t, seed, watch) },
		Writes: map[commerce.Group]int{commerce.GroupImages: 2},
	})
}

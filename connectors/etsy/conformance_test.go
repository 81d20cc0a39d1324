package etsy_test

import (
	"net/http"
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
	return world.New(t, world.Config{
		Stand: etsysim.Stand(), Driver: etsy.Driver(), Seed: seed,
		Wrap: func(next http.RoundTripper) http.RoundTripper { return recorder.For(t).Wrap(next) },
		Rate: func(s simkit.Simulator, order string, stars int, text string) error {
			_, err := s.(*etsysim.Sim).LeaveReview(t.Context(), order, stars, text)
			return err
		},
	})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Harness{
		Driver: etsy.Driver(), Hooks: etsy.Hooks(), SignedTime: true, Thrifty: true,
		World:  func(t *testing.T, seed uint64) channeltest.World { return newWorld(t, seed) },
		Writes: map[commerce.Group]int{commerce.GroupImages: 2},
	})
}

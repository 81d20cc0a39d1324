package instagram_test

import (
	"testing"

	"github.com/manystall/manystall/connectors/instagram"
	"github.com/manystall/manystall/connectors/metagraph"
	"github.com/manystall/manystall/connectors/metagraph/metasim"
	"github.com/manystall/manystall/connectors/recorder"
	"github.com/manystall/manystall/connectors/simkit/world"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/channel/channeltest"
	"github.com/manystall/manystall/shared/commerce"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	watch := recorder.For(t)
	channeltest.Run(t, channeltest.Harness{
		Driver: instagram.Driver(), Hooks: metagraph.Hooks(), Together: []commerce.Channel{commerce.Facebook}, Forbidden: "A counterfeit, says our neighbour.",
		World: func(t *testing.T, seed uint64) channeltest.World {
			return world.New(t, world.Config{Stand: metasim.Stand(), Driver: instagram.Driver(), Seed: seed, Wrap: watch.Wrap})
		},
	})
}

// TestConformanceOfInstagramLogin is the suite of an account that is connected
// without a Page: messages and nothing else.
func TestConformanceOfInstagramLogin(t *testing.T) {
	t.Parallel()
	watch := recorder.For(t)
	channeltest.Run(t, channeltest.Harness{
		Driver: instagram.Driver(), Hooks: metagraph.Hooks(), Login: metagraph.ByInstagram,
		Only: []channel.Ability{channel.CanReadConversations, channel.CanReply},
		World: func(t *testing.T, seed uint64) channeltest.World {
			return world.New(t, world.Config{Stand: metasim.Stand(), Driver: instagram.Driver(), Seed: seed, Wrap: watch.Wrap})
		},
	})
}

package local_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// TestAdverse is the journey while the embedded services do what AWS allows
// itself to do: late indexes, conflicts, throttling, repeated and reordered
// messages, split shards. JOURNEY_SEEDS says with how many seeds (2).
func TestAdverse(t *testing.T) {
	t.Parallel()
	seeds := 2
	if n, err := strconv.Atoi(os.Getenv("JOURNEY_SEEDS")); err == nil {
		seeds = n
	}
	for seed := 1; seed <= seeds; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			in := newShopper(t, "DEMO=false", "ADVERSE=true", "LOG_LEVEL=ERROR", "SEED="+strconv.Itoa(seed))
			in.Start()
			in.Wait("API key")
			in.live(25)
			opening, bought := map[string]int64{"PIN-BOAT": in.ledger()["PIN-BOAT"].OnHand}, map[string]int64{}
			for range 4 {
				for _, c := range []string{"etsy", "tiktok", "instagram"} {
					if remote, ok := in.tryToBuy(c, "PIN-BOAT", 1); ok {
						bought[remote] = 1
					}
				}
			}
			in.story(t, bought, opening)
		})
	}
}

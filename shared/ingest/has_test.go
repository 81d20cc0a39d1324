package ingest_test

import (
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func TestHas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.handle(t, update(order("1", 5)), at(3))
	said := channel.Update{Kind: channel.UpdateMessage, Message: &channel.MessageUpdate{Thread: "t", Name: "Ada", Message: commerce.Message{Remote: "m1", By: commerce.ByBuyer, Text: "Hello", Kind: "text", At: at(4)}}}
	b.handle(t, said, at(4))
	newer, elsewhere, unsaid := order("1", 6), order("1", 6), said
	elsewhere.RawState = "CANCELLED"
	unsaid.Message = &channel.MessageUpdate{Thread: "t", Message: commerce.Message{Remote: "m2", By: commerce.ByBuyer}}
	for name, c := range map[string]struct {
		u     channel.Update
		since time.Time // zero: it is not there
	}{
		"an order":                {update(order("1", 5)), at(3)},
		"an older version":        {update(order("1", 4)), at(3)},
		"the same state, newer":   {update(newer), at(3)},
		"another state, newer":    {update(elsewhere), time.Time{}},
		"an order nobody told of": {update(order("2", 1)), time.Time{}},
		"a message":               {said, at(4)},
		"another message":         {unsaid, time.Time{}},
		"a review":                {channel.Update{Kind: channel.UpdateReview, Review: &commerce.Review{Remote: "r"}}, time.Time{}},
		"nothing":                 {channel.Update{Kind: channel.UpdateOrder}, time.Time{}},
	} {
		since, has, err := b.in.Has(bg(), b.account, c.u)
		must(t, err)
		if has != !c.since.IsZero() || (has && !since.Equal(c.since)) {
			t.Errorf("%s: %t since %s", name, has, since)
		}
	}
}

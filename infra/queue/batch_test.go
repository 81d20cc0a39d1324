package queue

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/port"
)

// TestBatches: every message once, in order, within the limits of a call.
func TestBatches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, batchBytes-2), 0, 40).Draw(t, "sizes")
		var messages []port.Outgoing
		for _, n := range sizes {
			messages = append(messages, port.Outgoing{Body: strings.Repeat("x", n)})
		}
		entries, err := encode("q", messages)
		if err != nil {
			t.Fatal(err)
		}
		next := 0
		for _, batch := range batches(entries) {
			total := 0
			for _, e := range batch {
				if e.position != next {
					t.Fatalf("message %d where %d belongs", e.position, next)
				}
				next++
				total += len(e.body)
			}
			if len(batch) == 0 || len(batch) > batchMessages || total > batchBytes {
				t.Fatalf("a call of %d messages and %d bytes", len(batch), total)
			}
		}
		if next != len(sizes) {
			t.Fatalf("%d of %d messages", next, len(sizes))
		}
	})
}

func TestDelaySeconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]int32{
		-time.Second: 0, 0: 0, 1: 1, time.Second: 1, 1001 * time.Millisecond: 2, 15 * time.Minute: 900, time.Hour: 900,
	} {
		if got := delaySeconds(d); got != want {
			t.Errorf("%s = %d s, want %d", d, got, want)
		}
	}
}

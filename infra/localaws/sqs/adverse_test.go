package sqs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// deliveries sends 100 messages in adverse mode and returns what arrives, in
// order, when each is deleted at once.
func deliveries(t *testing.T) []string {
	t.Helper()
	b := setup(t)
	b.service.SetAdverse(true)
	dead := b.queue("dead")
	q := b.queue("orders", "RedrivePolicy", redrive("dead", 1))
	for i := range 100 {
		b.send(q, fmt.Sprint(i))
	}
	var all []string
	for range 40 {
		for _, m := range b.receive(q) {
			all = append(all, *m.Body)
			b.delete(q, *m.ReceiptHandle)
		}
		b.clock.advance(200 * time.Millisecond)
	}
	b.wantCounts(q, "0/0/0")
	b.wantCounts(dead, "0/0/0")
	return all
}

func TestAdverse(t *testing.T) {
	t.Parallel()
	first := deliveries(t)
	seen := map[string]int{}
	for _, body := range first {
		seen[body]++
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 messages arrived", len(seen))
	}
	if extra := len(first) - 100; extra < 10 || extra > 50 {
		t.Errorf("%d deliveries were repeated, want about 25", extra)
	}
	var straight []string
	for i := range 100 {
		straight = append(straight, fmt.Sprint(i))
	}
	if strings.Join(first[:100], " ") == strings.Join(straight, " ") {
		t.Error("messages came in order")
	}
	if second := deliveries(t); strings.Join(first, " ") != strings.Join(second, " ") {
		t.Error("the same seed gave other deliveries")
	}
}

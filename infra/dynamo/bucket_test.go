package dynamo

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/manystall/manystall/shared/port"
)

// TestBucketNeverExceedsItsWindow takes at random times and looks at every
// window of the whole length that ends with a call.
func TestBucketNeverExceedsItsWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, daily}).Draw(t, "length")
		limit := rapid.Int64Range(1, 500).Draw(t, "limit")
		b := bucket{Windows: []window{{Length: length, Limit: limit}}}
		now := time.Unix(1_800_000_000, 0)
		type take struct {
			at time.Time
			n  int64
		}
		var takes []take
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(length/6)).Draw(t, "pause")))
			n, wait := b.take(now, rapid.Int64Range(1, 64).Draw(t, "want"), rapid.Bool().Draw(t, "reserved"))
			if (n == 0) != (wait > 0) {
				t.Fatalf("%d calls and a wait of %s", n, wait)
			}
			takes = append(takes, take{now, n})
			var sum int64
			for _, earlier := range takes {
				if now.Sub(earlier.at) < length {
					sum += earlier.n
				}
			}
			if sum > limit {
				t.Fatalf("%d calls within %s of a limit of %d", sum, length, limit)
			}
		}
	})
}

func TestBucketIsFreeAfterItsWait(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour, daily}).Draw(t, "length")
		b := bucket{Windows: []window{{Length: length, Limit: rapid.Int64Range(2, 100).Draw(t, "limit")}}}
		now := time.Unix(1_800_000_000, rapid.Int64Range(0, 1e9).Draw(t, "nanos"))
		for range 400 {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(length/100)).Draw(t, "pause")))
			reserved := rapid.Bool().Draw(t, "reserved")
			n, wait := b.take(now, 1, reserved)
			if n > 0 {
				continue
			}
			if n, _ := b.take(now.Add(wait), 1, reserved); n == 0 {
				t.Fatalf("nothing is free after %s", wait)
			}
			return
		}
	})
}

func TestBucketLearnsNothingFromNonsense(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for _, q := range []port.Quota{
		{Left: -1}, {Window: -1, Limit: 5}, {Window: time.Hour, Limit: -3, Left: -1}, {Window: time.Hour, Left: -7},
		{Until: now, Left: -1}, {Limit: 5, Left: 3},
	} {
		var b bucket
		if b.learn(now, q, 0) || len(b.Windows) != 0 || !b.Until.IsZero() {
			t.Errorf("%+v taught %+v", q, b)
		}
	}
	var b bucket
	for i := range 20 {
		b.learn(now, port.Quota{Window: time.Duration(i+1) * time.Minute, Limit: 5, Left: -1}, 0)
	}
	if len(b.Windows) != windowsMax {
		t.Errorf("%d windows are kept, want %d", len(b.Windows), windowsMax)
	}
}

// TestCorrectionsAreNotWrittenForSmallGaps: each would cost a write a call.
func TestCorrectionsAreNotWrittenForSmallGaps(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	b := bucket{Windows: []window{{Length: daily, Limit: 10_000}}}
	b.take(now, 50, true)
	for left, want := range map[int64]bool{9950: false, 9900: false, 9849: true, -1: false} {
		copied := b.clone()
		if got := copied.learn(now, port.Quota{Window: daily, Limit: 10_000, Left: left}, 0); got != want {
			t.Errorf("%d left: stored %t, want %t", left, got, want)
		}
	}
	low := b.clone()
	if !low.learn(now, port.Quota{Window: daily, Limit: 10_000, Left: 3}, 0) {
		t.Error("a window that runs low is not corrected")
	}
	if n, _ := low.take(now, 64, true); n != 3 {
		t.Errorf("%d calls are handed out of 3", n)
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	start := time.Unix(1_800_000_000, 0).Truncate(time.Hour)
	for name, tt := range map[string]struct {
		perHour, hours int64
		spent, kept    time.Duration // after the start; 0 is not within a day
	}{
		"unused":           {0, 5, 0, 0},
		"within the limit": {15, 48, 0, 0},
		"too fast":         {60, 3, 10 * time.Hour, 7 * time.Hour},
		"texts wait":       {22, 3, 0, 20 * time.Hour},
		"spent already":    {300, 2, 2 * time.Hour, 2 * time.Hour},
	} {
		w := window{Length: daily, Limit: 600}
		now := start
		for range tt.hours * tt.perHour {
			w.roll(now)
			w.add(now, 1, false)
			now = now.Add(time.Hour / time.Duration(tt.perHour))
		}
		now = start.Add(time.Duration(tt.hours) * time.Hour)
		f := w.forecast(now)
		for what, at := range map[string]struct {
			got  time.Time
			want time.Duration
		}{"spent": {f.Spent, tt.spent}, "kept": {f.Kept, tt.kept}} {
			if at.want == 0 && !at.got.IsZero() || at.want != 0 && at.got.Sub(start.Add(at.want)).Abs() > 90*time.Minute {
				t.Errorf("%s: %s at %s, want %s after the start", name, what, at.got.Sub(start), at.want)
			}
		}
	}
}

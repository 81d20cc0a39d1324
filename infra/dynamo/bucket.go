package dynamo

import (
	"cmp"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/port"
)

// bucket is what is known of a marketplace's budget: how much each of its
// windows allows and what was handed out of it. It is stored as one row and
// changed by one worker at a time.
type bucket struct {
	// Until is when a shut bucket opens again.
	Until   time.Time `json:"until,omitzero"`
	Windows []window  `json:"windows,omitempty"`
}

// window is one limit: so many calls in so long, rolling.
type window struct {
	Length time.Duration `json:"length"`
	Limit  int64         `json:"limit"`
	// Slots count what was handed out, oldest first.
	Slots []slot `json:"slots,omitempty"`
}

// slot is a part of a window. Kept is what reserved lanes took of All.
type slot struct {
	Index int64 `json:"i"`
	All   int64 `json:"a"`
	Kept  int64 `json:"k,omitempty"`
}

const (
	// slotsMax is how finely a long window rolls: a day by the hour.
	slotsMax = 24
	// daily windows and longer keep a share for reserved lanes.
	daily       = 24 * time.Hour
	keptPercent = 30
	// windowsMax bounds what a row may grow to.
	windowsMax = 8
)

// slotLength: a second's window has no parts, a longer one up to 24.
func (w window) slotLength() time.Duration {
	return max(min(w.Length, time.Second), w.Length/slotsMax)
}

func (w window) index(now time.Time) int64 { return now.UnixNano() / int64(w.slotLength()) }

// first is the oldest slot that still counts. The slot a rolling window only
// partly covers counts as a whole: never too many, at most a slot too late.
func (w window) first(now time.Time) int64 {
	parts := int64(w.Length / w.slotLength())
	if parts <= 1 {
		return w.index(now)
	}
	return w.index(now) - parts
}

// roll forgets slots that have left the window.
func (w *window) roll(now time.Time) {
	from := w.first(now)
	w.Slots = slices.DeleteFunc(w.Slots, func(s slot) bool { return s.Index < from })
}

func (w window) used() (all, kept int64) {
	for _, s := range w.Slots {
		all, kept = all+s.All, kept+s.Kept
	}
	return all, kept
}

// free is how many calls a lane may have of a rolled window. Of a daily window
// 30 % are for reserved lanes: what these have not used yet, others can't have.
func (w window) free(reserved bool) int64 {
	all, kept := w.used()
	left := w.Limit - all
	if !reserved && w.Length >= daily {
		left -= max(0, w.Limit-w.Limit*(100-keptPercent)/100-kept)
	}
	return max(0, left)
}

// wait is how long until a lane may have a call of a rolled, spent window.
func (w window) wait(now time.Time, reserved bool) time.Duration {
	rest := window{Length: w.Length, Limit: w.Limit, Slots: slices.Clone(w.Slots)}
	parts := max(1, int64(w.Length/w.slotLength()))
	if parts > 1 {
		parts++
	}
	for len(rest.Slots) > 0 {
		gone := rest.Slots[0]
		rest.Slots = rest.Slots[1:]
		if rest.free(reserved) > 0 {
			return max(time.Millisecond, time.Unix(0, (gone.Index+parts)*int64(w.slotLength())).Sub(now))
		}
	}
	return w.Length // nothing would ever be free: the lane's share is zero
}

func (w *window) add(now time.Time, n int64, reserved bool) {
	i := w.index(now)
	at := slices.IndexFunc(w.Slots, func(s slot) bool { return s.Index == i })
	if at < 0 {
		at = len(w.Slots)
		w.Slots = append(w.Slots, slot{Index: i})
	}
	w.Slots[at].All += n
	if reserved {
		w.Slots[at].Kept += n
	}
	// Clocks of two workers may differ by a slot.
	slices.SortFunc(w.Slots, func(a, b slot) int { return cmp.Compare(a.Index, b.Index) })
}

// remove takes n away from the oldest slots.
func (w *window) remove(n int64) {
	for i := range w.Slots {
		less := min(n, w.Slots[i].All)
		w.Slots[i].All -= less
		w.Slots[i].Kept = min(w.Slots[i].Kept, w.Slots[i].All)
		n -= less
	}
}

// take hands out up to want calls of a lane and answers how many, or how long
// to wait when there is none. A bucket without windows hands out all.
func (b *bucket) take(now time.Time, want int64, reserved bool) (int64, time.Duration) {
	if now.Before(b.Until) {
		return 0, b.Until.Sub(now)
	}
	var longest time.Duration
	for i := range b.Windows {
		w := &b.Windows[i]
		w.roll(now)
		free := w.free(reserved)
		if free == 0 {
			longest = max(longest, w.wait(now, reserved))
		}
		want = min(want, free)
	}
	if want <= 0 {
		return 0, longest
	}
	for i := range b.Windows {
		b.Windows[i].add(now, want, reserved)
	}
	return want, 0
}

// giveBack returns calls that were handed out at a time and not made.
func (b *bucket) giveBack(at time.Time, n int64, reserved bool) {
	for i := range b.Windows {
		w := &b.Windows[i]
		for j := range w.Slots {
			if s := &w.Slots[j]; s.Index == w.index(at) {
				s.All = max(0, s.All-n)
				if reserved {
					s.Kept = max(0, s.Kept-n)
				}
				s.Kept = min(s.Kept, s.All)
			}
		}
	}
}

// learn corrects the bucket by what an answer said and tells whether it is
// worth storing. outstanding is how many calls may be under way that the
// answer does not know of.
func (b *bucket) learn(now time.Time, q port.Quota, outstanding int64) bool {
	changed := false
	if q.Until.After(b.Until) && q.Until.After(now) {
		b.Until, changed = q.Until, true
	}
	if q.Window <= 0 || (q.Limit <= 0 && q.Left < 0) {
		return changed
	}
	at := slices.IndexFunc(b.Windows, func(w window) bool { return w.Length == q.Window })
	if at < 0 {
		if len(b.Windows) == windowsMax {
			return changed
		}
		at, changed = len(b.Windows), true
		b.Windows = append(b.Windows, window{Length: q.Window, Limit: cmp.Or(max(0, q.Limit), q.Left)})
	}
	w := &b.Windows[at]
	if q.Limit > 0 && w.Limit != q.Limit {
		w.Limit, changed = q.Limit, true
	}
	w.roll(now)
	return w.correct(now, q.Left, outstanding) || changed
}

// correct moves what was used to what the marketplace counts. Small gaps are
// left alone until the window runs low, since each correction costs a write.
func (w *window) correct(now time.Time, left, outstanding int64) bool {
	if left < 0 {
		return false
	}
	all, _ := w.used()
	gap := max(0, w.Limit-left) - all
	tolerated := w.Limit / 100
	if left <= w.Limit/20 {
		tolerated = 0
	}
	switch {
	case gap > tolerated:
		w.add(now, gap, false)
		return true
	case -gap > tolerated+outstanding:
		w.remove(-gap - outstanding)
		return true
	}
	return false
}

// paceSlots is how far back a forecast looks for how fast calls are made.
const paceSlots = 3

// forecast goes on with the pace of the last slots, while old slots leave the
// window.
func (w window) forecast(now time.Time) port.Forecast {
	w.Slots = slices.Clone(w.Slots)
	w.roll(now)
	all, _ := w.used()
	f := port.Forecast{Window: w.Length, Limit: w.Limit, Left: max(0, w.Limit-all)}
	length, current := w.slotLength(), w.index(now)
	since := time.Unix(0, (current-paceSlots)*int64(length))
	recent := int64(0)
	for _, s := range w.Slots {
		if s.Index >= current-paceSlots {
			recent += s.All
		}
	}
	open := w.Limit * (100 - keptPercent) / 100
	used, per := float64(all), float64(recent)*float64(length)/float64(now.Sub(since))
	parts := int64(w.Length / length)
	for i := range parts + 1 {
		at := now.Add(time.Duration(i) * length)
		if f.Kept.IsZero() && used >= float64(open) {
			f.Kept = at
		}
		if f.Spent.IsZero() && used >= float64(w.Limit) {
			f.Spent = at
		}
		used += per
		for _, s := range w.Slots {
			if s.Index == current+i-parts {
				used -= float64(s.All)
			}
		}
	}
	return f
}

package engine

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// cron fires at the minutes its six fields allow: minutes, hours, day of month,
// month, day of week (1 is Sunday), year. L, W and # are not known here.
type cron struct {
	minutes, hours, days, months, weekdays, years map[int]bool
	zone                                          *time.Location
}

func parseCron(s string, zone *time.Location) (plan, error) {
	f := strings.Fields(s)
	if len(f) != 6 {
		return nil, errors.New("cron needs six fields")
	}
	if (f[2] == "?") == (f[4] == "?") {
		return nil, errors.New("cron needs ? as day of month or as day of week, not as both")
	}
	months := map[string]int{"JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12}
	weekdays := map[string]int{"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
	c := cron{zone: zone}
	var errs [6]error
	c.minutes, errs[0] = parseField(f[0], span{0, 59, nil})
	c.hours, errs[1] = parseField(f[1], span{0, 23, nil})
	c.days, errs[2] = parseField(f[2], span{1, 31, nil})
	c.months, errs[3] = parseField(f[3], span{1, 12, months})
	c.weekdays, errs[4] = parseField(f[4], span{1, 7, weekdays})
	c.years, errs[5] = parseField(f[5], span{1970, 2199, nil})
	return c, errors.Join(errs[:]...)
}

// span is the range of a field and the names of its values.
type span struct {
	low, high int
	names     map[string]int
}

// parseField reads *, ?, 5, 1-5, 0/15, MON-FRI and lists of these. Nil means
// every value.
func parseField(s string, r span) (map[int]bool, error) {
	if s == "*" || s == "?" {
		return nil, nil
	}
	out := map[int]bool{}
	for part := range strings.SplitSeq(s, ",") {
		from, to, step, err := r.parsePart(part)
		if err != nil {
			return nil, fmt.Errorf("cron field %s: %w", s, err)
		}
		for v := from; v <= to; v += step {
			out[v] = true
		}
	}
	return out, nil
}

func (r span) parsePart(part string) (from, to, step int, err error) {
	part, every, stepped := strings.Cut(part, "/")
	step = 1
	if stepped {
		if step, err = strconv.Atoi(every); err != nil || step < 1 {
			return 0, 0, 0, errors.New("a step is a positive number")
		}
	}
	if part == "*" {
		return r.low, r.high, step, nil
	}
	first, last, ranged := strings.Cut(part, "-")
	if from, err = r.value(first); err != nil {
		return 0, 0, 0, err
	}
	switch {
	case ranged:
		to, err = r.value(last)
	case stepped:
		to = r.high
	default:
		to = from
	}
	if err == nil && to < from {
		err = errors.New("a range goes upwards")
	}
	return from, to, step, err
}

func (r span) value(s string) (int, error) {
	if v, ok := r.names[strings.ToUpper(s)]; ok {
		return v, nil
	}
	v, err := strconv.Atoi(s)
	if err != nil || v < r.low || v > r.high {
		return 0, fmt.Errorf("%q is not from %d to %d", s, r.low, r.high)
	}
	return v, nil
}

// next is the first fitting minute after a time. It steps over months, days and
// hours that do not fit and gives up after the last year a field may name.
func (c cron) next(after time.Time) (time.Time, bool) {
	t := after.In(c.zone).Truncate(time.Minute).Add(time.Minute)
	for t.Year() <= 2199 {
		y, m, d := t.Date()
		switch {
		case !fits(c.years, y):
			t = time.Date(y+1, 1, 1, 0, 0, 0, 0, c.zone)
		case !fits(c.months, int(m)):
			t = time.Date(y, m+1, 1, 0, 0, 0, 0, c.zone)
		case !fits(c.days, d), !fits(c.weekdays, int(t.Weekday())+1):
			t = time.Date(y, m, d+1, 0, 0, 0, 0, c.zone)
		case !fits(c.hours, t.Hour()):
			t = t.Add(time.Hour - time.Duration(t.Minute())*time.Minute)
		case !fits(c.minutes, t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t, true
		}
	}
	return time.Time{}, false
}

func fits(allowed map[int]bool, v int) bool { return allowed == nil || allowed[v] }

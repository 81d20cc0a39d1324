package etsysim

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// pace counts the calls of the current second.
type pace struct {
	mu     sync.Mutex
	second int64
	calls  int
}

// take counts a call and says how many came before it in this second.
func (p *pace) take(second int64) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.second != second {
		p.second, p.calls = second, 0
	}
	p.calls++
	return p.calls - 1
}

// dayWindow is how long a call weighs on the daily limit: a window that slides
// by the hour.
const dayWindow = 24 * time.Hour

// meter counts one call, writes the limit headers, and refuses it when a limit
// is used up.
func (s *Sim) meter(op operation, h http.Header) error {
	now := s.env.Now()
	before := s.pace.take(now.Unix())
	var number, today int
	var oldest int64
	err := s.env.Store.Update(func(tx *simkit.Tx) (err error) {
		if number, err = bump(tx, tableMeter, "calls"); err != nil {
			return err
		}
		if _, err = bump(tx, tableMeter, "call/"+op.id); err != nil {
			return err
		}
		if today, oldest, err = dayUse(tx, now); err != nil {
			return err
		}
		if before < s.PerSecond && today < s.PerDay {
			_, err = bump(tx, tableHour, key(now.Unix()/3600))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("count a call of %s: %w", op.id, err)
	}
	h.Set("X-Etsy-Request-Uuid", requestID(s.env.Seed, number))
	switch {
	case today >= s.PerDay:
		freed := time.Unix(oldest*3600, 0).Add(dayWindow + time.Hour)
		return s.tooMany("Has exceeded the daily rate limit", freed.Sub(now))
	case before >= s.PerSecond:
		return s.tooMany("Has exceeded the per second rate limit", time.Second)
	}
	h.Set("X-Limit-Per-Second", strconv.Itoa(s.PerSecond))
	h.Set("X-Remaining-This-Second", strconv.Itoa(s.PerSecond-before-1))
	h.Set("X-Limit-Per-Day", strconv.Itoa(s.PerDay))
	h.Set("X-Remaining-Today", strconv.Itoa(s.PerDay-today-1))
	return nil
}

func (s *Sim) tooMany(text string, wait time.Duration) error {
	if s.Doubts.SilentLimits {
		return refuse(http.StatusTooManyRequests, "%s", text)
	}
	seconds := int(max(wait, time.Second).Round(time.Second) / time.Second)
	return &refusal{status: http.StatusTooManyRequests, Text: text,
		header: http.Header{"Retry-After": {strconv.Itoa(seconds)}}}
}

// dayUse sums the hours inside the window, forgets those outside, and names
// the oldest hour that still weighs.
func dayUse(tx *simkit.Tx, now time.Time) (used int, oldest int64, err error) {
	first := now.Add(-dayWindow).Unix() / 3600
	var old []string
	oldest = now.Unix() / 3600
	err = simkit.Each(tx, tableHour, "", func(k string, n int) bool {
		hour, _ := strconv.ParseInt(k, 10, 64)
		if hour < first {
			old = append(old, k)
			return true
		}
		oldest = min(oldest, hour)
		used += n
		return true
	})
	for _, k := range old {
		if err == nil {
			err = tx.Delete(tableHour, k)
		}
	}
	return used, oldest, err
}

func bump(tx *simkit.Tx, table, k string) (int, error) {
	var n int
	if _, err := tx.Find(table, k, &n); err != nil {
		return 0, err
	}
	n++
	return n, tx.Put(table, k, n)
}

func requestID(seed uint64, number int) string {
	a := spread(seed, "request/"+strconv.Itoa(number))
	b := spread(seed, "request-/"+strconv.Itoa(number))
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
}

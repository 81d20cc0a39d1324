package etsy_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/etsy/internal/api"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

// counter is Etsy's count of one application's calls, to the moment: over all
// shops, in the calendar second and in the last 24 hours.
type counter struct {
	now               func() time.Time
	perSecond, perDay int
	day               []time.Time // of the calls of the last 24 hours
	second            int64
	inSecond          int
	refused, answered int
	byLane            map[string]int
	most              int // calls within 24 hours
}

// count counts a call and says whether it is within the limits.
func (c *counter) count() bool {
	now := c.now()
	for len(c.day) > 0 && now.Sub(c.day[0]) >= 24*time.Hour {
		c.day = c.day[1:]
	}
	if c.second != now.Unix() {
		c.second, c.inSecond = now.Unix(), 0
	}
	if len(c.day) >= c.perDay || c.inSecond >= c.perSecond {
		return false
	}
	c.day, c.inSecond = append(c.day, now), c.inSecond+1
	c.most = max(c.most, len(c.day))
	return true
}

// RoundTrip answers every call with an empty page and the limits.
func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusOK, `{"count":0,"results":[]}`
	if !c.count() {
		c.refused++
		status, body = http.StatusTooManyRequests, `{"error":"Has exceeded the rate limit"}`
	} else {
		c.answered++
		c.byLane[r.Method]++
	}
	h := http.Header{"Content-Type": {"application/json"}}
	h.Set("X-Limit-Per-Second", strconv.Itoa(c.perSecond))
	h.Set("X-Remaining-This-Second", strconv.Itoa(c.perSecond-c.inSecond))
	h.Set("X-Limit-Per-Day", strconv.Itoa(c.perDay))
	h.Set("X-Remaining-Today", strconv.Itoa(c.perDay-len(c.day)))
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// consent is a token that never ends.
type consent struct{}

func (consent) Tokens(context.Context) (channel.Tokens, error) {
	return channel.Tokens{Access: "1.token"}, nil
}

func (consent) Refreshed(context.Context, string) (channel.Tokens, error) {
	return channel.Tokens{}, fault.New(fault.AuthExpired, "over", "The consent has ended.")
}

// tenant is one shop of the application, served by a process of its own.
type tenant struct {
	*api.Client
	texts   int       // waiting to be written
	parked  time.Time // until when texts wait
	urgent  int       // reads of orders and writes of stock that were refused
	written int
}

// month is an application with five shops.
type month struct {
	*testing.T
	clock *porttest.Clock
	etsy  *counter
	shops []*tenant
	dice  *rand.Rand
	http  *httpclient.Client // of the last shop's process
}

func newMonth(t *testing.T) *month {
	t.Helper()
	clock := porttest.NewClock(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	m := &month{T: t, clock: clock, dice: rand.New(rand.NewPCG(4, 2026))}
	m.etsy = &counter{now: clock.Now, perSecond: 5, perDay: 300, byLane: map[string]int{}}
	store := localtest.Open(t, clock.Now).Store
	for i := range 5 {
		client := httpclient.New(httpclient.Config{Base: m.etsy, Budgets: dynamo.NewBudgets(store), Now: clock.Now, Sleep: func(ctx context.Context, d time.Duration) error {
			clock.Advance(d)
			return ctx.Err()
		}})
		m.http = client
		m.shops = append(m.shops, &tenant{Client: api.New(api.Config{
			HTTP: client, Now: clock.Now, Base: "https://etsy.test", Keystring: "key", Secret: config.Secret("secret"), Tokens: consent{}, Shop: fmt.Sprint(100 + i),
		})})
	}
	return m
}

// urgent reads orders or writes stock; it must never have to wait.
func (m *month) urgent(s *tenant, stock bool) {
	var err error
	if stock {
		_, err = s.In(port.LaneStock).PutInventory(m.Context(), 1, api.InventoryBody{})
	} else {
		_, err = s.In(port.LaneOrders).Receipts(m.Context(), url.Values{})
	}
	if err != nil {
		s.urgent++
		m.Logf("%s: %v", m.clock.Now().Format(time.DateTime), err)
	}
}

// write works on waiting texts until they are done or parked.
func (m *month) write(s *tenant) {
	for s.texts > 0 && !m.clock.Now().Before(s.parked) {
		_, err := s.In(port.LaneText).UpdateListing(m.Context(), 1, url.Values{"title": {"Mug"}})
		if f := fault.Of(err); f != nil {
			if f.Kind != fault.RateLimited || f.RetryAfter <= 0 {
				m.Fatalf("a text is not written: %v", err)
			}
			s.parked = m.clock.Now().Add(f.RetryAfter)
			return
		}
		s.texts--
		s.written++
	}
}

// live lets a minute pass: a poll every four hours, some 6 changes of stock a
// day, now and then an import that changes hundreds of texts, and, behind our
// back, another program of the seller's that uses the same key.
func (m *month) live(minute int) {
	for i, s := range m.shops {
		if minute%240 == 48*i {
			m.urgent(s, false)
		}
		if m.dice.IntN(24*60) < 6 {
			m.urgent(s, true)
		}
		if minute == 0 || m.dice.IntN(24*60) == 0 {
			s.texts += 50 + m.dice.IntN(150)
		}
		m.write(s)
	}
	if m.dice.IntN(24*60) < 3 {
		for range 5 {
			m.etsy.count()
			m.clock.Advance(time.Second)
		}
	}
}

// forecast wants the shops' health to say how the day stands.
func (m *month) forecast() {
	m.Helper()
	all, err := m.http.Forecasts(m.Context(), api.Bucket("key"))
	m.must(err)
	if len(all) != 1 || all[0].Limit != int64(m.etsy.perDay) || all[0].Kept.IsZero() {
		m.Fatalf("forecast %+v, want one of a day in which texts have to wait", all)
	}
	if left := int64(m.etsy.perDay - len(m.etsy.day)); max(all[0].Left-left, left-all[0].Left) > int64(m.etsy.perDay/20) {
		m.Errorf("forecast of %d calls left, Etsy says %d", all[0].Left, left)
	}
}

func (m *month) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

// TestMonthOfFiveShops: five shops on one application want more than it may
// have, for a month. Not one call is above the limit of the second or of the
// day, and what is urgent never waits.
func TestMonthOfFiveShops(t *testing.T) {
	t.Parallel()
	m := newMonth(t)
	const days = 30
	end := m.clock.Now().Add(days * 24 * time.Hour)
	for minute := 0; m.clock.Now().Before(end); minute++ {
		m.live(minute)
		m.clock.Advance(time.Minute)
	}
	m.forecast()
	written, waiting := 0, 0
	for i, s := range m.shops {
		if s.urgent > 0 {
			t.Errorf("shop %d: %d urgent calls had to wait", i, s.urgent)
		}
		written, waiting = written+s.written, waiting+s.texts
	}
	t.Logf("%d calls in %d days of %d: %v; at most %d within 24 hours; %d texts written, %d wait", m.etsy.answered, days, m.etsy.perDay, m.etsy.byLane, m.etsy.most, written, waiting)
	if m.etsy.refused > 0 {
		t.Errorf("%d calls were above a limit", m.etsy.refused)
	}
	if waiting == 0 || written < days*m.etsy.perDay*6/10 {
		t.Errorf("%d texts written, %d wait: want the open 70 %% of each day used", written, waiting)
	}
}

package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/infra/sam"
)

func streamTrigger() sam.StreamTrigger { return sam.StreamTrigger{} }

func nilInvoke(context.Context, string, []byte) ([]byte, error) { return nil, nil }

func TestCron(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct{ expression, zone, after, want string }{
		{"rate(5 minutes)", "", "2026-01-01 00:00:00", "2026-01-01 00:05:00"},
		{"rate(1 hour)", "", "2026-01-01 00:00:00", "2026-01-01 01:00:00"},
		{"rate(2 days)", "", "2026-01-01 00:00:00", "2026-01-03 00:00:00"},
		{"cron(0/15 * * * ? *)", "", "2026-01-01 00:15:00", "2026-01-01 00:30:00"},
		{"cron(0 10 * * ? *)", "", "2026-01-01 10:00:30", "2026-01-02 10:00:00"},
		{"cron(15 12 ? * MON-FRI *)", "", "2026-01-02 13:00:00", "2026-01-05 12:15:00"},
		{"cron(0 0 1 JAN,JUL ? *)", "", "2026-01-01 00:00:00", "2026-07-01 00:00:00"},
		{"cron(0 0 29 2 ? *)", "", "2026-01-01 00:00:00", "2028-02-29 00:00:00"},
		{"cron(0 0 1 1 ? 2030)", "", "2026-01-01 00:00:00", "2030-01-01 00:00:00"},
		{"cron(0 6 * * ? *)", "Asia/Baku", "2026-01-01 00:00:00", "2026-01-01 02:00:00"},
		{"cron(30 2 * * ? *)", "Europe/Tallinn", "2026-03-28 23:00:00", "2026-03-29 00:30:00"},
		{"cron(0 0 1 1 ? 2020)", "", "2026-01-01 00:00:00", ""},
		{"cron(0 0 31 2 ? *)", "", "2026-01-01 00:00:00", ""},
	}
	for _, tt := range tests {
		p, err := parseSchedule(tt.expression, tt.zone)
		if err != nil {
			t.Errorf("%s: %v", tt.expression, err)
			continue
		}
		got, ok := p.next(at(tt.after))
		if tt.want == "" && !ok {
			continue
		}
		if !ok || !got.Equal(at(tt.want)) {
			t.Errorf("%s after %s: got %s, want %s", tt.expression, tt.after, got.UTC(), tt.want)
		}
	}
}

func TestScheduleProblems(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"every minute":            "must be rate",
		"rate(1 minute":           "must be rate",
		"rate(0 minutes)":         "positive number",
		"rate(1 minutes)":         "singular for 1",
		"rate(5 minute)":          "singular for 1",
		"rate(5 weeks)":           "minute(s), hour(s) or day(s)",
		"cron(* * * * ?)":         "six fields",
		"cron(* * * * * *)":       "needs ?",
		"cron(0 0 ? * ? *)":       "needs ?",
		"cron(60 * * * ? *)":      "not from 0 to 59",
		"cron(0/0 * * * ? *)":     "positive number",
		"cron(5-1 * * * ? *)":     "upwards",
		"cron(0 0 L * ? *)":       "not from 1 to 31",
		"cron(0 0 ? * FUNDAY *)":  "not from 1 to 7",
		"at(2026-01-01T00:00:00)": "must be rate",
	} {
		if _, err := parseSchedule(expression, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", expression, err, want)
		}
	}
	if _, err := parseSchedule("rate(1 day)", "Mars/Base"); err == nil {
		t.Error("an unknown zone must be an error")
	}
}

func TestScheduleFires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Duration
		var began time.Time
		f := sam.Function{Name: "work", Schedules: []sam.Schedule{{Event: "Minute", Enabled: true, Expression: "rate(1 minute)"}}}
		f.Timeout = 10 * time.Minute
		b := setup(t, f, nil, func(_ context.Context, _ string, payload []byte) ([]byte, error) {
			var e events.CloudWatchEvent
			if err := json.Unmarshal(payload, &e); err != nil || e.Source != "aws.events" || e.DetailType != "Scheduled Event" || string(e.Detail) != "{}" {
				t.Errorf("event %s: %v", payload, err)
			}
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(began))
			if len(at) == 2 {
				elapse(150 * time.Second) // the firings missed meanwhile are one
			}
			return nil, nil
		})
		began = time.Now()
		b.run(t)
		elapse(5 * time.Minute)
		b.stop()
		want := []time.Duration{0, time.Minute, 210 * time.Second, 270 * time.Second}
		if !slices.Equal(at, want) {
			t.Errorf("fired at %v, want %v", at, want)
		}
	})
}

func TestScheduledEvent(t *testing.T) {
	t.Parallel()
	b := setup(t, sam.Function{Name: "work"}, nil, nilInvoke)
	if got := string(b.engine.scheduled(sam.Schedule{Input: `{"a":1}`}, time.Now())); got != `{"a":1}` {
		t.Errorf("input: %s", got)
	}
	var v2 map[string]any
	if err := json.Unmarshal(b.engine.scheduled(sam.Schedule{V2: true, Event: "E"}, time.Unix(0, 0)), &v2); err != nil {
		t.Fatal(err)
	}
	if v2["source"] != "aws.scheduler" || v2["detail"] != "{}" || v2["time"] != "1970-01-01T00:00:00Z" {
		t.Errorf("scheduler: %v", v2)
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("cron(0/15 8-17 ? JAN-MAR MON,WED 2026-2030)")
	f.Add("rate(3 hours)")
	f.Fuzz(func(t *testing.T, expression string) {
		p, err := parseSchedule(expression, "")
		if err != nil {
			return
		}
		now := time.Unix(1767225600, 0)
		if next, ok := p.next(now); ok && !next.After(now) {
			t.Errorf("%s fires at %s, which is past", expression, next)
		}
	})
}

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/manystall/manystall/infra/sam"
)

// plan says when a schedule fires next, at or after a time. False means never
// again.
type plan interface {
	next(after time.Time) (time.Time, bool)
}

// rate fires at once and then at every interval.
type rate time.Duration

func (r rate) next(after time.Time) (time.Time, bool) { return after.Add(time.Duration(r)), true }

// parseSchedule reads rate(n unit) or cron(six fields)
// (docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html, 2026-11).
func parseSchedule(expression, zone string) (plan, error) {
	kind, rest, _ := strings.Cut(expression, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	where, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", expression, err)
	}
	var p plan
	switch {
	case closed && kind == "rate":
		p, err = parseRate(inner)
	case closed && kind == "cron":
		p, err = parseCron(inner, where)
	default:
		err = errors.New("must be rate(…) or cron(…)")
	}
	if err != nil {
		return nil, fmt.Errorf("schedule %s: %w", expression, err)
	}
	return p, nil
}

func parseRate(s string) (plan, error) {
	value, unit, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1_000_000 {
		return nil, errors.New("rate needs a positive number and a unit")
	}
	// AWS insists on the singular for 1 and on the plural above.
	name, plural := strings.CutSuffix(unit, "s")
	sizes := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	size, ok := sizes[name]
	if !ok || plural != (n > 1) {
		return nil, errors.New("rate needs minute(s), hour(s) or day(s), singular for 1")
	}
	return rate(time.Duration(n) * size), nil
}

// keepTime calls the function whenever its schedule says so, one call at a
// time; firings missed during a call are made up for by one.
func (e *Engine) keepTime(ctx, work context.Context, f sam.Function, s sam.Schedule) {
	p, err := parseSchedule(s.Expression, s.Zone)
	if err != nil {
		e.Log.ErrorContext(ctx, "schedule", "function", f.Name, "error", err) // New has checked it
		return
	}
	due := e.Now()
	if _, atStart := p.(rate); !atStart {
		due, _ = p.next(due)
	}
	for {
		if !e.pause(ctx, due.Sub(e.Now())) {
			return
		}
		if _, err := e.call(work, f, e.scheduled(s, due)); err != nil {
			e.Log.ErrorContext(ctx, "scheduled call failed", "function", f.Name, "error", err)
		}
		var again bool
		if due, again = p.next(due); !again {
			return
		}
		if now := e.Now(); due.Before(now) {
			due = now
		}
	}
}

// scheduled is the schedule's Input, or the event AWS makes
// (docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html, 2026-11).
func (e *Engine) scheduled(s sam.Schedule, due time.Time) []byte {
	if s.Input != "" {
		return []byte(s.Input)
	}
	source, resource := "aws.events", e.resourceARN("events", "rule/"+s.Event)
	var detail any = struct{}{}
	if s.V2 {
		// EventBridge Scheduler sends the detail as text.
		source, resource, detail = "aws.scheduler", e.resourceARN("scheduler", "schedule/default/"+s.Event), "{}"
	}
	// Text, numbers and an empty object always encode.
	data, _ := json.Marshal(map[string]any{
		"version": "0", "id": e.NewID(), "detail-type": "Scheduled Event", "source": source,
		"account": e.AccountID, "time": due.UTC().Format(time.RFC3339), "region": e.Region,
		"resources": []string{resource}, "detail": detail,
	})
	return data
}

package etsy

import (
	"context"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/port"
)

// forecaster is a Doer that knows how its budgets stand.
type forecaster interface {
	Forecasts(ctx context.Context, bucket string) ([]port.Forecast, error)
}

// checkCalls says how many calls of the day are left, for all shops of the
// application together, and when they will be used up. That is no fault of the
// connection: it does not count for Health.OK.
func (c *Connector) checkCalls(ctx context.Context, h *channel.Health) error {
	f, ok := c.env.HTTP.(forecaster)
	if !ok {
		return nil
	}
	all, err := f.Forecasts(ctx, c.api.Bucket())
	if err != nil {
		return fmt.Errorf("forecast Etsy's calls: %w", err)
	}
	for _, f := range all {
		h.Checks = append(h.Checks, callsLeft(f, c.env.Now()))
	}
	return nil
}

const moreCalls = "Change texts and pictures in smaller numbers, or ask Etsy for a higher limit of the application."

func callsLeft(f port.Forecast, now time.Time) channel.HealthCheck {
	check := channel.HealthCheck{Name: "calls", OK: true, Message: fmt.Sprintf("%d of %d calls are left for these 24 hours, for all shops of the application.", f.Left, f.Limit)}
	switch {
	case !f.Spent.IsZero() && !f.Spent.After(now):
		check.OK, check.Message, check.Fix = false, check.Message+" Everything waits until the oldest of them are a day old.", moreCalls
	case !f.Spent.IsZero():
		check.OK, check.Message, check.Fix = false, check.Message+fmt.Sprintf(" At the pace of the last hours they are used up at about %s.", clockTime(f.Spent)), moreCalls
	case !f.Kept.IsZero() && !f.Kept.After(now):
		check.OK, check.Message, check.Fix = false, check.Message+" Prices, texts and pictures wait; the rest is kept for stock, orders and parcels.", moreCalls
	case !f.Kept.IsZero():
		check.Message += fmt.Sprintf(" At the pace of the last hours, prices, texts and pictures wait from about %s on; the rest is kept for stock, orders and parcels.", clockTime(f.Kept))
	}
	return check
}

func clockTime(t time.Time) string { return t.UTC().Format("2 January 15:04 UTC") }

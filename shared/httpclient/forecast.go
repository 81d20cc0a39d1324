package httpclient

import (
	"context"

	"github.com/manystall/manystall/shared/port"
)

// Forecasts says how a budget stands and when it will be spent; nothing where
// no budgets are kept, or none that can tell.
func (c *Client) Forecasts(ctx context.Context, bucket string) ([]port.Forecast, error) {
	f, ok := c.cfg.Budgets.(port.Forecaster)
	if !ok {
		return nil, nil
	}
	return f.Forecasts(ctx, bucket)
}

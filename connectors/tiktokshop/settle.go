package tiktokshop

import (
	"context"
	"encoding/json"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
)

// Settle repeats creations whose answer was lost, with their own key and body:
// TikTok answers what it made before, or makes it now, once.
func (c *Connector) Settle(ctx context.Context, calls []channel.OpenCall, save channel.Saver) ([]channel.Result, error) {
	var results []channel.Result
	for _, call := range calls {
		for _, ch := range call.Changes {
			j := c.job(ch, save)
			if short(ctx) {
				results = append(results, j.wait(call.ID, time.Second))
				continue
			}
			r, err := j.repeat(ctx, call)
			if err != nil {
				return results, err
			}
			results = append(results, r)
		}
	}
	return results, nil
}

func (j *job) wait(call string, d time.Duration) channel.Result {
	return channel.Result{Listing: j.ch.Listing.ID, Outcome: channel.Pending, Call: call, CheckAt: j.env.Now().Add(d)}
}

func (j *job) repeat(ctx context.Context, call channel.OpenCall) (channel.Result, error) {
	body := call.Intent["body"]
	switch {
	case call.Kind != kindCreate || body == "":
		return j.end(ctx, call.ID, j.result(channel.More)), nil
	case string(j.ch.Listing.Remote) != call.Intent["was"]:
		// Its ids were stored before the crash.
		return j.end(ctx, call.ID, j.result(channel.Done)), nil
	}
	if err := json.Unmarshal([]byte(call.Intent["extra"]), &j.m); err != nil {
		return channel.Result{}, fault.Wrap(err, fault.Internal, "bad_intent", "A stored TikTok call can't be read.")
	}
	receipt, err := j.api.CreateProduct(ctx, []byte(body))
	f := fault.Of(err)
	switch {
	case f != nil && f.Kind == fault.AuthExpired:
		return channel.Result{}, err
	case f != nil && f.Kind == fault.RateLimited:
		return j.wait(call.ID, max(f.RetryAfter, askAgain)), nil
	}
	return j.settleCreate(ctx, call.ID, receipt, err), nil
}

package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

const day = 24 * time.Hour

// observe reads the limits of an answer: x-limit-per-second,
// x-remaining-this-second, x-limit-per-day, x-remaining-today (developer pages,
// read 2026-11-22). The day is a window that slides.
func (c *Client) observe(r httpclient.Response) []port.Quota {
	bucket := Bucket(c.cfg.Keystring)
	if r.Status == http.StatusTooManyRequests {
		wait := waitOf(r.Header, r.Body, c.cfg.Now())
		return []port.Quota{{Bucket: bucket, Left: -1, Until: c.cfg.Now().Add(wait)}}
	}
	var all []port.Quota
	for _, w := range []struct {
		window      time.Duration
		limit, left string
	}{
		{time.Second, "X-Limit-Per-Second", "X-Remaining-This-Second"},
		{day, "X-Limit-Per-Day", "X-Remaining-Today"},
	} {
		left, err := strconv.ParseInt(r.Header.Get(w.left), 10, 64)
		if err != nil || left < 0 {
			continue
		}
		limit, err := strconv.ParseInt(r.Header.Get(w.limit), 10, 64)
		if err != nil || limit < 0 {
			limit = 0
		}
		all = append(all, port.Quota{Bucket: bucket, Window: w.window, Limit: limit, Left: left})
	}
	return all
}

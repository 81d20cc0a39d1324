package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

const (
	// slowAt and stopAt are percentages of a limit. Calling while limited
	// lengthens the penalty, so the bucket is shut before it is spent.
	slowAt, stopAt = 80, 95
	// slow spaces calls out to one at a time; stop is the least pause.
	slow, stop = 5 * time.Second, time.Minute
	// unknownWait is the pause after a limit whose end Meta does not tell.
	unknownWait = 5 * time.Minute
	// longestWait bounds what a header may ask for.
	longestWait = 24 * time.Hour
)

// use is one entry of a usage header: percentages, and a wait in minutes.
type use struct {
	Type   string  `json:"type"`
	Calls  float64 `json:"call_count"`
	CPU    float64 `json:"total_cputime"`
	Time   float64 `json:"total_time"`
	Regain float64 `json:"estimated_time_to_regain_access"`
}

func (u use) percent() float64 { return max(u.Calls, u.CPU, u.Time) }

// uses are the entries of both usage headers that concern a bucket.
// X-Business-Use-Case-Usage is an object keyed by business or asset, each an
// array (Meta, rate limits, 2026-11).
func uses(h http.Header, bucket string) []use {
	var found []use
	var app use
	if json.Unmarshal([]byte(h.Get("X-App-Usage")), &app) == nil {
		found = append(found, app)
	}
	var cases map[string][]use
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &cases) != nil {
		return found
	}
	for _, list := range cases {
		for _, u := range list {
			if concerns(u.Type, bucket) {
				found = append(found, u)
			}
		}
	}
	return found
}

// concerns says whether a use case counts against a bucket. Meta documents no
// complete list of types: catalog ones are recognised by their words.
func concerns(kind, bucket string) bool {
	kind = strings.ToLower(kind)
	catalog := strings.Contains(kind, "catalog") || strings.Contains(kind, "product")
	batch := strings.Contains(kind, "batch")
	switch {
	case strings.HasPrefix(bucket, "meta:catalog_batch:"):
		return batch
	case strings.HasPrefix(bucket, "meta:catalog:"):
		return catalog && !batch
	case strings.HasPrefix(bucket, "meta:messaging:"), strings.HasPrefix(bucket, "meta:conversations:"):
		return kind == "pages" || kind == "instagram" || strings.Contains(kind, "messag") || strings.Contains(kind, "messenger") || strings.Contains(kind, "conversation")
	}
	return false
}

// regain is how long the headers ask to wait; 0 when they don't say.
func regain(h http.Header, bucket string) time.Duration {
	var minutes float64
	for _, u := range uses(h, bucket) {
		minutes = max(minutes, u.Regain)
	}
	if minutes <= 0 {
		return 0
	}
	return min(max(time.Duration(minutes*float64(time.Minute)), stop), longestWait)
}

// quotas shuts a bucket that is nearly or fully spent. Meta sends no
// Retry-After.
func quotas(resp httpclient.Response, bucket string, now time.Time) []port.Quota {
	if bucket == "" {
		return nil
	}
	known := pace(bucket)
	var percent float64
	for _, u := range uses(resp.Header, bucket) {
		percent = max(percent, u.percent())
	}
	wait := regain(resp.Header, bucket)
	if f := Fault(resp.Status, resp.Body); wait == 0 && f != nil && f.RetryAfter > 0 && f.Scope != "" {
		wait = f.RetryAfter
	}
	switch {
	case wait > 0:
	case percent >= stopAt:
		wait = stop
	case percent >= slowAt:
		wait = slow
	default:
		return known
	}
	return append(known, port.Quota{Bucket: bucket, Left: -1, Until: now.Add(wait)})
}

// pace is the limit no header tells: the Conversations API allows 2 calls a
// second per Page or account (Meta, rate limits, 2026-11). One in each second
// of our clock is never more than two in one of theirs, wherever it begins.
func pace(bucket string) []port.Quota {
	if !strings.HasPrefix(bucket, "meta:conversations:") {
		return nil
	}
	return []port.Quota{{Bucket: bucket, Window: time.Second, Limit: 1, Left: -1}}
}

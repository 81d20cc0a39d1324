package dashboard

import (
	"testing"
	"time"

	"github.com/manystall/manystall/shared/httpapi"
)

func TestOverview(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "health is open", method: "GET", url: "/v1/health", open: true, status: 200, want: []string{`"status":"ok"`}},
		{name: "head", method: "HEAD", url: "/v1/health", open: true, status: 200},
		{
			name: "me", method: "GET", url: "/v1/me", status: 200, headers: map[string]string{"ETag": `"3"`},
			want: []string{`"workspace":"w1"`, `"time_zone":"Asia/Baku"`, `"etsy":["ListingWriter","ListingReader","OrderReader","ReviewReader"]`, `"local":true`}, absent: []string{`"csrf"`, "Shipper"},
		},
		{
			name: "summary of the last seven local days", method: "GET", url: "/v1/summary", status: 200,
			want: []string{`"from":"2026-11-16","to":"2026-11-22"`, `"totals":[{"channel":"etsy","orders":2,"items":3,"amount":{"amount":3500,"currency":"EUR"}},{"channel":"etsy","orders":1`,
				`"orders_to_ship":{"count":1,"more":false}`, `"waiting_since":"2026-11-22T11:00:00Z"`, `"listings_rejected":{"count":1`, `"failures":{"count":1`,
				`"connections":{"count":4,"more":false},"connections_attention":{"count":3`},
			absent: []string{"99999"},
		},
		{name: "summary of a day", method: "GET", url: "/v1/summary?from=2026-11-21&to=2026-11-21", status: 200, want: []string{`"days":[{"date":"2026-11-21"`, `"amount":2500`}, absent: []string{"3500"}},
		{name: "summary of nothing", method: "GET", url: "/v1/summary", key: keyTwo, status: 200, want: []string{`"totals":[],"days":[]`, `"connections":{"count":0`}, absent: []string{"etsy"}},
		{name: "summary of what to look at", method: "GET", url: "/v1/summary", status: 200, want: []string{`"orders_short":{"count":0,"more":false},"orders_unknown_item":{"count":1,"more":false}`}},
		{name: "sales by day", method: "GET", url: "/v1/reports/sales", status: 200, want: []string{`"from":"2026-11-16","to":"2026-11-22","time_zone":"Asia/Baku","by":"day"`, `"rows":[{"date":"2026-11-21","channel":"etsy","orders":1,"items":2,"amount":{"amount":2500`}, absent: []string{"99999"}},
		{name: "sales by quarter", method: "GET", url: "/v1/reports/sales?by=quarter&from=2026-11-01&to=2026-11-30", status: 200, want: []string{`"rows":[{"date":"2026-11-20","start":"10:00","channel":"etsy","orders":1,"items":2,"amount":{"amount":100,"currency":"EUR"}}`, `"start":"23:45"`}},
		{name: "sales by hour", method: "GET", url: "/v1/reports/sales?by=hour&from=2026-11-01&to=2026-11-30", status: 200, want: []string{`"rows":[{"hour":10,"channel":"etsy","orders":2,"items":4,"amount":{"amount":200,"currency":"EUR"}},{"hour":10,"channel":"etsy","orders":1,"items":2,"amount":{"amount":100,"currency":"USD"}},{"hour":23`}},
		{name: "sales by weekday", method: "GET", url: "/v1/reports/sales?by=weekday&from=2026-11-01&to=2026-11-30", status: 200, want: []string{`"rows":[{"weekday":5,"hour":10,"channel":"etsy","orders":2`, `{"weekday":5,"hour":23`}},
		{name: "sales of nobody else", method: "GET", url: "/v1/reports/sales?by=hour&from=2026-11-01&to=2026-11-30", key: keyTwo, status: 200, want: []string{`"rows":[]`}},
		{name: "sales of a year by hour", method: "GET", url: "/v1/reports/sales?by=hour&from=2025-11-30&to=2026-11-22", status: 422, want: []string{`"code":"bad_range"`, "92 days"}},
		{name: "sales by moon", method: "GET", url: "/v1/reports/sales?by=moon", status: 422, want: []string{`"field":"by"`}},
		{name: "summary backwards", method: "GET", url: "/v1/summary?from=2026-11-22&to=2026-11-21", status: 422, want: []string{`"code":"bad_range"`, `"field":"from"`}},
		{name: "summary of ten years", method: "GET", url: "/v1/summary?from=2016-11-22&to=2026-11-21", status: 422, want: []string{`"code":"bad_range"`}},
		{name: "summary of no date", method: "GET", url: "/v1/summary?from=yesterday", status: 422, want: []string{`"field":"from"`, `"code":"not_datetime"`}},
		{
			name: "channels", method: "GET", url: "/v1/channels", status: 200,
			want: []string{`"channel":"etsy","title":"Etsy","orders":"pull","abilities":["ListingWriter","ListingReader","OrderReader","Shipper","ReviewReader"]`,
				`"Canceller":"Etsy gives other programs no way to cancel orders."`, `"Shipper":"Clay on Etsy: the scope transactions_w is missing"`, `"title_max":140`, `"connections":1`, `"reply_hours_human":168`},
		},
		{name: "queues", method: "GET", url: "/v1/queues", status: 200, want: []string{`"name":"NudgeQueue","ready":3,"in_flight":0,"delayed":0,"dead":1`}},
		{name: "failures", method: "GET", url: "/v1/failures", status: 200, want: []string{`"code":"gone"`}, absent: []string{"workspace"}},
		{name: "redrive", method: "POST", url: "/v1/queues/NudgeQueue/redrive", status: 202, want: []string{`"state":"started"`}, after: asked("redrive NudgeQueue")},
		{name: "repair what the stream could not do", method: "POST", url: "/v1/queues/project/redrive", status: 202, want: []string{`"state":"started"`}, after: asked("repair")},
		{name: "rebuild", method: "POST", url: "/v1/rebuilds", status: 202, want: []string{`"id":"rbd_new","state":"running","phase":"begin"`}, headers: map[string]string{"Location": "/v1/rebuilds/rbd_new"}, after: asked("rebuild")},
		{name: "how far a rebuild is", method: "GET", url: "/v1/rebuilds/job_3", status: 200, want: []string{`"state":"done","checked":9,"corrected":1,"failed":0`, `"field":"stock","value":"var_s","code":"corrected"`}, absent: []string{"phase"}},
		{name: "an import is no rebuild", method: "GET", url: "/v1/rebuilds/job_1", status: 404},
		{name: "a rebuild of another", method: "GET", url: "/v1/rebuilds/job_3", key: keyTwo, status: 404},
		{name: "redrive of no queue", method: "POST", url: "/v1/queues/NudgeDeadQueue/redrive", status: 404, after: asked("")},
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "rename", method: "PATCH", url: "/v1/me", body: `{"name":"Clay"}`, status: 200, want: []string{`"name":"Clay"`, `"time_zone":"Asia/Baku"`}, headers: map[string]string{"ETag": `"4"`}},
		{name: "merge-patch type", method: "PATCH", url: "/v1/me", body: `{"currency":"JPY"}`, header: map[string]string{"Content-Type": "application/merge-patch+json"}, status: 200, want: []string{`"currency":"JPY"`}},
		{name: "stale", method: "PATCH", url: "/v1/me", body: `{"name":"Clay"}`, header: map[string]string{"If-Match": `"2"`}, status: 412, want: []string{`"code":"version_mismatch"`}},
		{name: "no zone", method: "PATCH", url: "/v1/me", body: `{"time_zone":"Mars/Base"}`, status: 422, want: []string{`"field":"time_zone"`, `"code":"not_timezone"`}},
		{name: "nothing", method: "PATCH", url: "/v1/me", body: `{}`, status: 422, want: []string{`"code":"empty"`}},
		{name: "other workspace in the body", method: "PATCH", url: "/v1/me", body: `{"workspace":"w2","name":"x"}`, status: 422, want: []string{`"code":"unknown_field"`, `"field":"workspace"`}},
		{name: "defaults", method: "GET", url: "/v1/defaults", status: 200, headers: map[string]string{"ETag": `"3"`}},
		{name: "defaults without version", method: "PUT", url: "/v1/defaults", body: `{}`, status: 428, want: []string{`"code":"if_match_required"`}},
		{name: "defaults replaced", method: "PUT", url: "/v1/defaults", body: `{"grams":300,"who_made":"i_did"}`, header: map[string]string{"If-Match": `"3"`}, status: 200, want: []string{`"grams":300`}, headers: map[string]string{"ETag": `"4"`}},
		{name: "defaults refused", method: "PUT", url: "/v1/defaults", body: `{"grams":-1,"publish":"maybe"}`, header: map[string]string{"If-Match": "*"}, status: 422, want: []string{`"field":"grams"`, `"field":"publish"`, "2 fields are not right"}},
	})
}

func TestConnections(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "list", method: "GET", url: "/v1/connections", status: 200, want: []string{`"id":"acc_etsy"`, `"checkout_url":"http://localhost:8080/checkout/meta/pubkey"`, `"inbound_key":"inkey"`, `"shopify_url":"http://localhost:8080/v1/inbound/shopify/inkey"`}, absent: []string{"acc_gone"}},
		{name: "one", method: "GET", url: "/v1/connections/acc_etsy", status: 200, want: []string{`"ok":false`, `"missing":{"Shipper":"the scope`, `"fix":"Connect again."`}, headers: map[string]string{"ETag": `"2"`}},
		{name: "needs consent", method: "GET", url: "/v1/connections/acc_fb", status: 200, want: []string{`"abilities":[]`, `"Replier":"The consent has ended: connect again."`, `"feed_url":"http://localhost:8080/feeds/meta/pubkey.csv"`}, absent: []string{`"ok"`}},
		{name: "ends soon", method: "GET", url: "/v1/connections/acc_soon", status: 200, want: []string{`"consent_ends_soon":true`, `"consent_ends_at":"2026-12-05T12:00:00Z"`, "The consent ends on 5 December 2026", `"state":"active"`}},
		{name: "a catalog of another workspace", method: "GET", url: "/v1/connections/acc_soon", before: func(w *world) {
			a := w.memory.spaces[spaceOne].accounts["acc_soon"]
			a.Health, a.NoTarget = nil, "Its catalog is written by another workspace."
			w.memory.spaces[spaceOne].accounts["acc_soon"] = a
		}, status: 200, want: []string{`"ListingWriter":"Its catalog is written by another workspace."`, `"no_target":"Its catalog`, `"abilities":["ListingReader"`}},
		{name: "ends later", method: "GET", url: "/v1/connections/acc_soon", before: func(w *world) {
			a := w.memory.spaces[spaceOne].accounts["acc_soon"]
			a.EndsAt = noon.Add(15 * 24 * time.Hour)
			w.memory.spaces[spaceOne].accounts["acc_soon"] = a
		}, status: 200, want: []string{`"consent_ends_at":"2026-12-07T12:00:00Z"`}, absent: []string{"consent_ends_soon", "reason"}},
		{name: "check", method: "POST", url: "/v1/connections/acc_etsy/check", status: 200, want: []string{`"ok":true`}, after: asked("check acc_etsy")},
		{name: "pause", method: "PATCH", url: "/v1/connections/acc_etsy", body: `{"paused":true,"publish":"live"}`, status: 200, want: []string{`"state":"paused"`, `"publish":"live"`, `"abilities":[]`}},
		{name: "pause what needs consent", method: "PATCH", url: "/v1/connections/acc_fb", body: `{"paused":true}`, status: 409, want: []string{`"code":"not_active"`}},
		{name: "defaults merged", method: "PATCH", url: "/v1/connections/acc_etsy", body: `{"defaults":{"brand":"Clay","grams":null}}`, status: 200, want: []string{`"defaults":{"brand":"Clay"}`}},
		{name: "defaults refused", method: "PATCH", url: "/v1/connections/acc_etsy", body: `{"defaults":{"grams":1.5}}`, status: 422, want: []string{`"code":"wrong_type"`}},
		{name: "catalog by calls", method: "GET", url: "/v1/connections/acc_fb", before: catalogOfPage, status: 200, want: []string{`"catalog":"api"`}},
		{name: "catalog by a feed", method: "PATCH", url: "/v1/connections/acc_fb", body: `{"catalog":"feed"}`, before: catalogOfPage, status: 200, want: []string{`"catalog":"feed"`}},
		{name: "catalog by both", method: "PATCH", url: "/v1/connections/acc_fb", body: `{"catalog":"both"}`, before: catalogOfPage, status: 422, want: []string{`"field":"catalog"`}},
		{name: "no choice of catalogs", method: "GET", url: "/v1/connections/acc_etsy", status: 200, absent: []string{`"catalog"`}},
		{name: "empty patch", method: "PATCH", url: "/v1/connections/acc_etsy", body: `{}`, status: 422},
		{name: "disconnect", method: "DELETE", url: "/v1/connections/acc_etsy", status: 204, after: asked("disconnect acc_etsy")},
		{name: "start", method: "POST", url: "/v1/connections", body: `{"channel":"etsy"}`, status: 201, want: []string{`"consent_url":"https://consent.example/etsy?state=st-w1"`, `"state":"st-w1"`}, absent: []string{"secret"}, after: asked("start etsy")},
		{name: "start nothing", method: "POST", url: "/v1/connections", body: `{"channel":"ebay"}`, status: 422, want: []string{"must be one of etsy, facebook"}},
		{name: "checkout", method: "POST", url: "/v1/connections", body: `{"kind":"checkout","name":"Web shop"}`, status: 201, want: []string{`"id":"acc_new"`, `"inbound_key":"newkey"`, `"secret":"only-once-secret"`}},
		{name: "secret", method: "POST", url: "/v1/connections/acc_own/secrets", body: `{}`, status: 201, want: []string{`"secret":"only-once-secret"`}, after: asked("secret acc_own")},
		{name: "secret of the shop", method: "POST", url: "/v1/connections/acc_own/secrets", body: `{"secret":"0123456789abcdef"}`, status: 201, absent: []string{"0123456789"}, after: asked("secret acc_own 0123456789abcdef")},
		{name: "short secret", method: "POST", url: "/v1/connections/acc_own/secrets", body: `{"secret":"short"}`, status: 422, want: []string{`"secret"`}, after: asked("")},
		{name: "pending", method: "GET", url: "/v1/connections/pending/grt_1", status: 200, want: []string{`{"remote_id":"77","name":"Clay","connected":true}`, `"cannot_list":"no catalog","connected":false`}},
		{name: "choose", method: "POST", url: "/v1/connections/pending/grt_1/choose", body: `{"remotes":["77"]}`, status: 201, want: []string{`"id":"acc_etsy"`}},
		{name: "choose nothing", method: "POST", url: "/v1/connections/pending/grt_1/choose", body: `{"remotes":[]}`, status: 422, want: []string{`"field":"remotes"`}},
		{name: "choose what is elsewhere", method: "POST", url: "/v1/connections/pending/grt_1/choose", body: `{"remotes":["taken"]}`, status: 409, want: []string{`"code":"connected_elsewhere"`}},
		{name: "callback", method: "GET", url: "/v1/oauth/etsy/callback?state=st-w1&code=abc", open: true, status: 303, headers: map[string]string{"Location": "/connections?pending=grt_1"}, after: asked("callback etsy code=abc&state=st-w1")},
		{name: "callback in a browser", method: "GET", url: "/v1/oauth/etsy/callback?state=st-w1&code=abc", open: true, header: map[string]string{"Accept": "text/html,*/*"}, status: 303, headers: map[string]string{"Location": "/connections#returned=%2Fv1%2Foauth%2Fetsy%2Fcallback%3Fcode%3Dabc%26state%3Dst-w1"}, after: asked("")},
		{name: "callback in a browser that hides what it accepts", method: "GET", url: "/v1/oauth/etsy/callback?state=st-w1&code=abc", open: true, header: map[string]string{"Sec-Fetch-Mode": "navigate"}, status: 303, headers: map[string]string{"Location": "/connections#returned=…"}, after: asked("")},
		{name: "a session does not help what a browser was sent to", method: "GET", url: "/v1/oauth/etsy/callback?state=st-w1&code=abc", open: true, header: with(cookie(sessionOne), "Accept", "text/html"), status: 303, headers: map[string]string{"Location": "/connections#returned=…"}, after: asked("")},
		{name: "start in a browser", method: "POST", url: "/v1/connections", open: true, header: with(cookie(sessionOne), httpapi.CSRFHeader, csrfOne), body: `{"channel":"etsy"}`, status: 201, after: asked("start etsy in a browser")},
		{name: "finish in a browser", method: "POST", url: "/v1/connections/callback", open: true, header: with(cookie(sessionOne), httpapi.CSRFHeader, csrfOne), body: `{"url":"/v1/oauth/etsy/callback?code=abc&state=st-w1"}`, status: 200, want: []string{`"grant":"grt_1"`}},
		{name: "finish from another site", method: "POST", url: "/v1/connections/callback", open: true, header: cookie(sessionOne), body: `{"url":"/v1/oauth/etsy/callback?code=abc&state=st-w1"}`, status: 403, want: []string{`"code":"csrf"`}, after: asked("")},
		{name: "callback of one shop", method: "GET", url: "/v1/oauth/etsy/callback?state=st-w1&code=one", open: true, status: 303, headers: map[string]string{"Location": "/connections?connected=acc_etsy"}},
		{name: "callback of nobody", method: "GET", url: "/v1/oauth/etsy/callback?state=forged&code=abc", open: true, status: 303, headers: map[string]string{"Location": "/connections?problem=unknown_state"}},
		{name: "callback of no channel", method: "GET", url: "/v1/oauth/ebay/callback?state=st-w1", open: true, status: 404},
		{name: "pasted", method: "POST", url: "/v1/connections/callback", body: `{"url":"https://unreachable.example/v1/oauth/etsy/callback?code=abc&state=st-w1"}`, status: 200, want: []string{`"grant":"grt_1"`}},
		{name: "pasted by another", method: "POST", url: "/v1/connections/callback", key: keyTwo, body: `{"url":"https://x.example/v1/oauth/etsy/callback?code=abc&state=st-w1"}`, status: 404},
		{name: "pasted nonsense", method: "POST", url: "/v1/connections/callback", body: `{"url":"https://example.com/"}`, status: 422, want: []string{`"code":"not_a_callback"`}},
	})
}

func asked(what string) func(*testing.T, *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		got := ""
		if n := len(w.does.asked); n > 0 {
			got = w.does.asked[n-1]
		}
		if got != what {
			t.Errorf("asked for %q, want %q", got, what)
		}
	}
}

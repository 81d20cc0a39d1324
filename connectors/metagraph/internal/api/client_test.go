package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// answers is a Doer with prepared answers.
type answers struct {
	list []httpclient.Response
	err  error
	sent []httpclient.Request
}

func (a *answers) Do(_ context.Context, r httpclient.Request) (httpclient.Response, error) {
	a.sent = append(a.sent, r)
	if a.err != nil {
		return httpclient.Response{}, a.err
	}
	next := a.list[0]
	a.list = a.list[1:]
	return next, nil
}

func client(list ...httpclient.Response) (*Client, *answers) {
	a := &answers{list: list}
	return &Client{HTTP: a, Base: "https://graph.test", Version: "v26.0", AppID: "55", Secret: "s", Now: func() time.Time { return noon }}, a
}

func said(status int, body string) httpclient.Response {
	return httpclient.Response{Status: status, Header: http.Header{}, Body: []byte(body)}
}

// Worked examples of both forms.
func TestProofVectors(t *testing.T) {
	t.Parallel()
	const secret, token = "0123456789abcdef0123456789abcdef", "EAATESTTOKEN123"
	if got := Proof(secret, token, time.Time{}); got != "02810c917b3e327d0bc6ccf57ac73ac327c135ce03a538f1a157997bb973e258" {
		t.Errorf("plain %s", got)
	}
	if got := Proof(secret, token, time.Unix(1767225600, 0)); got != "8f928b11530a330a573847678d856121d46f36afa34ad3d7a66a6a9530ee0f09" {
		t.Errorf("timed %s", got)
	}
}

func TestSignPutsTheTokenIntoTheHeader(t *testing.T) {
	t.Parallel()
	c, a := client(said(200, `{"id":"1"}`))
	if _, err := c.Catalog(t.Context(), "TOKEN", "1/../2"); err != nil {
		t.Fatal(err)
	}
	r := a.sent[0]
	if r.URL != "https://graph.test/v26.0/1%2F..%2F2?fields=id%2Cname%2Cvertical%2Cproduct_count" || !r.Safe || r.Bucket != "meta:catalog:1/../2" {
		t.Errorf("sent %+v", r)
	}
	req, err := http.NewRequestWithContext(t.Context(), r.Method, r.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Sign(req); err != nil {
		t.Fatal(err)
	}
	q := req.URL.Query()
	if req.Header.Get("Authorization") != "Bearer TOKEN" || q.Get("appsecret_proof") != Proof("s", "TOKEN", noon) || q.Get("appsecret_time") != "1795348800" || q.Has("access_token") {
		t.Errorf("signed %s %v", req.URL, req.Header)
	}
}

func TestListsFollowTheCursorOnly(t *testing.T) {
	t.Parallel()
	c, a := client(
		said(200, `{"data":[{"id":1}],"paging":{"cursors":{"after":"C1"},"next":"https://evil.example/?access_token=T"}}`),
		said(200, `{"data":[{"id":"2"}],"paging":{"cursors":{"after":"C2"}}}`),
	)
	found, err := c.Businesses(t.Context(), "T")
	if err != nil || len(found) != 2 || found[0].ID != "1" || found[1].ID != "2" {
		t.Fatalf("found %v, %v", found, err)
	}
	if a.sent[1].URL != "https://graph.test/v26.0/me/businesses?after=C1&fields=id%2Cname&limit=100" {
		t.Errorf("followed %s", a.sent[1].URL)
	}
}

func TestUnclearAnswersOfWrites(t *testing.T) {
	t.Parallel()
	for _, r := range []httpclient.Response{said(502, `<html>`), said(200, `<html>`)} {
		c, _ := client(r)
		if _, err := c.Send(t.Context(), "T", "1", Sending{}); !fault.Is(err, fault.Unknown) {
			t.Errorf("a send: %v", err)
		}
		c, _ = client(r)
		if _, err := c.Catalog(t.Context(), "T", "1"); !fault.Is(err, fault.Temporary) {
			t.Errorf("a read: %v", err)
		}
	}
}

func TestUsageHeaders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		app, business, bucket string
		status                int
		body                  string
		wait                  time.Duration
	}{
		"quiet":                {`{"call_count":28,"total_time":25,"total_cputime":25}`, `{"1":[{"type":"catalog_batch","call_count":12}]}`, "meta:catalog_batch:9", 200, `{}`, 0},
		"slow":                 {``, `{"1":[{"type":"catalog_batch","call_count":81}]}`, "meta:catalog_batch:9", 200, `{}`, 5 * time.Second},
		"stop":                 {``, `{"1":[{"type":"catalog_batch","total_time":97}]}`, "meta:catalog_batch:9", 200, `{}`, time.Minute},
		"wait in minutes":      {``, `{"1":[{"type":"x"}],"2":[{"type":"catalog_batch","call_count":100,"estimated_time_to_regain_access":19}]}`, "meta:catalog_batch:9", 200, `{}`, 19 * time.Minute},
		"another bucket":       {``, `{"1":[{"type":"catalog_management","call_count":99}]}`, "meta:catalog_batch:9", 200, `{}`, 0},
		"management":           {``, `{"1":[{"type":"catalog_management","call_count":99}]}`, "meta:catalog:9", 200, `{}`, time.Minute},
		"messenger":            {``, `{"1":[{"type":"messenger","call_count":99}]}`, "meta:messaging:9", 200, `{}`, time.Minute},
		"app":                  {`{"call_count":96}`, ``, "meta:messaging:9", 200, `{}`, time.Minute},
		"limited, no end":      {``, ``, "meta:catalog_batch:9", 400, graph(80014, 0, "too many"), 5 * time.Minute},
		"limited, with an end": {``, `{"1":[{"type":"catalog_batch","call_count":101,"estimated_time_to_regain_access":2}]}`, "meta:catalog_batch:9", 400, graph(80014, 0, "too many"), 2 * time.Minute},
		"a flat map":           {``, `{"type":"catalog_batch","call_count":99}`, "meta:catalog_batch:9", 200, `{}`, 0},
		"garbage":              {`x`, `[]`, "meta:catalog_batch:9", 200, `{}`, 0},
		"unpaid":               {`{"call_count":96}`, ``, "", 200, `{}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := httpclient.Response{Status: c.status, Body: []byte(c.body), Header: http.Header{"X-App-Usage": {c.app}, "X-Business-Use-Case-Usage": {c.business}}}
			got := quotas(resp, c.bucket, noon)
			var want []port.Quota
			if c.wait > 0 {
				want = []port.Quota{{Bucket: c.bucket, Left: -1, Until: noon.Add(c.wait)}}
			}
			if !slices.Equal(got, want) {
				t.Errorf("learned %+v, want %+v", got, want)
			}
		})
	}
}

func TestIDsAndTimes(t *testing.T) {
	t.Parallel()
	var v struct {
		A, B, C ID
		T       Time
	}
	if err := json.Unmarshal([]byte(`{"A":"17841400000000001","B":9007199254740993,"C":null,"T":"2022-07-12T19:11:07+0000"}`), &v); err != nil {
		t.Fatal(err)
	}
	if v.A != "17841400000000001" || v.B != "9007199254740993" || v.C != "" || !v.T.Equal(time.Date(2022, 7, 12, 19, 11, 7, 0, time.UTC)) {
		t.Errorf("read %+v", v)
	}
	for _, bad := range []string{`{"A":1.5}`, `{"A":1e9}`, `{"A":{}}`, `{"A":true}`, `{"T":"yesterday"}`} {
		if json.Unmarshal([]byte(bad), &v) == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func FuzzUsage(f *testing.F) {
	f.Add(`{"call_count":96}`, `{"1":[{"type":"catalog_batch","call_count":81,"estimated_time_to_regain_access":1e300}]}`)
	f.Fuzz(func(t *testing.T, app, business string) {
		resp := httpclient.Response{Status: 200, Header: http.Header{"X-App-Usage": {app}, "X-Business-Use-Case-Usage": {business}}}
		for _, q := range quotas(resp, "meta:catalog_batch:1", noon) {
			if wait := q.Until.Sub(noon); wait <= 0 || wait > longestWait {
				t.Fatalf("waits %s", wait)
			}
		}
	})
}

func FuzzID(f *testing.F) {
	f.Add([]byte(`"1"`))
	f.Add([]byte(`-0`))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var id ID
		_ = json.Unmarshal(raw, &id)
		var at Time
		_ = json.Unmarshal(raw, &at)
	})
}

package webhook

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

func TestNotifications(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method, path, body, sign string
		status, queued           int
		answer                   string
	}{
		"signed":              {"POST", "/webhooks/test/1", "a\nb\nc", "good", 200, 3, ""},
		"nothing to tell":     {"POST", "/webhooks/test/1", "", "good", 200, 0, ""},
		"unsigned":            {"POST", "/webhooks/test/1", "a", "", 401, 0, ""},
		"altered":             {"POST", "/webhooks/test/1", "a", "bad", 401, 0, ""},
		"denied":              {"POST", "/webhooks/test/1", "a", "denied", 401, 0, ""},
		"senseless":           {"POST", "/webhooks/test/1", "a", "invalid", 400, 0, ""},
		"our own mistake":     {"POST", "/webhooks/test/1", "a", "broken", 503, 0, ""},
		"handshake":           {"GET", "/webhooks/test?challenge=1%3C2", "", "good", 200, 0, "1<2"},
		"handshake, unsigned": {"GET", "/webhooks/test?challenge=1", "", "", 401, 0, ""},
		"another method":      {"PUT", "/webhooks/test/1", "a", "good", 405, 0, "Method Not Allowed\n"},
		"no topic":            {"POST", "/webhooks/test/", "a", "good", 404, 0, "404 page not found\n"},
		"a longer path":       {"POST", "/webhooks/test/1/2", "a", "good", 404, 0, "404 page not found\n"},
		"nowhere":             {"POST", "/webhooks/none", "a", "good", 404, 0, "404 page not found\n"},
		"a path with slashes": {"POST", "//webhooks//test/1", "a", "good", 307, 0, ""},
		"an encoded topic":    {"POST", "/webhooks/test/a%2Fb", "a", "good", 200, 1, ""},
		"too large":           {"POST", "/webhooks/test/1", strings.Repeat("a", maxBody+1), "good", 413, 0, ""},
	} {
		b := newBench(t)
		out := b.call(t, c.method, c.path, c.body, "signature", c.sign)
		if out.StatusCode != c.status || len(b.queued) != c.queued || out.Body != c.answer {
			t.Errorf("%s: %d %q, %d queued", name, out.StatusCode, out.Body, len(b.queued))
		}
		if at := out.Headers["location"]; strings.Contains(at, "//") {
			t.Errorf("%s: leads to %s", name, at)
		}
		for _, m := range b.queued {
			var e channel.Event
			if err := json.Unmarshal(m.Body, &e); err != nil || m.Kind != "event" || m.Channel != commerce.TikTok || m.Remote != "shop" || !e.ReceivedAt.Equal(b.clock.Now()) || e.Topic == "" {
				t.Errorf("%s: queued %+v, %v", name, m, err)
			}
		}
	}
}

// What could not be stored is not answered with thanks.
func TestAQueueThatIsAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refuse = errors.New("away")
	if out := b.call(t, "POST", "/webhooks/test/1", "a", "signature", "good"); out.StatusCode != 503 || out.Body != "" {
		t.Errorf("%d %q", out.StatusCode, out.Body)
	}
	if out := b.order(t, inboundOrder); out.StatusCode != 503 {
		t.Errorf("an order: %d %q", out.StatusCode, out.Body)
	}
	if out := b.call(t, "GET", "/feeds/meta/"+bridgeKey+".csv", ""); out.StatusCode != 503 || out.Body != "" {
		t.Errorf("a feed: %d %q", out.StatusCode, out.Body)
	}
}

func TestLargeEventsLieInBlobs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	out := b.call(t, "POST", "/webhooks/test/1", "small\n"+strings.Repeat("a", 200<<10), "signature", "good")
	if out.StatusCode != 200 || len(b.queued) != 2 || len(b.blobs) != 1 || b.queued[0].Blob != "" || b.queued[1].Body != nil {
		t.Fatalf("%d, queued %d, %d blobs", out.StatusCode, len(b.queued), len(b.blobs))
	}
	var e channel.Event
	if err := json.Unmarshal(b.blobs[b.queued[1].Blob], &e); err != nil || len(e.Body) != 200<<10 {
		t.Errorf("%d bytes, %v", len(e.Body), err)
	}
}

// A person who asks for deletion gets a page that says so; other keys show
// nothing there.
func TestDeletion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if out := b.call(t, "GET", "/deletion/code-1", ""); out.StatusCode != 404 {
		t.Errorf("before: %d", out.StatusCode)
	}
	for range 2 { // asked again, the same answer
		out := b.call(t, "POST", "/webhooks/test/erase", "", "signature", "good")
		if out.StatusCode != 200 || out.Body != `{"url":"https://api.example/deletion/code-1"}` || out.Headers["content-type"] != "application/json" {
			t.Errorf("%d %s", out.StatusCode, out.Body)
		}
	}
	if out := b.call(t, "GET", "/deletion/code-1", ""); out.StatusCode != 200 || !strings.Contains(out.Body, "1 November 2026") {
		t.Errorf("after: %d %s", out.StatusCode, out.Body)
	}
	for _, code := range []string{bridgeKey, b.id, "code-2", "%00", "a%2Fb"} {
		if out := b.call(t, "GET", "/deletion/"+code, ""); out.StatusCode != 404 {
			t.Errorf("%s: %d %s", code, out.StatusCode, out.Body)
		}
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	out := b.call(t, "GET", "/feeds/meta/"+bridgeKey+".csv", "")
	if out.StatusCode != 200 || out.Body != "id,title\nacc_page,ü\n" || out.Headers["content-type"] != "text/csv; charset=utf-8" || out.IsBase64Encoded {
		t.Errorf("%+v", out)
	}
	for _, path := range []string{"/feeds/meta/" + bridgeKey, "/feeds/meta/none.csv", "/feeds/meta/.csv", "/feeds/meta/" + b.id + ".csv"} {
		if out := b.call(t, "GET", path, ""); out.StatusCode != 404 {
			t.Errorf("%s: %d", path, out.StatusCode)
		}
	}
}

// What is signed and can't be understood is kept, and not sent again.
func TestUnreadableIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	out := b.call(t, "POST", "/webhooks/test/odd", "[odd]", "signature", "good")
	if out.StatusCode != 200 || len(b.queued) != 0 || len(b.blobs) != 1 {
		t.Errorf("%d, queued %v, kept %v", out.StatusCode, b.queued, b.blobs)
	}
	for key, body := range b.blobs {
		if string(body) != "[odd]" || !strings.HasPrefix(key, "tmp/unreadable/") {
			t.Errorf("kept %q as %s", body, key)
		}
	}
}

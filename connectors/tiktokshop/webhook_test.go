package tiktokshop

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/connectors/tiktokshop/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
)

const (
	hookKey    = "29a39d"
	hookSecret = "e59af819cc"
	hookNext   = "next-secret"
	shopID     = "7494049642642441621"
)

func deliver(t *testing.T, app *App, body, secret string) (channel.HookResponse, []channel.Event) {
	t.Helper()
	return deliverTo(t, "x", app, body, secret)
}

func deliverTo(t *testing.T, topic string, app *App, body, secret string) (channel.HookResponse, []channel.Event) {
	t.Helper()
	r := channel.HookRequest{Path: map[string]string{"topic": topic}, Header: http.Header{}, Body: []byte(body), Now: time.Unix(1767312000, 0)}
	if secret != "" {
		r.Header.Set("Authorization", api.SignWebhook(hookKey, secret, r.Body))
	}
	resp, events, err := Hooks()[0].Handle(map[commerce.Channel]any{commerce.TikTok: app}, r)
	if err != nil {
		t.Fatal(err)
	}
	return resp, events
}

func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	both := &App{Key: hookKey, Secret: hookSecret, Next: hookNext}
	body := `{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"` + shopID + `","data":{"order_id":"5"}}`
	for name, c := range map[string]struct {
		app    *App
		secret string
		status int
	}{
		"right":              {both, hookSecret, 200},
		"the next one":       {both, hookNext, 200},
		"wrong":              {both, "other", 401},
		"missing":            {both, "", 401},
		"no next one is set": {&App{Key: hookKey, Secret: hookSecret}, hookNext, 401},
		"nothing is set":     {&App{}, hookSecret, 401},
	} {
		resp, events := deliver(t, c.app, body, c.secret)
		if resp.Status != c.status || (len(events) == 1) != (c.status == 200) || len(resp.Body) > 0 {
			t.Errorf("%s: %+v, %d events", name, resp, len(events))
		}
	}
	if resp, events := deliver(t, both, strings.Repeat(" ", maxHook+1), hookSecret); resp.Status != 401 || len(events) > 0 {
		t.Errorf("a body beyond the limit: %+v", resp)
	}
}

func TestWebhookEvents(t *testing.T) {
	t.Parallel()
	app := &App{Key: hookKey, Secret: config.Secret(hookSecret)}
	_, events := deliver(t, app, `{"type":1,"tts_notification_id":"77","shop_id":"`+shopID+`","data":{}}`, hookSecret)
	if e := events[0]; e.ID != "77" || e.Account != shopID || e.Topic != "1" || e.Channel != commerce.TikTok || e.ReceivedAt.Unix() != 1767312000 {
		t.Errorf("%+v", e)
	}
	without := `{"type":3,"shop_id":"` + shopID + `","timestamp":1644412885,"data":{"order_id":"5"}}`
	_, first := deliver(t, app, without, hookSecret)
	_, second := deliver(t, app, without, hookSecret)
	_, other := deliver(t, app, without+" ", hookSecret)
	if len(first[0].ID) != 64 || first[0].ID != second[0].ID || first[0].ID == other[0].ID {
		t.Errorf("ids %q, %q, %q", first[0].ID, second[0].ID, other[0].ID)
	}
	for _, body := range []string{`{"type":52,"seller_open_id":"x","data":{}}`, `not json`, `[]`} {
		if resp, events := deliver(t, app, body, hookSecret); resp.Status != 200 || len(events) > 0 {
			t.Errorf("%s: %+v, %d events", body, resp, len(events))
		}
	}
}

// The files are repaired copies of the official samples (2025-12).
func TestMapEvent(t *testing.T) {
	t.Parallel()
	orders := func(ids ...commerce.RemoteID) []channel.Update {
		return []channel.Update{{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Orders: ids}}}
	}
	requests := func(ids ...commerce.RemoteID) []channel.Update {
		return []channel.Update{{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Requests: ids}}}
	}
	listing := func(id commerce.RemoteID) []channel.Update {
		return []channel.Update{{Kind: channel.UpdateListing, Listing: id}}
	}
	for file, want := range map[string][]channel.Update{
		"hook-1.json":  orders("576486316948490001"),
		"hook-3.json":  orders("576486316948490001"),
		"hook-4.json":  orders("152523", "532123"),
		"hook-5.json":  listing("576486316948490001"),
		"hook-6.json":  account(channel.AccountUpdate{Revoked: true, Message: "The seller took the consent back at TikTok."}),
		"hook-7.json":  account(channel.AccountUpdate{EndsAt: time.Unix(1627587506, 0).UTC(), Message: "The consent ends soon. Connect the shop again."}),
		"hook-11.json": requests("576486316948490001"),
		"hook-12.json": requests("576486316948490002"),
		"hook-13.json": {{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Threads: []commerce.RemoteID{"576486316948490003"}}}},
		"hook-14.json": {{Kind: channel.UpdateMessage, Message: &channel.MessageUpdate{
			Thread: "710688832392260838", Contact: "707885565181165594", Kind: commerce.Chat,
			Message: commerce.Message{Remote: "722323407926368819", By: commerce.ByBuyer, Text: "444", Kind: "text", At: time.Unix(1681790246, 0).UTC()},
		}}},
		"hook-15.json": listing("123456789"),
		"hook-16.json": listing("576486316948490001"),
		"hook-36.json": nil,
		"hook-37.json": listing("789078671231"),
	} {
		raw, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		got, err := mapEvent(nil, channel.Event{Body: raw})
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", file, diff)
		}
	}
}

func TestMapEventSurvivesOddities(t *testing.T) {
	t.Parallel()
	for body, kind := range map[string]fault.Kind{
		`{"type":99,"data":{"page_id":"1"}}`: "", `{"type":33,"data":{"conversation_id":"1"}}`: "", `{"type":1}`: "", `{"type":1,"data":null}`: "", `{"type":5,"data":{}}`: "", `{"type":14,"data":{}}`: "",
		`{"type":7,"data":{"expiration_time":"soon"}}`: "", `{"type":14,"data":{"conversation_id":"1","message_id":"2","is_visible":false,"type":"TEXT"}}`: "",
		`{"type":1,"data":[]}`: fault.Permanent, `{"type":1,"data":{"order_id":{}}}`: fault.Permanent, `x`: fault.Permanent, `{"type":14,"data":7}`: fault.Permanent,
	} {
		updates, err := mapEvent(nil, channel.Event{Body: []byte(body)})
		if fault.KindOf(err) != kind || len(updates) > 0 {
			t.Errorf("%s: %v, %v", body, updates, err)
		}
	}
	hidden := `{"type":14,"data":{"conversation_id":"1","message_id":"2","is_visible":false,"type":"BUYER_ENTER_FROM_ORDER","content":"{\"order_id\":\"5\"}"}}`
	updates, err := mapEvent(nil, channel.Event{Body: []byte(hidden)})
	if err != nil || len(updates) != 1 || updates[0].Kind != channel.UpdateFetch || updates[0].Fetch.Threads[0] != "1" {
		t.Errorf("a buyer comes from an order: %v, %v", updates, err)
	}
}

// Each topic has a path of its own. The number in the body is a cross-check:
// without it, or with one nobody knows, the path says what it is about; where
// both are known and differ, only the ids count. Ids keep all their digits.
func TestTopicsByPath(t *testing.T) {
	t.Parallel()
	app := &App{Key: hookKey, Secret: hookSecret}
	const id = "9007199254740993123" // beyond what a float64 holds
	orders := []channel.Update{{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Orders: []commerce.RemoteID{id}}}}
	requests := []channel.Update{{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Requests: []commerce.RemoteID{id}}}}
	listings := []channel.Update{{Kind: channel.UpdateListing, Listing: id}}
	threads := []channel.Update{{Kind: channel.UpdateFetch, Fetch: &channel.Fetch{Threads: []commerce.RemoteID{id}}}}
	for _, c := range []struct {
		path, head, data string
		want             []channel.Update
	}{
		{"ORDER_STATUS_CHANGE", `"type":1,`, `"order_id":"` + id + `"`, orders},
		{"order-status-change", ``, `"order_id":"` + id + `"`, orders},
		{"ORDER_STATUS_CHANGE", `"type":4711,`, `"order_id":"` + id + `"`, orders},
		{"RECIPIENT_ADDRESS_UPDATE", `"type":3,`, `"order_id":` + id, orders},
		{"PACKAGE_UPDATE", `"type":4,`, `"package_list":[{"package_id":"1","order_id_list":["` + id + `",` + id + `]}]`, orders},
		{"REVERSE_STATUS_UPDATE", `"type":2,`, `"order_id":"` + id + `"`, requests},
		{"CANCELLATION_STATUS_CHANGE", `"type":11,`, `"order_id":"` + id + `","cancel_id":"1"`, requests},
		{"RETURN_STATUS_CHANGE", `"type":12,`, `"order_id":"` + id + `","return_id":"1"`, requests},
		{"PRODUCT_STATUS_CHANGE", `"type":5,`, `"product_id":` + id, listings},
		{"PRODUCT_INFORMATION_CHANGE", `"type":15,`, `"product_id":"` + id + `"`, listings},
		{"PRODUCT_CREATION", `"type":16,`, `"product_id":` + id, listings},
		{"PRODUCT_CATEGORY_CHANGE", `"type":18,`, `"product_id":` + id, listings},
		{"INVENTORY_STATUS_CHANGE", `"type":27,`, `"product_id":"` + id + `"`, listings},
		{"PRODUCT_AUDIT_STATUS_CHANGE", `"type":37,`, `"product_id":` + id, listings},
		{"NEW_CONVERSATION", `"type":13,`, `"conversation_id":"` + id + `"`, threads},
		{"INVOICE_STATUS_CHANGE", `"type":36,`, `"order_ids":["` + id + `"]`, nil},
		{"NEW_MESSAGE_LISTENER", `"type":33,`, `"conversation_id":"` + id + `"`, nil},
		{"inventory_update", `"type":4712,`, `"product_id":"` + id + `"`, listings},
		{"SELLER_DEAUTHORIZATION", `"type":1,`, `"order_id":"` + id + `"`, orders}, // no consent is lost by a mix-up
		{"ORDER_STATUS_CHANGE", `"type":6,`, `"message":"x"`, nil},
		{"all", `"type":12,`, `"order_id":"` + id + `"`, requests},
	} {
		_, events := deliverTo(t, c.path, app, `{`+c.head+`"shop_id":"`+shopID+`","data":{`+c.data+`}}`, hookSecret)
		if len(events) != 1 {
			t.Fatalf("%s: %d events", c.path, len(events))
		}
		got, err := mapEvent(nil, events[0])
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s %s: %v %s", c.path, c.head, err, diff)
		}
	}
}

func FuzzMapEvent(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "hook-*.json"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		updates, err := mapEvent(nil, channel.Event{Body: body})
		for _, u := range updates {
			if u.Kind == channel.UpdateMessage && (u.Message == nil || u.Message.Thread == "") || u.Kind == channel.UpdateFetch && u.Fetch == nil {
				t.Errorf("%+v", u)
			}
		}
		if err != nil && len(updates) > 0 {
			t.Error("updates and an error")
		}
	})
}

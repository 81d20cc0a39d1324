package dashboard

import (
	"testing"

	"github.com/manystall/manystall/shared/commerce"
)

func TestOrders(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "all", method: "GET", url: "/v1/orders", status: 200, want: []string{`"id":"ord_1"`, `"id":"ord_2"`, `"id":"ord_3"`, `"next_cursor":""`}},
		{name: "open", method: "GET", url: "/v1/orders?state=open", status: 200, want: []string{`"id":"ord_1"`}, absent: []string{"ord_2", "ord_3"}},
		{name: "with an unknown item", method: "GET", url: "/v1/orders?attention=unknown_item", status: 200, want: []string{`"id":"ord_1"`}, absent: []string{"ord_2", "ord_3"}},
		{name: "nothing short", method: "GET", url: "/v1/orders?attention=short", status: 200, want: []string{`"items":[]`}},
		{name: "to look at, of another", method: "GET", url: "/v1/orders?attention=unknown_item", key: keyTwo, status: 200, want: []string{`"items":[]`}},
		{name: "for no known reason", method: "GET", url: "/v1/orders?attention=all", status: 422, want: []string{`"field":"attention"`}},
		{name: "why a line takes no stock", method: "GET", url: "/v1/orders/ord_1", status: 200, want: []string{`"attention":["unknown_item"]`, `"problem":{"rule":"unknown_item","field":"sku","value":"CUP","fix":"No product has`}},
		{name: "of two channels", method: "GET", url: "/v1/orders?channel=facebook,instagram", status: 200, want: []string{`"id":"ord_2"`}, absent: []string{"ord_1"}},
		{name: "of no channel", method: "GET", url: "/v1/orders?channel=ebay", status: 422, want: []string{`"field":"channel"`}},
		{name: "of no state", method: "GET", url: "/v1/orders?state=lost", status: 422, want: []string{`"field":"state"`}},
		{name: "found by number", method: "GET", url: "/v1/orders?q=%233001", status: 200, want: []string{`"id":"ord_1"`}, absent: []string{"ord_2"}},
		{name: "found by e-mail", method: "GET", url: "/v1/orders?q=Ada%40Example.org", status: 200, want: []string{`"id":"ord_1"`}},
		{name: "found in another state", method: "GET", url: "/v1/orders?q=3001&state=shipped", status: 200, want: []string{`"items":[]`}},
		{name: "none found", method: "GET", url: "/v1/orders?q=nothing", status: 200, want: []string{`"items":[]`}},
		{
			name: "one", method: "GET", url: "/v1/orders/ord_1", status: 200,
			want: []string{`"timeline":[{"id":"ev_1"`, `"can":["ship"]`, `"cancel":"The marketplace gives other programs no way`, `"allocated":1,"short":1`, `"city":"Tartu"`},
		},
		{name: "unpaid", method: "GET", url: "/v1/orders/ord_2", status: 200, want: []string{`"can":["cancel"]`, `"ship":"It is not paid yet."`}},
		{name: "unknown", method: "GET", url: "/v1/orders/ord_9", status: 404, want: []string{`"code":"not_found"`}},
		{name: "id that reaches into keys", method: "GET", url: "/v1/orders/ord_1%23w2", status: 422, want: []string{`"code":"not_id"`}},
		{name: "ship", method: "POST", url: "/v1/orders/ord_1/shipments", body: `{"carrier":"omniva","tracking":"CE123"}`, status: 202, want: []string{`"tracking":"CE123","state":"pending"`}, after: asked("ship ord_1 by owner")},
		{name: "ship without carrier", method: "POST", url: "/v1/orders/ord_1/shipments", body: `{"tracking":"CE123"}`, status: 422, want: []string{`"field":"carrier"`, `"code":"required"`}, after: asked("")},
		{name: "ship another's", method: "POST", url: "/v1/orders/ord_1/shipments", key: keyTwo, body: `{"carrier":"omniva","tracking":"CE123"}`, status: 404, after: asked("")},
		{name: "cancel", method: "POST", url: "/v1/orders/ord_2/cancellations", body: `{"reason":"out of clay"}`, status: 202, want: []string{`"state":"cancelled"`}, after: asked("cancel ord_2 out of clay")},
		{name: "cancel without a word", method: "POST", url: "/v1/orders/ord_2/cancellations", status: 202},
		{name: "cancel where it can't be", method: "POST", url: "/v1/orders/ord_1/cancellations", body: `{}`, status: 405, want: []string{`"code":"cannot_cancel"`}, headers: map[string]string{"Allow": ""}},
		{
			name: "a request", method: "GET", url: "/v1/orders/ord_4", status: 200,
			want: []string{`"can":["ship","cancel","answer"]`, `"requests":[{"id":"req_1","remote_id":"4035","kind":"cancel","by":"buyer","state":"open"`, `"answer_by":"2026-11-24T12:00:00Z"`, `"reasons":[{"code":"packed","text":"It is packed"}]`},
		},
		{name: "requests where they can't be known", method: "GET", url: "/v1/orders/ord_1", status: 200, want: []string{`"answer":"The marketplace does not tell other programs what buyers ask for`}},
		{name: "requests in the list", method: "GET", url: "/v1/orders?channel=tiktok", status: 200, want: []string{`"asked":1,"answer_by":"2026-11-24T12:00:00Z"`}},
		{name: "approve", method: "POST", url: "/v1/orders/ord_4/answers", body: `{"request":"req_1","verdict":"approve"}`, status: 202, want: []string{`"answer":{"id":"out_1","verdict":"approve","to":"PENDING","state":"pending"`, `"answer":"Nothing waits for an answer."`}, after: asked("approve req_1 of ord_4")},
		{name: "reject", method: "POST", url: "/v1/orders/ord_4/answers", body: `{"request":"req_1","verdict":"reject","reason":"packed","comment":"Sorry"}`, status: 202, want: []string{`"reason":"packed","comment":"Sorry"`}},
		{name: "answer as nobody does", method: "POST", url: "/v1/orders/ord_4/answers", body: `{"request":"req_1","verdict":"cancel"}`, status: 422, want: []string{`"field":"verdict"`}, after: asked("")},
		{name: "answer nothing", method: "POST", url: "/v1/orders/ord_4/answers", body: `{"verdict":"approve"}`, status: 422, want: []string{`"field":"request"`}, after: asked("")},
		{name: "answer what is not asked", method: "POST", url: "/v1/orders/ord_4/answers", body: `{"request":"req_9","verdict":"approve"}`, status: 404},
		{name: "answer another's", method: "POST", url: "/v1/orders/ord_4/answers", key: keyTwo, body: `{"request":"req_1","verdict":"approve"}`, status: 404, after: asked("")},
		{name: "make one by hand", method: "POST", url: "/v1/orders", body: `{"lines":[{"sku":"MUG-S","quantity":2}],"buyer":{"name":"Ada"}}`, status: 201, want: []string{`"source":"manual"`}, headers: map[string]string{"Location": "/v1/orders/ord_made"}, after: asked("make for acc_own")},
		{name: "make one from a conversation", method: "POST", url: "/v1/orders", body: `{"conversation":"cnv_1","lines":[{"sku":"MUG-S","quantity":2,"price":{"amount":900,"currency":"EUR"}}]}`, status: 201, after: asked("make for cnv_1")},
		{name: "make one for nobody", method: "POST", url: "/v1/orders", key: keyTwo, body: `{"lines":[{"sku":"MUG-S","quantity":2}]}`, status: 422, want: []string{`"field":"connection"`}},
		{name: "make one of nothing", method: "POST", url: "/v1/orders", body: `{"lines":[]}`, status: 422, want: []string{`"field":"lines"`}},
		{name: "make one of a cart", method: "POST", url: "/v1/orders", body: `{"session":"crt_1"}`, status: 201, want: []string{`"id":"ord_made"`}},
		{name: "make less than one", method: "POST", url: "/v1/orders", body: `{"lines":[{"sku":"MUG-S","quantity":0}]}`, status: 422, want: []string{`"field":"lines[0].quantity"`}},
		{name: "a price that is no integer", method: "POST", url: "/v1/orders", body: `{"lines":[{"sku":"MUG-S","quantity":1,"price":{"amount":9.99,"currency":"EUR"}}]}`, status: 422, want: []string{`"code":"wrong_type"`}},
	})
}

func TestStock(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "all", method: "GET", url: "/v1/stock", status: 200, want: []string{`"sku":"MUG-L"`, `"sku":"MUG-S","variant":"var_s","product":"prd_mug","location":"default","on_hand":5,"reserved":0,"available":5`}, absent: []string{"tgt_etsy"}},
		{name: "by prefix", method: "GET", url: "/v1/stock?sku=MUG-S", status: 200, want: []string{"MUG-S"}, absent: []string{"MUG-L"}},
		{name: "one", method: "GET", url: "/v1/stock/var_s", status: 200, want: []string{`"on_hand":5`}},
		{name: "moves", method: "GET", url: "/v1/stock/var_s/moves", status: 200, want: []string{`"reason":"opening"`}, absent: []string{"anchor"}},
		{name: "moves of nothing", method: "GET", url: "/v1/stock/var_9/moves", status: 404},
		{name: "by two less", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":-2,"note":"broken"}`, status: 201, want: []string{`"quantity":-2`, `"reason":"manual"`, `"on_hand":3`, `"source":"owner"`}},
		{name: "counted", method: "POST", url: "/v1/stock/var_s/moves", body: `{"set":0}`, status: 201, want: []string{`"quantity":-5`, `"reason":"count"`, `"on_hand":0`}},
		{name: "below nothing", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":-6}`, status: 422, want: []string{`"code":"out_of_range"`, `"field":"quantity"`}},
		{name: "neither", method: "POST", url: "/v1/stock/var_s/moves", body: `{"note":"x"}`, status: 422, want: []string{`"field":"quantity"`}},
		{name: "both", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":1,"set":1}`, status: 422, want: []string{`"code":"not_together"`}},
		{name: "by nothing", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":0}`, status: 422, want: []string{`"field":"quantity"`}},
		{name: "as a sale", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":1,"reason":"sale"}`, status: 422, want: []string{`"field":"reason"`}},
		{name: "too large for a number", method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":99999999999999999999}`, status: 422, want: []string{`"field":"quantity"`}},
	})
}

func TestInbox(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "open", method: "GET", url: "/v1/conversations?state=open", status: 200, want: []string{`"id":"cnv_1"`, `"waiting_since":"2026-11-22T11:00:00Z"`}},
		{name: "solved", method: "GET", url: "/v1/conversations?state=solved", status: 200, want: []string{`"items":[]`}},
		{name: "one", method: "GET", url: "/v1/conversations/cnv_1", status: 200, headers: map[string]string{"ETag": `"6"`}},
		{name: "messages", method: "GET", url: "/v1/conversations/cnv_1/messages", status: 200, want: []string{`"text":"Hello?"`}},
		{
			name: "attachment", method: "GET", url: "/v1/conversations/cnv_1/messages/msg_1/attachments/0", status: 200, before: sent("image/png"), want: []string{"copy of media/0"},
			headers: map[string]string{"Content-Type": "image/png", "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff", "Content-Disposition": ""},
		},
		{
			name: "attachment that could run", method: "GET", url: "/v1/conversations/cnv_1/messages/msg_1/attachments/0", status: 200, before: sent("text/html; charset=utf-8"),
			headers: map[string]string{"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"},
		},
		{name: "attachment without a copy", method: "GET", url: "/v1/conversations/cnv_1/messages/msg_1/attachments/1", status: 404, before: sent("image/png")},
		{name: "attachment there is not", method: "GET", url: "/v1/conversations/cnv_1/messages/msg_1/attachments/2", status: 404, before: sent("image/png")},
		{name: "attachment of another's", method: "GET", url: "/v1/conversations/cnv_1/messages/msg_1/attachments/0", key: keyTwo, status: 404, before: sent("image/png")},
		{name: "solve", method: "PATCH", url: "/v1/conversations/cnv_1", body: `{"state":"solved"}`, header: map[string]string{"If-Match": `"6"`}, status: 200, want: []string{`"state":"solved"`}, headers: map[string]string{"ETag": `"7"`}},
		{name: "solve an older one", method: "PATCH", url: "/v1/conversations/cnv_1", body: `{"state":"solved"}`, header: map[string]string{"If-Match": `"5"`}, status: 412},
		{name: "a weak tag never matches", method: "PATCH", url: "/v1/conversations/cnv_1", body: `{"state":"solved"}`, header: map[string]string{"If-Match": `W/"6"`}, status: 412},
		{name: "one of several tags", method: "PATCH", url: "/v1/conversations/cnv_1", body: `{"state":"solved"}`, header: map[string]string{"If-Match": `"1", "6"`}, status: 200},
		{name: "read", method: "PATCH", url: "/v1/conversations/cnv_1", body: `{"read":true}`, status: 200, want: []string{`"unread":0`}, after: asked("read")},
		{name: "erase", method: "DELETE", url: "/v1/conversations/cnv_1", status: 204, after: asked("erase w1 cnv_1")},
		{name: "erase nothing", method: "DELETE", url: "/v1/conversations/cnv_9", status: 404},
		{name: "nothing", method: "PATCH", url: "/v1/conversations/cnv_1", body: `{}`, status: 422},
		{name: "no state", method: "PATCH", url: "/v1/conversations/cnv_1", body: `{"state":"lost"}`, status: 422},
		{name: "reply", method: "POST", url: "/v1/conversations/cnv_1/messages", body: `{"text":"Yes, \"both\" 😀"}`, status: 202, want: []string{`"by":"seller"`, `"author":"owner"`, `"state":"pending"`, "😀"}},
		{name: "reply nothing", method: "POST", url: "/v1/conversations/cnv_1/messages", body: `{"text":""}`, status: 422, want: []string{`"field":"text"`}},
		{name: "reply to nobody", method: "POST", url: "/v1/conversations/cnv_9/messages", body: `{"text":"x"}`, status: 404, after: asked("")},
	})
}

// sent gives the first message an attachment with a copy of a type, and one
// without.
func sent(kind string) func(*world) {
	return func(w *world) {
		m := &w.memory.spaces[spaceOne].messages["cnv_1"][0]
		m.Attachments = []commerce.Attachment{{Kind: "image", URL: "https://cdn.example/1", Blob: "media/0", Type: kind}, {Kind: "image", URL: "https://cdn.example/2"}}
	}
}

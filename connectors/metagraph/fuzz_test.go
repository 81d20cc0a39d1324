package metagraph

import (
	"encoding/base64"
	"net/url"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// sealRequest signs a payload as Meta does.
func sealRequest(secret, payload string) string {
	encoded := base64.RawURLEncoding.EncodeToString([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(mac(secret, []byte(encoded))) + "." + encoded
}

func FuzzSplitAndMap(f *testing.F) {
	for _, seed := range []string{
		vectorBody, `{}`, `[]`, `{"entry":[{"id":1,"messaging":[{"sender":{"id":2},"order":{"products":[{"id":1,"unit_price":1e400,"quantity":"x"}]}}]}]}`,
		`{"object":"instagram","entry":[{"id":"1","standby":[{"sender":{"id":"2"},"read":{"watermark":1}}],"changes":[{"field":1}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := split(body)
		if err != nil {
			return
		}
		for _, e := range events {
			if e.Account == "" || e.ID == "" || e.Topic == "" {
				t.Fatalf("an event without account, id or topic: %+v", e)
			}
			updates, err := Map(&App{ID: "55"}, e)
			if err != nil {
				continue
			}
			for _, u := range updates {
				if (u.Order == nil) == (u.Message == nil) {
					t.Fatalf("an update with both or nothing: %+v", u)
				}
				if m := u.Message; m != nil && (m.Thread == "" || m.Message.Remote == "" && u.Kind != channel.UpdateRead) {
					t.Fatalf("a message nobody can find: %+v", m)
				}
			}
		}
	})
}

func FuzzMap(f *testing.F) {
	f.Add([]byte(vectorBody), "message")
	f.Add([]byte(``), "")
	f.Fuzz(func(_ *testing.T, body []byte, topic string) {
		_, _ = Map(nil, channel.Event{Channel: commerce.Instagram, Account: "1", Topic: topic, Body: body, ReceivedAt: time.Unix(1, 0)})
	})
}

func FuzzSignedRequest(f *testing.F) {
	f.Add(vectorRequest)
	f.Add("a.b")
	f.Add(sealRequest(vectorSecret, `{"algorithm":"HMAC-SHA256","user_id":1}`))
	f.Fuzz(func(t *testing.T, request string) {
		if r, _, ok := openRequest(request, vectorSecret); ok && (r.Algorithm != "HMAC-SHA256" || r.User == "") {
			t.Fatalf("accepted %+v", r)
		}
	})
}

func FuzzParseCheckout(f *testing.F) {
	f.Add("products=A%3A2%2CB%3A1&coupon=TEN&cart_origin=facebook&fbclid=x&utm_source=IGShopping")
	f.Add("products=%2C%2C%3A")
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		cart, err := ParseCheckout(q)
		if err != nil {
			return
		}
		if len(cart.Items) == 0 || len(cart.Items) > checkoutItems || cart.Channel == "" {
			t.Fatalf("cart %+v", cart)
		}
		for _, i := range cart.Items {
			if i.ID == "" || i.Quantity < 1 || i.Quantity > checkoutQuantity {
				t.Fatalf("item %+v", i)
			}
		}
	})
}

func FuzzTickets(f *testing.F) {
	f.Add(`{"h":"AcX","r":["a"]}`, "+v:s:tAbCdEqfghij,~x:u:p-----,-w:t,*,=g")
	f.Add("AcX", ",,")
	f.Fuzz(func(t *testing.T, token, text string) {
		if token != "" && decodeTicket(token).Handle == "" {
			t.Fatal("a token without a handle")
		}
		i := decodeIntent(text)
		if again := decodeIntent(i.encode()); len(again.steps) != len(i.steps) || again.part != i.part || again.remote != i.remote {
			t.Fatalf("remembered %+v as %+v", i, again)
		}
		told := decodeTold(text)
		if again := decodeTold(encodeTold(told)); len(again) != len(told) {
			t.Fatalf("remembered %+v as %+v", told, again)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(`{"seen":"2026-01-01T00:00:00Z"}`)
	f.Fuzz(func(_ *testing.T, cursor string) { _, _ = decodePlace(channel.Poll{Cursor: cursor}) })
}

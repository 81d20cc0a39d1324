package api

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The vectors V0 to V3: V0 is the official worked example, the others were made
// with three implementations of 2025 and 2026 that agree.
func TestSign(t *testing.T) {
	t.Parallel()
	const secret = "7f3c1e9a5b2d48c6a0e4d1b8f6a2c3e5d7091b4f"
	for name, v := range map[string]struct{ secret, path, query, kind, body, want string }{
		"V0": {
			"e59af819cc", "/authorization/202309/shops", "app_key=29a39d&timestamp=1623812664", "application/json", "",
			"b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
		},
		"V1": {
			secret, "/order/202309/orders/search",
			"timestamp=1767312005&shop_cipher=GCP_Xx9-_kAAAABexampleCipher&page_size=100&sort_field=update_time&sort_order=ASC&app_key=6fexample01",
			"application/json", `{"order_status":"AWAITING_SHIPMENT","update_time_ge":1767225600,"update_time_lt":1767312000}`,
			"e4f7bcfdfd817aa6cbc0bd93c7ced8f4f94ff3cb91cd3979168536d33f515c1e",
		},
		"V2": {
			secret, "/product/202309/images/upload", "timestamp=1767312006&app_key=6fexample01", "multipart/form-data; boundary=b0undary", "any bytes",
			"42c247efc7b751a9b097ea7f3c0221ad3f910ab381a909830875d5cc0d4718f9",
		},
		"V3": {
			secret, "/product/202309/products", "timestamp=1767312008&shop_cipher=ROW_Ab-12_cD&app_key=6fexample01", "application/json",
			`{"product_ids":["1729592969712207008","1729592969712207009"]}`,
			"7ac4a07f9256645766c35ceb13595cdc7eb94b481ff1f4afeb3a42a19403dc0f",
		},
	} {
		query, err := url.ParseQuery(v.query)
		if err != nil {
			t.Fatal(err)
		}
		if got := Sign(v.secret, v.path, query, v.kind, []byte(v.body)); got != v.want {
			t.Errorf("%s: sign %s, want %s", name, got, v.want)
		}
	}
}

// The vector was checked with a public verifier of 2025-12.
func TestSignWebhook(t *testing.T) {
	t.Parallel()
	body := `{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1644412885,"data":{"order_id":"576486316948490001","order_status":"UNPAID","is_on_hold_order":false,"update_time":1644412885}}`
	if got := SignWebhook("29a39d", "e59af819cc", []byte(body)); got != "e21e909414e500178230da539adfc1faddd443124f93a8f67a060568a49620be" {
		t.Errorf("sign %s", got)
	}
}

func TestSignProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pairs := rapid.MapOf(rapid.StringMatching(`[a-z_]{1,8}`), rapid.String()).Draw(t, "query")
		body := rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "body")
		query := url.Values{}
		for k, v := range pairs {
			query.Set(k, v)
		}
		sign := func(q url.Values, kind string, body []byte) string { return Sign("s", "/p", q, kind, body) }
		wire, err := url.ParseQuery(query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		wire.Set("sign", "x")
		wire.Set("access_token", "y")
		delete(query, "sign")
		delete(query, "access_token")
		want := sign(query, "application/json", body)
		if sign(wire, "application/json; charset=utf-8", body) != want {
			t.Error("the sign depends on the wire's encoding, on sign or on access_token")
		}
		other := append([]byte(nil), body...)
		other[0]++
		if sign(query, "application/json", other) == want {
			t.Error("a changed byte does not change the sign")
		}
		if sign(query, "multipart/form-data; boundary=x", body) != sign(query, "multipart/form-data; boundary=y", other) {
			t.Error("the sign of a form depends on its body")
		}
		if strings.ToLower(want) != want || len(want) != 64 {
			t.Errorf("sign %q is not lower case hex", want)
		}
	})
}

package dashboard

import (
	"net/http"
	"testing"

	"github.com/manystall/manystall/shared/fault"
)

func keyed(key string) map[string]string { return map[string]string{"Idempotency-Key": key} }

func asks(t *testing.T, w *world, want int) {
	t.Helper()
	if got := len(w.does.asked); got != want {
		t.Errorf("it happened %d times, want %d: %v", got, want, w.does.asked)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := scenario{method: "POST", url: "/v1/products", body: newMug, header: keyed("k1"), status: 201, headers: map[string]string{"Idempotent-Replayed": ""}}.run(t, w)
	again := scenario{method: "POST", url: "/v1/products", body: newMug, header: keyed("k1"), status: 201, headers: map[string]string{"Idempotent-Replayed": "true", "ETag": `"1"`, "Content-Type": "application/json"}}.run(t, w)
	asks(t, w, 1)
	if first.Header.Get("Location") != again.Header.Get("Location") {
		t.Errorf("the repeated answer is at %s, the first was at %s", again.Header.Get("Location"), first.Header.Get("Location"))
	}
	scenario{method: "POST", url: "/v1/products", body: `{"title":"Other","variants":[{"sku":"X","price":{"amount":1,"currency":"EUR"}}]}`, header: keyed("k1"), status: 422, want: []string{`"code":"idempotency_key_reused"`}}.run(t, w)
	scenario{method: "POST", url: "/v1/queues/NudgeQueue/redrive", header: keyed("k1"), status: 422}.run(t, w)
	asks(t, w, 1)
	scenario{method: "POST", url: "/v1/products", key: keyTwo, body: newMug, header: keyed("k1"), status: 201, headers: map[string]string{"Idempotent-Replayed": ""}}.run(t, w)
	asks(t, w, 2)
}

func TestIdempotencyKeyAfterARefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	scenario{method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":-6}`, header: keyed("k1"), status: 422}.run(t, w)
	scenario{method: "POST", url: "/v1/stock/var_s/moves", body: `{"quantity":-5}`, header: keyed("k1"), status: 201}.run(t, w)
	w.does.answer = fault.New(fault.Temporary, "throttled", "Try again.")
	scenario{method: "POST", url: "/v1/queues/NudgeQueue/redrive", header: keyed("k2"), status: 503}.run(t, w)
	w.does.answer = nil
	scenario{method: "POST", url: "/v1/queues/NudgeQueue/redrive", header: keyed("k2"), status: 202}.run(t, w)
}

func TestIdempotencyKeyInProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	redrive := scenario{method: "POST", url: "/v1/queues/NudgeQueue/redrive", header: keyed("k1"), status: 202}
	redrive.run(t, w)
	r := w.memory.remembered["w1#k1"]
	r.Status, r.Body = 0, nil
	w.memory.remembered["w1#k1"] = r
	redrive.status, redrive.want, redrive.headers = 409, []string{`"code":"request_in_progress"`}, map[string]string{"Retry-After": "1"}
	redrive.run(t, w)
	asks(t, w, 1)
}

func TestSecretsAreNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	make := scenario{method: "POST", url: "/v1/connections", body: `{"kind":"checkout"}`, header: keyed("k1"), status: 201, want: []string{"only-once-secret"}}
	make.run(t, w)
	if kept := string(w.memory.remembered["w1#k1"].Body); kept != `{"done":true}` {
		t.Errorf("kept %s, want nothing of the answer", kept)
	}
	make.status, make.want, make.absent = 409, []string{`"code":"answer_not_kept"`}, []string{"only-once-secret"}
	make.run(t, w)
	asks(t, w, 1)
}

func TestIdempotencyKeyForm(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "with space", "ä", string(make([]byte, 256))} {
		w := newWorld(t)
		rec := callWith(w, "/v1/queues/NudgeQueue/redrive", http.Header{"Idempotency-Key": {bad}})
		if rec.Code != http.StatusUnprocessableEntity {
			t.Errorf("key %q answers %d, want 422", bad, rec.Code)
		}
		asks(t, w, 0)
	}
}

func TestAPanicFreesTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.does.between = func() { panic("inner secret") }
	p := w.memory.spaces[spaceOne].products["prd_mug"]
	p.Version = 4
	w.memory.spaces[spaceOne].products["prd_mug"] = p
	scenario{method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":"x"}`, status: 500, want: []string{`"code":"internal"`}, absent: []string{"inner secret", "goroutine"}}.run(t, w)
	w.memory.spaces[spaceOne].products = nil // a write to a nil map panics
	scenario{method: "POST", url: "/v1/products", body: newMug, header: keyed("k1"), status: 500, absent: []string{"nil map"}}.run(t, w)
	if _, there := w.memory.remembered["w1#k1"]; there {
		t.Error("the key is still claimed")
	}
}

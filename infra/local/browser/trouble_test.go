package browser_test

import (
	"net/http"
	"strings"

	"github.com/chromedp/chromedp"
)

// outage lets nothing be answered, until the page is loaded anew or mended.
const outage = `(() => { window.answering ??= fetch; window.fetch = () => Promise.reject(new TypeError("no network")); return true })()`

const mended = `(() => { window.fetch = window.answering; dispatchEvent(new Event("online")); return true })()`

// broken answers everything with an error of ours.
const broken = `(() => { window.answering ??= fetch; window.fetch = async () => new Response(
	JSON.stringify({ title: "Something broke", detail: "Something broke on our side.", code: "internal", status: 500, request_id: "req_7" }),
	{ status: 500, headers: { "Content-Type": "application/problem+json" } }); return true })()`

// trouble writes a reply while nothing answers: the page says so, keeps it, and
// sends it once when it can.
func (d *desk) trouble() {
	d.t.Helper()
	const answer = "It dries in a day."
	d.visit("/inbox")
	d.has("ilse brandt")
	d.script("open the conversation", `(() => { [...document.querySelectorAll("main a")].find(a => a.innerText.includes("Ilse Brandt")).click(); return true })()`)
	d.do("wait for the field", chromedp.WaitVisible(chromedp.CSS("textarea")))
	d.script("lose the network", outage)
	d.do("write", chromedp.SendKeys(chromedp.CSS("textarea"), answer))
	d.script("send", `(() => { document.querySelector("textarea").form.requestSubmit(); return true })()`)
	d.has("Send again")
	d.has(answer)
	d.save("inbox-failed")
	d.audit("a reply that was not taken")

	// Gone and come back, it is still there.
	d.script("go on", `(() => { document.querySelector('a[href="/orders"]').click(); return true })()`)
	d.becomes("the orders are shown", `location.pathname === "/orders"`)
	d.script("find the network", mended)
	d.script("and back", `(() => { history.back(); return true })()`)
	d.has("Send again")
	d.script("send again", `(() => { [...document.querySelectorAll("main button")].find(b => b.innerText === "Send again").click(); return true })()`)
	d.becomes("nothing is kept any more", `!document.body.innerText.includes("Send again")`)
	d.Eventually("the answer reaches the buyer", func() (bool, string) {
		_, raw, _, err := d.Try(http.MethodGet, "/local/marketplaces/facebook", nil)
		return err == nil && strings.Contains(string(raw), answer), string(raw)
	})
	_, raw, _, err := d.Try(http.MethodGet, "/local/marketplaces/facebook", nil)
	if n := strings.Count(string(raw), answer); err != nil || n != 1 {
		d.t.Errorf("the buyer got the answer %d times (%v)", n, err)
	}

	d.script("break the API", broken)
	d.script("go on", `(() => { document.querySelector('a[href="/queues"]').click(); return true })()`)
	d.has("Something broke on our side.")
	d.has("req_7")
	d.save("broken")
	d.audit("an API that is broken")
	d.script("mend the API", mended)
	d.script("try again", `(() => { [...document.querySelectorAll("main button")].find(b => b.innerText === "Try again")?.click(); return true })()`) // unless it has by itself
	d.has("Files being taken in")
}

// expired loses the session in the middle of work and comes back to it.
func (d *desk) expired() {
	d.t.Helper()
	d.visit("/orders?state=open")
	d.has("maren holt")
	d.script("sign out elsewhere", `fetch("/v1/me").then((r) => r.json()).then((me) => fetch("/v1/sessions", { method: "DELETE", headers: { "X-CSRF-Token": me.csrf } })).then(() => { window.signedOut = true }) && true`)
	d.becomes("the session is gone", `window.signedOut === true || location.pathname === "/signin"`)
	d.script("look again", `(() => { dispatchEvent(new Event("online")); return true })()`)
	d.becomes("the form is there", `location.pathname === "/signin" && document.querySelector("#key") !== null`)
	d.do("sign in", chromedp.SendKeys(chromedp.CSS("#key"), d.Key()), chromedp.Submit(chromedp.CSS("#key")))
	d.becomes("the page is the one before", `location.pathname + location.search === "/orders?state=open"`)
	d.has("maren holt")
}

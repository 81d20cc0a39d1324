package browser_test

import "fmt"

// connect walks a consent as a seller does: from the page to the marketplace
// and back, where the page finishes it.
func (d *desk) connect() {
	d.t.Helper()
	click := func(where, text string) {
		d.t.Helper()
		d.becomes("there is a button "+text, fmt.Sprintf(`(() => { const b = [...document.querySelectorAll(%q)].find(b => b.innerText.includes(%q)); b?.click(); return !!b })()`, where, text))
	}
	d.visit("/connections")
	click("main button", "Connect")
	click("dialog button.choice", "Etsy")
	click("form[method=post] button", "Approve")
	d.becomes("it is connected", `(document.body?.innerText ?? "").includes("Connected.") && location.pathname === "/connections"`)
	if d.script("look at the address", `location.hash !== "" || location.search.includes("code=")`) {
		d.t.Error("what the marketplace sent stays in the address")
	}
	// A link somebody else began: the page asks first, and takes it only if it
	// is of this workspace.
	d.visit("/connections#returned=%2Fv1%2Foauth%2Fetsy%2Fcallback%3Fcode%3Dx%26state%3Dforged")
	click("dialog button", "Connect it")
	d.has("consent_expired")
}

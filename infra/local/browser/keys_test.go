package browser_test

import (
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press hits keys one after the other, wherever the focus is.
func (d *desk) press(keys ...string) {
	d.t.Helper()
	for _, k := range keys {
		d.do("press "+k, chromedp.KeyEvent(k))
	}
}

// becomes waits until JavaScript says so.
func (d *desk) becomes(what, code string) {
	d.t.Helper()
	d.Eventually(what, func() (bool, string) {
		return d.script(what, code), ""
	})
}

// keyboard does a morning's work without a mouse: to the orders, into one and
// back to it, the help, and finding an order by its number.
func (d *desk) keyboard() {
	d.t.Helper()
	d.visit("/")
	d.press("g", "o")
	d.becomes("the orders are there", `location.pathname === "/orders" && document.querySelectorAll("main .rows a.row").length > 2`)
	d.becomes("the heading has the focus", `document.activeElement.tagName === "H1"`)
	d.press("j", "j")
	d.becomes("the second order has the focus", `document.activeElement === document.querySelectorAll("main .rows a.row")[1]`)
	number := d.text(`document.activeElement.querySelector(".num").textContent`)
	d.press(kb.Enter)
	d.becomes("the order is open", fmt.Sprintf(`document.querySelector("main h1").textContent.includes(%q)`, number))
	d.save("order")
	d.audit("an order")
	d.press("u")
	d.becomes("the orders are back at once", `location.pathname === "/orders" && document.querySelectorAll("main .rows a.row").length > 2`)
	d.press("?")
	d.becomes("the help is open", `document.querySelector("dialog:modal dl") !== null`)
	d.audit("the help")
	d.press(kb.Escape)
	d.becomes("the help is closed", `document.querySelector("dialog") === null`)
	d.script("open what finds", `(() => { document.querySelector(".find-open").click(); return true })()`)
	d.becomes("the field has the focus", `document.activeElement.getAttribute("role") === "combobox"`)
	d.press(strings.Split(number, "")...)
	d.becomes("the order is found", fmt.Sprintf(`[...document.querySelectorAll("[role=option]")].some(o => o.textContent.includes(%q))`, number))
	d.audit("what finds")
	d.press(kb.Enter)
	d.becomes("the order is open", fmt.Sprintf(`document.querySelector("main h1").textContent.includes(%q)`, number))
}

// tabs walks with the Tab key: each stop can be seen, and the order is that of
// the page.
func (d *desk) tabs() {
	d.t.Helper()
	d.visit("/orders")
	d.script("begin at the top", `(() => { document.activeElement.blur(); window.stops = []; window.scrollTo(0, 0); return true })()`)
	for range 24 {
		d.press(kb.Tab)
		d.script("look at the stop", `(() => {
			const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
			window.stops.push({ el: at, seen: box.width > 1 && box.bottom > 0 && (style.outlineStyle !== "none" || at.matches(".skip")) });
			return true;
		})()`)
	}
	if !d.script("the first stop", `stops[0].el.matches(".skip")`) {
		d.t.Error("the first stop of the Tab key is not the way past the navigation")
	}
	for what, code := range map[string]string{
		"a stop can't be seen":            `stops.find((s) => !s.seen)?.el.outerHTML ?? ""`,
		"a stop comes out of order":       `stops.find((s, i) => i > 0 && !(stops[i - 1].el.compareDocumentPosition(s.el) & Node.DOCUMENT_POSITION_FOLLOWING))?.el.outerHTML ?? ""`,
		"the Tab key does not come along": `new Set(stops.map((s) => s.el)).size === stops.length ? "" : "the same twice"`,
	} {
		if got := d.text(code); got != "" {
			d.t.Errorf("%s: %.200s", what, got)
		}
	}
}

// text is what JavaScript answers.
func (d *desk) text(code string) string {
	d.t.Helper()
	got, err := chromedp.Run(d.tab, chromedp.Evaluate[string](code))
	if err != nil {
		d.t.Fatalf("%s: %v", code, err)
	}
	return got
}

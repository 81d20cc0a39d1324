package browser_test

import (
	"fmt"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// weight prints what the first visit fetched, of a browser that had nothing.
func (d *desk) weight() {
	d.t.Helper()
	d.t.Log("first load: " + d.text(`(() => {
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].filter((e) => !e.name.includes("/v1/"));
		const n = (f) => all.reduce((sum, e) => sum + f(e), 0);
		return all.length + " requests, " + n((e) => e.encodedBodySize) + " bytes packed, " + n((e) => e.decodedBodySize) + " unpacked";
	})()`))
	if !d.script("count the requests", `performance.getEntriesByType("resource").filter((e) => e.name.includes("/assets/")).length <= 8`) {
		d.t.Error("the first load asks for more than 8 files")
	}
}

// rows wants a list that asks once, however many rows it has, and prints how
// long a hundred rows take to show.
func (d *desk) rows() {
	d.t.Helper()
	d.visit("/catalog")
	d.becomes("the states are there", `document.querySelectorAll("main .product-chips .chip").length > 20`)
	asked := d.text(`performance.getEntriesByType("resource").map((e) => new URL(e.name)).filter((u) => u.pathname.startsWith("/v1/")).map((u) => u.pathname).sort().join(" ")`)
	if want := "/v1/channels /v1/me /v1/products /v1/summary"; asked != want {
		d.t.Errorf("the catalog asked for %s, want %s", asked, want)
	}
	const measure = `(async () => {
		const base = document.querySelector('link[rel="modulepreload"]').href;
		const { orderRow } = await import(new URL("views/orders.js", base));
		const items = Array.from({ length: 100 }, (_, i) => ({ id: "ord_" + i, channel: ["etsy", "tiktok", "facebook"][i % 3], number: "30210" + i, remote_id: "r" + i,
			state: i % 2 ? "paid" : "shipped", total: { amount: 1999 + i, currency: "USD" }, items: 1 + (i % 3), title: "Stoneware Mug in Speckled White " + i,
			buyer_name: "Maren Holt", short: i % 9 ? 0 : 1, ship_by: new Date(Date.now() + 9e7).toISOString(), placed_at: new Date(Date.now() - i * 36e5).toISOString() }));
		const list = document.createElement("ul");
		list.className = "rows";
		document.querySelector("main").append(list);
		const times = [];
		for (let i = 0; i < 40; i++) {
			const from = performance.now();
			list.replaceChildren(...items.map(orderRow));
			list.getBoundingClientRect();
			times.push(performance.now() - from);
		}
		list.remove();
		times.sort((a, b) => a - b);
		return [times[20], times[37]];
	})()`
	took, err := chromedp.Run(d.tab, chromedp.Evaluate[[]float64](measure, chromedp.EvalAwaitPromise))
	if err != nil || len(took) != 2 {
		d.t.Fatalf("measure 100 rows: %v", err)
	}
	d.t.Logf("100 rows of orders, made and laid out: median %.1f ms, p95 %.1f ms", took[0], took[1])
}

// steady wants nothing to jump while a view loads (layout shift, web vitals: 0.1
// is good).
func (d *desk) steady(view string) {
	d.t.Helper()
	const measure = `new Promise((done) => {
		let sum = 0;
		const all = new PerformanceObserver((list) => { for (const e of list.getEntries()) sum += e.hadRecentInput ? 0 : e.value; });
		all.observe({ type: "layout-shift", buffered: true });
		requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { all.disconnect(); done(sum) })));
	})`
	shift, err := chromedp.Run(d.tab, chromedp.Evaluate[float64](measure, chromedp.EvalAwaitPromise))
	if err != nil {
		d.t.Fatalf("measure %s: %v", view, err)
	}
	if shift > 0.1 {
		d.t.Errorf("%s jumps while it loads: %.3f", view, shift)
	}
}

// listen fails the test for what the page throws or what its policy stops.
func (d *desk) listen() {
	err := chromedp.Listen(d.tab, func(event any) {
		if e, ok := event.(*runtime.EventExceptionThrown); ok {
			text := e.ExceptionDetails.Text
			if e.ExceptionDetails.Exception != nil {
				text += " " + e.ExceptionDetails.Exception.Description
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.thrown = append(d.thrown, fmt.Sprintf("%s at %s:%d", text, e.ExceptionDetails.URL, e.ExceptionDetails.LineNumber))
		}
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// Package browser_test looks at the page with a real browser, as a person who
// works with it all day does. It runs where BROWSER names a Chromium.
package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/manystall/manystall/infra/local/instance"
)

// desk is a signed-in browser in front of a running instance.
type desk struct {
	*instance.Instance
	t    *testing.T
	tab  context.Context
	shot string

	mu     sync.Mutex
	thrown []string // what the page threw
}

func open(t *testing.T) *desk {
	t.Helper()
	browser := os.Getenv("BROWSER")
	if browser == "" {
		t.Skip("no browser: set BROWSER to a Chromium")
	}
	bin, err := instance.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := instance.New(t, bin)
	in.Start()
	link := ""
	for _, line := range in.Wait("API key") {
		if rest, ok := strings.CutPrefix(line, "Sign in"); ok {
			link = strings.TrimSpace(rest)
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1360, 900))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	tab, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	// The browser lives as long as the context of its first call: no timeout here.
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	d := &desk{Instance: in, t: t, tab: tab, shot: os.Getenv("SCREENSHOTS")}
	d.listen()
	d.do("sign in", chromedp.Navigate(link), chromedp.WaitVisible(chromedp.CSS("main h1")))
	return d
}

// do runs actions and says which step failed.
func (d *desk) do(step string, actions ...chromedp.Action[chromedp.Void]) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.tab, 40*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		text, _ := chromedp.Run(d.tab, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText`))
		d.save("failed")
		d.t.Fatalf("%s: %v\non the page: %.2000s", step, err, text)
	}
}

// script runs JavaScript in the page and answers its value.
func (d *desk) script(step, code string) bool {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.tab, 40*time.Second)
	defer cancel()
	ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](code))
	if err != nil {
		d.save("failed")
		d.t.Fatalf("%s: %v", step, err)
	}
	return ok
}

// has waits until the page shows a text.
func (d *desk) has(text string) {
	d.t.Helper()
	d.Eventually("the page shows "+text, func() (bool, string) {
		return d.script("read the page", fmt.Sprintf(`(document.body?.innerText ?? "").toLowerCase().includes(%q)`, strings.ToLower(text))), ""
	})
}

// save keeps a screenshot.
func (d *desk) save(name string) {
	d.t.Helper()
	if d.shot == "" {
		return
	}
	png, err := chromedp.Run(d.tab, chromedp.CaptureScreenshot())
	if err != nil {
		d.t.Errorf("screenshot %s: %v", name, err)
		return
	}
	if err := os.MkdirAll(d.shot, 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.shot, name+".png"), png, 0o644); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) visit(path string) {
	d.t.Helper()
	d.do("go to "+path, chromedp.Navigate(d.Base()+path), chromedp.WaitVisible(chromedp.CSS("main h1")))
}

// quiet wants a page that fits its screen.
func (d *desk) quiet() {
	d.t.Helper()
	if d.script("measure", `document.documentElement.scrollWidth > document.documentElement.clientWidth + 1`) {
		d.t.Error("the page is wider than the screen")
	}
}

func TestDashboard(t *testing.T) {
	d := open(t)
	d.has("to ship")
	d.weight()
	d.look("/", "")
	d.look("/orders", "maren holt")
	d.look("/catalog", "stoneware mug")
	d.look("/catalog?tab=listings", "live")
	d.look("/catalog?tab=stock", "mug")
	d.look("/catalog?tab=imports", "done")
	d.look("/connections", "read orders")
	d.look("/settings", "fills the gaps")
	d.look("/queues", "files being taken in")
	d.rows()

	d.connect()
	d.reply()
	d.audit("a conversation")
	d.keyboard()
	d.tabs()
	d.trouble()
	d.expired()
	d.themes()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, one := range d.thrown {
		t.Errorf("the page threw %s", one)
	}
}

// look opens a view, waits for what it shows, and wants it usable and steady.
func (d *desk) look(path, text string) {
	d.t.Helper()
	d.visit(path)
	if text != "" {
		d.has(text)
	}
	d.loaded()
	d.audit(path)
	d.steady(path)
	d.save("light" + strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(path))
}

// reply opens a conversation, answers, and looks at the marketplace whether the
// buyer got it.
func (d *desk) reply() {
	d.t.Helper()
	const question, answer = "Does the walnut board need oil?", "Once a month is plenty."
	d.Call(http.MethodPost, "/local/marketplaces/facebook/messages", map[string]string{"text": question, "buyer": "Ilse Brandt"}, nil)
	d.visit("/inbox")
	d.has("ilse brandt")
	d.script("open the conversation", `(() => { [...document.querySelectorAll("main a")].find(a => a.innerText.includes("Ilse Brandt")).click(); return true })()`)
	d.has(question)
	d.do("write", chromedp.WaitVisible(chromedp.CSS("textarea")), chromedp.SendKeys(chromedp.CSS("textarea"), answer))
	d.save("inbox-writing")
	d.script("send", `(() => { document.querySelector("textarea").form.requestSubmit(); return true })()`)
	d.has(answer)
	d.Eventually("the answer reaches the buyer", func() (bool, string) {
		_, raw, _, err := d.Try(http.MethodGet, "/local/marketplaces/facebook", nil)
		return err == nil && strings.Contains(string(raw), answer), string(raw)
	})
	d.save("inbox")
}

// themes looks at the views in the dark, and on a small screen in a language
// nobody speaks that is read from right to left.
func (d *desk) themes() {
	d.t.Helper()
	dark := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}
	if _, err := chromedp.Call(d.tab, emulation.SetEmulatedMedia, dark); err != nil {
		d.t.Fatal("darken: ", err)
	}
	for _, view := range []string{"/", "/orders", "/inbox", "/catalog"} {
		d.visit(view)
		d.loaded()
		d.audit("in the dark " + view)
		d.save("dark" + strings.ReplaceAll(view, "/", "-"))
	}
	d.do("shrink", chromedp.EmulateViewport(360, 740))
	d.script("speak strangely", `(() => { localStorage.setItem("language", "zz"); return true })()`)
	for _, view := range []string{"/", "/orders", "/inbox", "/catalog", "/catalog?tab=listings", "/connections", "/settings", "/queues"} {
		d.visit(view)
		d.loaded()
		if !d.script("direction", `document.documentElement.dir === "rtl" && document.documentElement.lang === "zz"`) {
			d.t.Fatal("the page is not in the pseudo-language")
		}
		d.quiet()
		d.audit("from right to left " + view)
		d.save("small" + strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(view))
	}
}

// loaded waits until nothing stands for what is to come.
func (d *desk) loaded() {
	d.t.Helper()
	d.becomes("the view has loaded", `document.querySelector("main .bone") === null`)
}

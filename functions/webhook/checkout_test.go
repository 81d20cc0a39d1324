package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
)

const checkout = "/checkout/meta/" + bridgeKey

func TestCheckoutPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path       string
		status     int
		has, lacks []string
	}{
		"as wished":      {checkout + "?products=MUG:2", 200, []string{"2 × Mug &lt;script&gt;", "25.00 EUR", "<code>crt_", "Ada&#39;s &lt;b&gt;shop"}, []string{"<script", "<b>", "Continue"}},
		"unknown":        {checkout + "?products=" + url.QueryEscape(`<img src=x>`) + ":1,MUG:1", 200, []string{"“&lt;img src=x&gt;” is not sold here any more", "1 × Mug"}, []string{"<img"}},
		"sold out":       {checkout + "?products=CUP:1", 200, []string{"is sold out"}, []string{"Total"}},
		"more than left": {checkout + "?products=MUG:7", 200, []string{"only 3 can be had", "3 × Mug", "37.50 EUR"}, nil},
		"far too many":   {checkout + "?products=MUG:999999999999", 200, []string{"only 3 can be had"}, nil},
		"empty":          {checkout + "?products=", 200, []string{"This cart is empty"}, []string{"Total"}},
		"unreadable":     {checkout + "?products=MUG:x", 400, []string{"can&#39;t be read"}, nil},
		"an unknown key": {"/checkout/meta/none?products=MUG:1", 404, nil, []string{"Ada"}},
		"no key":         {"/checkout/meta/?products=MUG:1", 404, nil, nil},
	} {
		b := newBench(t)
		out := b.call(t, "GET", c.path, "")
		if out.StatusCode != c.status {
			t.Errorf("%s: %d %s", name, out.StatusCode, out.Body)
		}
		for _, s := range c.has {
			if !strings.Contains(out.Body, s) {
				t.Errorf("%s: the page lacks %q:\n%s", name, s, out.Body)
			}
		}
		for _, s := range c.lacks {
			if strings.Contains(out.Body, s) {
				t.Errorf("%s: the page has %q:\n%s", name, s, out.Body)
			}
		}
	}
}

// The page's policy allows the style that is in it, and nothing else.
func TestCheckoutPolicy(t *testing.T) {
	t.Parallel()
	out := newBench(t).call(t, "GET", checkout+"?products=MUG:1", "")
	_, rest, _ := strings.Cut(out.Body, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := out.Headers["content-security-policy"]
	if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Errorf("policy %s", policy)
	}
	if out.Headers["cache-control"] != "no-store" || out.Headers["referrer-policy"] != "no-referrer" || out.Headers["x-content-type-options"] != "nosniff" {
		t.Errorf("headers %v", out.Headers)
	}
}

// A cart goes to where the seller says, with everything it came with; nothing
// in the address a buyer comes with can lead elsewhere.
func TestHandover(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		template, query string
		want            map[string]string
	}{
		"all parameters": {"https://shop.example/cart?items={items}&code={coupon}", "products=MUG:2&coupon=SA%26VE&fbclid=f1&utm_source=ig", map[string]string{"items": "MUG:2", "code": "SA&VE", "fbclid": "f1", "utm_source": "ig", "products": "MUG:2"}},
		"ours win":       {"https://shop.example/cart?items={items}", "products=MUG:1&items=evil&mc_session=evil", map[string]string{"items": "MUG:1"}},
		"no redirect":    {"https://shop.example/cart", "products=MUG:1&next=https://evil.example&host=evil.example", map[string]string{"next": "https://evil.example"}},
		"into the path":  {"https://shop.example/{coupon}", "products=MUG:1&coupon=//evil.example/@evil.example", map[string]string{}},
		"in the host":    {"https://shop.example", "products=MUG:1&coupon=.evil.example", map[string]string{}},
	} {
		b := newBench(t)
		b.sells(t, c.template)
		out := b.call(t, "GET", checkout+"?"+c.query, "")
		u, err := url.Parse(out.Headers["location"])
		if err != nil || out.StatusCode != 302 || u.Scheme != "https" || u.Host != "shop.example" || u.User != nil || !strings.HasPrefix(u.Query().Get("mc_session"), "crt_") {
			t.Errorf("%s: %d to %q, %v", name, out.StatusCode, u, err)
			continue
		}
		for k, v := range c.want {
			if got := u.Query().Get(k); got != v {
				t.Errorf("%s: %s is %q, want %q", name, k, got, v)
			}
		}
		if _, err := b.store.Cart(t.Context(), w, u.Query().Get("mc_session")); err != nil {
			t.Errorf("%s: the cart is not kept: %v", name, err)
		}
	}
	for _, template := range []string{"javascript:alert(1)", "//evil.example", "shop.example/cart", "ftp://shop.example", "https://", "{items}"} {
		b := newBench(t)
		b.sells(t, template)
		if out := b.call(t, "GET", checkout+"?products=MUG:1", ""); out.StatusCode != 200 || strings.Contains(out.Body, "Continue") {
			t.Errorf("the template %q: %d, %v", template, out.StatusCode, out.Headers)
		}
	}
}

// Who can't have everything is told before going on.
func TestNoticesComeFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sells(t, "https://shop.example/cart?items={items}")
	out := b.call(t, "GET", checkout+"?products=MUG:9,NONE:1", "")
	if out.StatusCode != 200 || !strings.Contains(out.Body, `href="https://shop.example/cart?items=MUG%3A3&amp;mc_session=crt_`) {
		t.Errorf("%d %s", out.StatusCode, out.Body)
	}
	if out := b.call(t, "GET", checkout+"?products=CUP:1", ""); out.StatusCode != 200 || strings.Contains(out.Body, "Continue") {
		t.Errorf("with nothing left: %d %s", out.StatusCode, out.Body)
	}
}

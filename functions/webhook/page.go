package webhook

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/trade"
)

// view is what a buyer sees of a cart.
type view struct {
	Shop    string
	Problem string
	Lines   []viewLine
	Notices []string
	Total   string
	Next    string
	Session string
	Done    string
}

type viewLine struct {
	Title    string
	Quantity int64
	Price    string
}

const pageStyle = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:34rem;margin:2rem auto;padding:0 1rem}` +
	`h1{font-size:1.4rem}table{width:100%;border-collapse:collapse}td{padding:.5rem 0;border-block-end:1px solid #8884}td:last-child{text-align:end;font-variant-numeric:tabular-nums}` +
	`.note{padding:.75rem 1rem;border-inline-start:4px solid #c70;background:#c701}.go{display:inline-block;margin-block:1.5rem;padding:.75rem 1.5rem;border-radius:.5rem;background:#1a56db;color:#fff;text-decoration:none}.small{opacity:.7;font-size:.85rem}`

const pageHead = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>`

// page renders what buyers and people at Meta see. Its policy allows its own
// style and nothing else. It is written without html/template, which would
// double the size of the executable: everything that is not markup goes through
// text or link.
type page struct{ policy string }

func newPage() *page {
	sum := sha256.Sum256([]byte(pageStyle))
	return &page{policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
}

// markup collects a page.
type markup struct{ strings.Builder }

// raw adds markup of ours.
func (m *markup) raw(parts ...string) {
	for _, p := range parts {
		m.WriteString(p)
	}
}

// text adds what somebody else wrote, inside an element with the given tags.
func (m *markup) text(open, words, end string) {
	m.raw(open, html.EscapeString(words), end)
}

func (m *markup) note(words string) {
	m.text(`<p class="note" role="alert">`, words, "</p>")
}

func (p *page) serve(w http.ResponseWriter, status int, v view) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", p.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, v.render())
}

func (v view) render() string {
	m := &markup{}
	shop := cmp.Or(v.Shop, "Manystall")
	m.text(pageHead, shop, "</title><style>"+pageStyle+"</style></head><body><main>")
	m.text("<h1>", shop, "</h1>")
	if v.Done != "" {
		m.text("<p>", v.Done, "</p>")
	}
	if v.Problem != "" {
		m.note(v.Problem)
	}
	for _, n := range v.Notices {
		m.note(n)
	}
	v.cart(m)
	m.raw("</main></body></html>")
	return m.String()
}

func (v view) cart(m *markup) {
	if len(v.Lines) > 0 {
		m.raw("<table>")
		for _, l := range v.Lines {
			m.text("<tr><td>", strconv.FormatInt(l.Quantity, 10)+" × "+l.Title, "</td>")
			m.text("<td>", l.Price, "</td></tr>")
		}
		m.text("<tr><td><strong>Total</strong></td><td><strong>", v.Total, "</strong></td></tr></table>")
	}
	switch {
	case v.Next != "": // handover has made sure of its scheme
		m.text(`<a class="go" rel="noreferrer" href="`, v.Next, `">Continue to checkout</a>`)
	case len(v.Lines) > 0:
		m.raw("<p>Your cart is kept for two weeks. Send this number to the shop in your chat to order it:</p>")
		m.text("<p><code>", v.Session, "</code></p>")
	}
}

func newView(shop string, cart port.CartSession, notices []trade.CartNotice, next string) view {
	v := view{Shop: shop, Next: next, Session: cart.ID}
	var total commerce.Money
	for _, l := range cart.Lines {
		sum, err := l.Price.Times(l.Quantity)
		if err == nil {
			total, err = total.Add(sum)
		}
		if err != nil {
			v.Problem = "The total of this cart can't be shown."
			break
		}
		v.Lines = append(v.Lines, viewLine{Title: l.Title, Quantity: l.Quantity, Price: sum.String()})
	}
	v.Total = total.String()
	for _, n := range notices {
		v.Notices = append(v.Notices, notice(n))
	}
	if len(v.Lines) == 0 {
		v.Next = ""
		if len(v.Notices) == 0 {
			v.Problem = "This cart is empty. Go back to the shop and choose something."
		}
	}
	return v
}

func notice(n trade.CartNotice) string {
	switch n.Code {
	case "unknown":
		return fmt.Sprintf("“%s” is not sold here any more, so it is not in your cart.", n.SKU)
	case "sold_out":
		return fmt.Sprintf("%s is sold out, so it is not in your cart.", n.Title)
	default:
		return fmt.Sprintf("%s: only %d can be had, so your cart has %d.", n.Title, n.Left, n.Left)
	}
}

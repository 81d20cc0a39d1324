package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
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

const pageBody = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>{{.Shop}}</title><style>{{.Style}}</style></head><body><main>
<h1>{{if .Shop}}{{.Shop}}{{else}}Manystall{{end}}</h1>
{{with .Done}}<p>{{.}}</p>{{end}}
{{with .Problem}}<p class="note" role="alert">{{.}}</p>{{end}}
{{range .Notices}}<p class="note" role="alert">{{.}}</p>{{end}}
{{if .Lines}}<table>{{range .Lines}}<tr><td>{{.Quantity}} × {{.Title}}</td><td>{{.Price}}</td></tr>{{end}}<tr><td><strong>Total</strong></td><td><strong>{{.Total}}</strong></td></tr></table>{{end}}
{{with .Next}}<a class="go" rel="noreferrer" href="{{.}}">Continue to checkout</a>{{else}}{{if .Lines}}<p>Your cart is kept for two weeks. Send this number to the shop in your chat to order it:</p><p><code>{{.Session}}</code></p>{{end}}{{end}}
</main></body></html>`

// page renders what buyers and people at Meta see. Its policy allows its own
// style and nothing else.
type page struct {
	template *template.Template
	policy   string
}

func newPage() *page {
	sum := sha256.Sum256([]byte(pageStyle))
	return &page{
		template: template.Must(template.New("page").Parse(pageBody)),
		policy:   "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
}

func (p *page) serve(w http.ResponseWriter, status int, v view) {
	var out bytes.Buffer
	err := p.template.Execute(&out, struct {
		view
		Style template.CSS
	}{v, pageStyle})
	if err != nil {
		status = http.StatusInternalServerError
		out.Reset()
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", p.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
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

// deletion tells anybody who holds the code how far a data deletion is.
func (h *Handler) deletion(w http.ResponseWriter, r *http.Request) {
	key, err := h.Store.PublicKey(r.Context(), r.PathValue("code"))
	if err == nil && key.Kind != "deletion" {
		err = fault.New(fault.NotFound, "unknown_code", "There is nothing at this address.")
	}
	if err != nil {
		h.notFound(w, r, err)
		return
	}
	h.page.serve(w, http.StatusOK, view{Done: "The deletion asked for on " + key.CreatedAt.UTC().Format("2 January 2006") + " is complete: the access tokens and the profile of this account have been deleted."})
}

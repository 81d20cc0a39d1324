package browser_test

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
)

//go:embed audit.js
var auditScript string

// audit wants a view that everybody can use: what a screen reader is told, what
// the eye can tell apart, what a finger can hit.
func (d *desk) audit(view string) {
	d.t.Helper()
	wrong, err := chromedp.Run(d.tab, chromedp.Evaluate[[]string](auditScript))
	if err != nil {
		d.t.Fatalf("audit %s: %v", view, err)
	}
	for _, one := range wrong {
		d.t.Errorf("%s: %s", view, one)
	}
	d.named(view)
}

// named wants a name for everything that can be used, and no name twice among
// the landmarks.
func (d *desk) named(view string) {
	d.t.Helper()
	tree, err := chromedp.Call(d.tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		d.t.Fatalf("read the accessibility tree of %s: %v", view, err)
	}
	need := strings.Fields("button link textbox searchbox combobox checkbox radio option dialog img listbox navigation")
	marks := map[string]bool{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role, name := word(n.Role), word(n.Name)
		if slices.Contains(need, role) && name == "" {
			d.t.Errorf("%s: a %s has no name (node %d)", view, role, n.BackendDOMNodeID)
		}
		if role == "navigation" || role == "complementary" {
			if marks[role+name] {
				d.t.Errorf("%s: two landmarks are %s %q", view, role, name)
			}
			marks[role+name] = true
		}
	}
}

func word(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `" `)
}

package trade

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/manystall/manystall/shared/commerce"
)

// Whatever a landing address says, it adds bounded text and replaces nothing.
func FuzzLanding(f *testing.F) {
	for _, s := range []string{"", "/?mc_session=crt_1&fbclid=x&cart_origin=Instagram", "https://shop.example/?utm_source=IGShopping&utm_medium=%ff", "::%zz", "?cart_origin=%C4%B0%C4%B0", "/?fbclid=" + strings.Repeat("x", 501)} {
		f.Add(s, "", "")
		f.Add(s, "told", "crt_told")
	}
	f.Fuzz(func(t *testing.T, address, click, session string) {
		told := commerce.Attribution{Landing: address, ClickID: click, UTM: map[string]string{"utm_source": "told"}}
		a, s := landed(told, session)
		if (click != "" && a.ClickID != click) || (session != "" && s != session) || a.UTM["utm_source"] != "told" || a.Landing != address || len(told.UTM) != 1 {
			t.Errorf("told %+v, landed %+v in %q", told, a, s)
		}
		for _, v := range []string{a.Origin, a.UTM["utm_medium"], a.UTM["utm_id"]} {
			if len(v) > 2*maxEvidence || !utf8.ValidString(v) {
				t.Errorf("evidence %q", v)
			}
		}
		if c, why := Attribute(a); c == "" || why == "" {
			t.Errorf("%+v is %q because %q", a, c, why)
		}
	})
}

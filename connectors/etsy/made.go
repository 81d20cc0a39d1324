package etsy

import (
	"cmp"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// vintage is how many years old something must be for Etsy to call it vintage.
const vintage = 20

func makers() []string { return []string{"i_did", "someone_else", "collective"} }

// made is what Etsy asks about every listing. The three go together.
type made struct {
	who, when string
	supply    bool
}

// madeOf fills in what a product does not say: the account's defaults, then
// "made by me, recently", which is what most of Etsy's shops are.
func madeOf(p commerce.Product, d commerce.Defaults, now time.Time) made {
	m := made{
		who:    cmp.Or(p.Attributes["who_made"], d.WhoMade, "i_did"),
		when:   cmp.Or(p.Attributes["when_made"], d.WhenMade, "recent"),
		supply: d.IsSupply,
	}
	if s := p.Attributes["is_supply"]; s != "" {
		m.supply = s == "true"
	}
	if m.when == "recent" {
		m.when = newest(now)
	}
	return m
}

// newest is the range that this year is in.
func newest(now time.Time) string { return whenMade(now)[1] }

// whenMade lists what when_made may be. The pieces move every January: what is
// younger than 20 years is not vintage. In 2026 the list begins made_to_order,
// 2020_2026, 2010_2019, 2007_2009, before_2007, 2000_2006 (OpenAPI files of
// 2024 to 2026 compared).
func whenMade(now time.Time) []string {
	year := now.UTC().Year()
	first := year - vintage + 1 // the first year that is not vintage
	all := []string{"made_to_order"}
	for last := year; last >= first; {
		from := max(last/10*10, first)
		all = append(all, fmt.Sprintf("%d_%d", from, last))
		last = from - 1
	}
	all = append(all, fmt.Sprintf("before_%d", first))
	for last := first - 1; last >= 2000; {
		from := last / 10 * 10
		all = append(all, fmt.Sprintf("%d_%d", from, last))
		last = from - 1
	}
	for decade := 1990; decade >= 1900; decade -= 10 {
		all = append(all, fmt.Sprintf("%ds", decade))
	}
	return append(all, "1800s", "1700s", "before_1700")
}

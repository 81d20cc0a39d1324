package local_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/manystall/manystall/infra/local/instance"
)

var bin string // made by TestMain

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "manystall")
	if err == nil && !testing.Short() {
		bin, err = instance.Build(dir)
	}
	code := 1
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// shopper knows its way around a running instance.
type shopper struct{ *instance.Instance }

func newShopper(t *testing.T, env ...string) *shopper {
	t.Helper()
	if testing.Short() {
		t.Skip("a whole journey takes minutes: left out of short runs")
	}
	return &shopper{instance.New(t, bin, env...)}
}

var channels = []string{"etsy", "tiktok", "facebook", "instagram"}

type listing struct {
	ID       string `json:"id"`
	Product  string `json:"product"`
	Title    string `json:"title"`
	Channel  string `json:"channel"`
	State    string `json:"state"`
	Problems []struct {
		Rule  string `json:"rule"`
		Field string `json:"field"`
		Value string `json:"value"`
		Fix   string `json:"fix"`
	} `json:"problems"`
}

type level struct {
	SKU     string `json:"sku"`
	Variant string `json:"variant"`
	Product string `json:"product"`
	OnHand  int64  `json:"on_hand"`
}

type orderItem struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Remote  string `json:"remote_id"`
	State   string `json:"state"`
	Short   int64  `json:"short"`
}

type conversation struct {
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Kind    string `json:"kind"`
	NoReply string `json:"no_reply"`
	ReplyAt string `json:"reply_at"`
}

type snapshot struct {
	Items []struct {
		SKU      string   `json:"sku"`
		Quantity int64    `json:"quantity"`
		State    string   `json:"state"`
		Visible  []string `json:"visible"`
	} `json:"items"`
	Orders []struct {
		ID       string   `json:"id"`
		Tracking []string `json:"tracking"`
	} `json:"orders"`
	Threads []struct {
		Channel string `json:"channel"`
		Said    []struct {
			From string `json:"from"`
			Text string `json:"text"`
		} `json:"said"`
	} `json:"threads"`
	Writes int `json:"writes"`
}

func (in *shopper) look(channel string) snapshot {
	in.T.Helper()
	var s snapshot
	in.Call(http.MethodGet, "/local/marketplaces/"+channel, nil, &s)
	return s
}

// buy lets a buyer buy at a marketplace.
func (in *shopper) buy(channel, sku string, quantity int, note string) string {
	in.T.Helper()
	var made struct {
		Remote string `json:"remote_id"`
	}
	in.Call(http.MethodPost, "/local/marketplaces/"+channel+"/orders", map[string]any{"sku": sku, "quantity": quantity, "buyer": "Robin Vale", "note": note}, &made)
	return made.Remote
}

// order waits for an order to be in the dashboard.
func (in *shopper) order(remote string) orderItem {
	in.T.Helper()
	var found orderItem
	in.Eventually("order "+remote+" arrives", func() (bool, string) {
		orders := instance.All[orderItem](in.Instance, "/v1/orders")
		i := slices.IndexFunc(orders, func(o orderItem) bool { return o.Remote == remote })
		if i >= 0 {
			found = orders[i]
		}
		return i >= 0, fmt.Sprintf("%d orders", len(orders))
	})
	return found
}

// ledger waits until every level is the sum of its moves, which it must become
// however much is going on, and answers the levels by SKU. None is negative.
func (in *shopper) ledger() map[string]level {
	in.T.Helper()
	bySKU := map[string]level{}
	in.Eventually("levels are the sums of their moves", func() (bool, string) {
		for _, l := range instance.All[level](in.Instance, "/v1/stock") {
			var sum int64
			for _, m := range instance.All[struct {
				Quantity int64 `json:"quantity"`
			}](in.Instance, "/v1/stock/"+l.Variant+"/moves") {
				sum += m.Quantity
			}
			if l.OnHand < 0 {
				in.T.Errorf("%s: %d on hand", l.SKU, l.OnHand)
			}
			if sum != l.OnHand {
				return false, fmt.Sprintf("%s: %d on hand, %d moved", l.SKU, l.OnHand, sum)
			}
			bySKU[l.SKU] = l
		}
		return true, ""
	})
	return bySKU
}

// shows waits until every channel shows what is on hand.
func (in *shopper) shows(sku string, want int64) {
	in.T.Helper()
	in.Eventually(fmt.Sprintf("all channels show %d of %s", want, sku), func() (bool, string) {
		var seen []string
		ok := true
		for _, c := range []string{"etsy", "tiktok", "facebook"} {
			for _, i := range in.look(c).Items {
				if i.SKU == sku {
					seen = append(seen, fmt.Sprintf("%s %d", c, i.Quantity))
					ok = ok && i.Quantity == want
				}
			}
		}
		return ok && len(seen) == 3, strings.Join(seen, ", ")
	})
}

// TestJourney is a newcomer's first hour.
func TestJourney(t *testing.T) {
	t.Parallel()
	seen := newWatch(t)
	in := newShopper(t, seen.env()...)
	seen.passTo(t, in.Base())
	in.journey(t, sample, 25)
	t.Run("every edit reaches Etsy", func(t *testing.T) { in.edits(t, seen) })
	in.ledger()
	seen.report(t, map[string]int{"etsy": 20 + 1}) // the call for tokens counts as one
}

// sample is what a first start imports.
const sample = "sample/catalog.csv"

// journey starts it and does everything a seller and buyers do, with a catalog
// of so many products, all of them sound, with SKUs CND-2 and SOAP-3.
func (in *shopper) journey(t *testing.T, catalog string, products int) {
	in.Start()
	t.Log("\n" + strings.Join(in.Wait("API key"), "\n"))
	in.live(products)
	in.ledger()

	t.Run("the same file again changes nothing", func(t *testing.T) { in.again(t, catalog) })
	t.Run("an order lowers stock everywhere", func(t *testing.T) { in.orders(t, catalog) })
	t.Run("a buyer asks to cancel and is answered", in.requests)
	t.Run("a reply reaches the buyer", func(t *testing.T) { in.replies(t) })
	t.Run("a shipment reaches the marketplace", func(t *testing.T) { in.ships(t) })
	t.Run("faulty products are refused by name", in.defects)
	in.ledger()
}

// live waits until so many products are live on every channel.
func (in *shopper) live(products int) {
	in.T.Helper()
	in.Eventually("everything is live", func() (bool, string) {
		live, missing := map[string]int{}, ""
		for _, l := range instance.All[listing](in.Instance, "/v1/listings") {
			if l.State == "live" {
				live[l.Channel]++
			} else {
				missing = fmt.Sprintf("%s on %s is %s: %+v", l.Title, l.Channel, l.State, l.Problems)
			}
		}
		ok := !slices.ContainsFunc(channels, func(c string) bool { return live[c] != products })
		return ok, fmt.Sprintf("%v live, want %d each; %s", live, products, missing)
	})
}

type importJob struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Rows      int    `json:"rows"`
	Created   int    `json:"created"`
	Updated   int    `json:"updated"`
	Unchanged int    `json:"unchanged"`
	Failed    int    `json:"failed"`
}

func (in *shopper) importFile(path string) importJob {
	in.T.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		in.T.Fatal(err)
	}
	var job importJob
	in.Call(http.MethodPost, "/v1/imports?format=auto", data, &job, "Content-Type", "text/csv")
	in.Eventually("import of "+path+" ends", func() (bool, string) {
		in.Call(http.MethodGet, "/v1/imports/"+job.ID, nil, &job)
		return job.State != "running", job.State
	})
	if job.State != "done" || job.Created+job.Updated+job.Unchanged+job.Failed != job.Rows {
		in.T.Fatalf("import of %s: %+v", path, job)
	}
	return job
}

func (in *shopper) writes() int {
	total := 0
	for _, c := range []string{"etsy", "tiktok", "facebook"} {
		total += in.look(c).Writes
	}
	return total
}

// caughtUp waits until every marketplace shows what is on hand of everything:
// from then on nothing is left to write.
func (in *shopper) caughtUp() {
	in.T.Helper()
	in.Eventually("the marketplaces show what is on hand", func() (bool, string) {
		have := map[string]int64{}
		for _, l := range instance.All[level](in.Instance, "/v1/stock") {
			have[l.SKU] = l.OnHand
		}
		for _, c := range []string{"etsy", "tiktok", "facebook"} {
			for _, i := range in.look(c).Items {
				if n, ours := have[i.SKU]; ours && n > 0 && i.Quantity != n {
					return false, fmt.Sprintf("%s shows %d of %s, %d on hand", c, i.Quantity, i.SKU, n)
				}
			}
		}
		return true, ""
	})
}

func (in *shopper) again(t *testing.T, path string) {
	in.caughtUp()
	before := in.writes()
	job := in.importFile(path)
	if job.Unchanged != job.Rows {
		t.Errorf("the same file again: %+v", job)
	}
	if after := in.writes(); after != before {
		t.Errorf("%d write calls for nothing", after-before)
	}
}

func (in *shopper) orders(t *testing.T, catalog string) {
	levels := in.ledger()
	sku := "CND-2"
	have := levels[sku].OnHand
	for i, c := range channels {
		remote := in.buy(c, sku, i+1, "")
		got := in.order(remote)
		if got.Channel != c {
			t.Errorf("an order from %s is shown as %s", c, got.Channel)
		}
		have -= int64(i + 1)
		in.shows(sku, have)
	}
	if now := in.ledger()[sku].OnHand; now != have {
		t.Errorf("%d of %s on hand, want %d", now, sku, have)
	}
	in.again(t, catalog)
	if now := in.ledger()[sku].OnHand; now != have {
		t.Errorf("an import undid a sale: %d of %s on hand, want %d", now, sku, have)
	}
}

func (in *shopper) replies(t *testing.T) {
	for _, c := range []string{"tiktok", "facebook", "instagram"} {
		text := "A question from " + c
		in.Call(http.MethodPost, "/local/marketplaces/"+c+"/messages", map[string]string{"text": text, "buyer": "Sam Ode"}, nil)
		var talk conversation
		in.Eventually("the message from "+c+" arrives", func() (bool, string) {
			for _, conv := range instance.All[conversation](in.Instance, "/v1/conversations?channel="+c) {
				for _, m := range instance.All[struct {
					Text string `json:"text"`
				}](in.Instance, "/v1/conversations/"+conv.ID+"/messages") {
					if m.Text == text {
						talk = conv
						return true, ""
					}
				}
			}
			return false, "not there"
		})
		answer := "An answer for " + c
		in.Call(http.MethodPost, "/v1/conversations/"+talk.ID+"/messages", map[string]string{"text": answer}, nil)
		in.Eventually("the answer reaches the buyer on "+c, func() (bool, string) {
			raw, _ := json.Marshal(in.look(c).Threads)
			return bytes.Contains(raw, []byte(answer)), string(raw)
		})
		in.Eventually("the answer is settled", func() (bool, string) {
			count := 0
			state := ""
			for _, m := range instance.All[struct {
				Text  string `json:"text"`
				State string `json:"state"`
			}](in.Instance, "/v1/conversations/"+talk.ID+"/messages") {
				if m.Text == answer {
					count, state = count+1, m.State
				}
			}
			return count == 1 && state == "sent", fmt.Sprintf("%d times, %s", count, state)
		})
	}
	note := in.buy("etsy", "SOAP-3", 1, "Please no plastic.")
	in.order(note)
	in.Eventually("the note becomes a conversation that says why it can't be answered", func() (bool, string) {
		for _, conv := range instance.All[conversation](in.Instance, "/v1/conversations?channel=etsy") {
			if conv.Kind == "order_note" && conv.NoReply != "" && conv.ReplyAt != "" {
				return true, ""
			}
		}
		return false, "none"
	})
}

func (in *shopper) ships(t *testing.T) {
	for _, c := range []string{"etsy", "tiktok"} {
		remote := in.buy(c, "SOAP-3", 1, "")
		order := in.order(remote)
		tracking := "TRACK" + strings.ToUpper(c) + "1"
		in.Call(http.MethodPost, "/v1/orders/"+order.ID+"/shipments", map[string]string{"carrier": "USPS", "tracking": tracking}, nil)
		in.Eventually("the shipment reaches "+c, func() (bool, string) {
			for _, o := range in.look(c).Orders {
				if o.ID == remote {
					return len(o.Tracking) == 1 && strings.Contains(o.Tracking[0], tracking), strings.Join(o.Tracking, "; ")
				}
			}
			return false, "no such order"
		})
	}
}

// defects imports products with one fault each and wants exactly the problems
// each marketplace has with it.
func (in *shopper) defects(t *testing.T) {
	in.importFile("sample/defects.csv")
	want := map[string][]string{
		"A very long title":         {"etsy title_too_long", "tiktok title_too_long"},
		"A cup whose SKU":           {"facebook sku_character", "instagram sku_character", "tiktok sku_character"},
		"A bowl without a price":    {"etsy price_missing", "facebook price_missing", "instagram price_missing", "tiktok price_missing"},
		"A vase with fourteen tags": {"etsy too_many_tags"},
		"A plate whose picture":     {"etsy image_unreachable", "facebook image_unreachable", "instagram image_unreachable", "tiktok image_unreachable"},
		"A spoon made by nobody":    {"etsy who_made_not_allowed", "facebook condition_not_allowed", "instagram condition_not_allowed"},
		"A shirt with three":        {"etsy too_many_options"},
		"A chair that costs":        {"tiktok price_too_high"},
	}
	in.Eventually("faulty products are judged", func() (bool, string) {
		got := map[string][]string{}
		for _, l := range instance.All[listing](in.Instance, "/v1/listings") {
			for title := range want {
				if !strings.HasPrefix(l.Title, title) {
					continue
				}
				if l.State == "queued" || l.State == "in_review" {
					return false, l.Title + " on " + l.Channel + " is " + l.State
				}
				for _, p := range l.Problems {
					if p.Field == "" || p.Fix == "" {
						t.Errorf("%s on %s: a problem without field or fix: %+v", l.Title, l.Channel, p)
					}
					got[title] = append(got[title], l.Channel+" "+p.Rule)
				}
				if (l.State == "rejected") != (len(l.Problems) > 0) {
					return false, fmt.Sprintf("%s on %s is %s with %d problems", l.Title, l.Channel, l.State, len(l.Problems))
				}
			}
		}
		for title, problems := range want {
			slices.Sort(got[title])
			if !slices.Equal(got[title], problems) {
				return false, fmt.Sprintf("%s: %v, want %v", title, got[title], problems)
			}
		}
		return true, ""
	})
}

// TestRealExport imports a real shop's export and wants all of it live.
func TestRealExport(t *testing.T) {
	t.Parallel()
	const file = "../../../shared/data/shopify-apparel.csv"
	if _, err := os.Stat(file); err != nil {
		t.Skip("the real export is not here: ", file)
	}
	in := newShopper(t, "CATALOG="+file, "DEMO=false")
	in.Start()
	t.Log("\n" + strings.Join(in.Wait("API key"), "\n"))
	in.live(20)
	before := in.ledger()
	in.again(t, file)
	after := in.ledger()
	if len(before) == 0 || len(before) != len(after) {
		t.Errorf("%d SKUs before, %d after the same file again", len(before), len(after))
	}
}

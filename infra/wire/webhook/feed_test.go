package webhook

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"testing"
	"time"

	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// The feed names items as the catalog does: by the id they were created with,
// under the Page's name where there is no brand, and only where they are wanted.
func TestFeed(t *testing.T) {
	t.Parallel()
	store := localtest.Open(t, time.Now).Store
	s := site{&wire.Parts{Store: store}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := store.PutWorkspace(t.Context(), port.Workspace{ID: "w1", Name: "Shop", TimeZone: "UTC", Currency: "EUR", Defaults: commerce.Defaults{ProductURL: "https://shop.example/p/{handle}?sku={sku}"}})
	must(err)
	page := port.Account{ID: "acc", Space: "w1", Channel: commerce.Facebook, Kind: "marketplace", Remote: "1", Target: "tgt", State: port.AccountActive, Settings: json.RawMessage(`{"page":"1","page_name":"Corner Stall","catalog":"9"}`)}
	_, err = store.Connect(t.Context(), page, &port.Target{ID: "tgt", Space: "w1", Kind: "meta", Remote: "9", Writer: "acc", Accounts: map[commerce.Channel]commerce.AccountID{commerce.Facebook: "acc"}})
	must(err)
	product := func(id, sku string, channels ...commerce.Channel) {
		p := commerce.Product{
			ID: commerce.ProductID(id), Handle: id, Title: "A thing", Description: "It is a thing.", Images: []commerce.Image{{URL: "https://img.example/1.jpg"}}, Channels: channels,
			Variants: []commerce.Variant{{ID: commerce.VariantID("v" + id), SKU: commerce.SKU(sku), Price: commerce.Money{Amount: 1250, Currency: "EUR"}}},
		}
		_, err := store.PutProduct(t.Context(), "w1", port.ProductWrite{Product: p, Claims: []commerce.SKU{commerce.SKU(sku)}})
		must(err)
	}
	product("mug", "MUG-NEW")
	product("cup", "CUP", commerce.Facebook)
	product("jar", "JAR", commerce.Etsy)
	_, err = store.PutListing(t.Context(), "w1", port.ListingWrite{Listing: commerce.Listing{ID: port.ListingIDOf("tgt", "mug"), Target: "tgt", Product: "mug", Items: map[commerce.VariantID]commerce.RemoteID{"vmug": "MUG-OLD"}}})
	must(err)
	for _, target := range []commerce.TargetID{"tgt", ""} {
		page.Target = target
		file, err := s.feed(t.Context(), page)
		must(err)
		lines, err := csv.NewReader(bytes.NewReader(file.Data)).ReadAll()
		must(err)
		found := map[string]string{}
		for _, line := range lines[1:] {
			found[line[0]] = line[9]
		}
		mug := map[commerce.TargetID]string{"tgt": "MUG-OLD", "": "MUG-NEW"}[target]
		if len(found) != 2 || found[mug] != "Corner Stall" || found["CUP"] != "Corner Stall" || lines[0][9] != "brand" {
			t.Errorf("with target %q: %q", target, lines)
		}
	}
}

package etsysim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// FuzzInventory reads arbitrary inventories: whatever is taken is shown in a
// way that, without what reads add, is taken again and means the same.
func FuzzInventory(f *testing.F) {
	ready := newReadiness(7)[0].ID
	one := `{"sku":"A","property_values":[%s],"offerings":[{"price":5,"quantity":1,"is_enabled":true,"readiness_state_id":` + fmt.Sprint(ready) + `}]}`
	for _, seed := range []string{
		`{"products":[` + fmt.Sprintf(one, "") + `]}`,
		`{"products":[` + fmt.Sprintf(one, colored(9, "Red")) + `,` + fmt.Sprintf(one, own(513, "Fit", "x")) + `]}`,
		`{"products":[` + fmt.Sprintf(one, own(513, "Fit", "x")+","+own(514, "Cut", "y")) + `],"price_on_property":[513,514]}`,
		`{"products":[` + fmt.Sprintf(one, `{"property_id":100,"scale_id":17,"value_ids":[],"values":["M"]}`) + `]}`,
		`{"products":[{"offerings":[{"price":1e99}]}]}`, `{}`, `null`, `[`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := parseInventory(body)
		if err != nil {
			return
		}
		raw, err := json.Marshal(v.view(true))
		if err != nil {
			t.Fatal(err)
		}
		var read answer
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&read.json); err != nil {
			t.Fatal(err)
		}
		again, err := parseInventory([]byte(asWritten(t, read)))
		if err != nil || !reflect.DeepEqual(list(v.Products), list(again.Products)) {
			t.Fatalf("%s reads back as %s: %v", body, raw, err)
		}
	})
}

// parseInventory reads a body as updateListingInventory does for a T-shirt.
func parseInventory(body []byte) (v inventory, err error) {
	c := &call{json: body}
	var parsed inventoryBody
	if err := c.decode(&parsed, true); err != nil {
		return v, err
	}
	if parsed.Products == nil || len(*parsed.Products) == 0 {
		return v, invalid("no products")
	}
	kinds := (&listing{Taxonomy: 482}).properties()
	for _, b := range *parsed.Products {
		p, err := readProduct(b, kinds)
		if err != nil {
			return v, err
		}
		v.Products = append(v.Products, p)
	}
	v.PriceOn, v.QuantityOn, v.SKUOn, v.ReadinessOn = parsed.PriceOn, parsed.QuantityOn, parsed.SKUOn, parsed.ReadinessOn
	return v, v.check()
}

// FuzzDraft sends arbitrary forms: what is taken reads back.
func FuzzDraft(f *testing.F) {
	f.Add(draftFields().Encode())
	f.Add("title=%00&tags=,,&price=.&quantity=9223372036854775808")
	f.Add("%zz=;&&=")
	f.Fuzz(func(t *testing.T, body string) {
		b := setup(t)
		r := httptest.NewRequest("POST", "/v3/application"+b.shop("/listings"), strings.NewReader(body))
		r.Header.Set("Content-Type", string(formBody))
		a := b.send(r)
		if a.status == 400 {
			return
		}
		b.want(a, 201, "")
		b.want(b.get(fmt.Sprintf("/listings/%d", a.id("listing_id"))), 200, "")
	})
}

// FuzzFields reads forms and queries of every kind of field.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{"a=1", "a=-9223372036854775808", "a=true", "a=1,2,,3", "a=1.50", "a=00.00", "a[]=1", "a=é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		read := &form{values: values}
		read.int("a", -5, 5, 0)
		read.flag("a", false)
		read.oneOf("a", "", []string{"b"})
		read.ids("a")
		read.brackets()
		read.title()
		read.tags()
		if m := (&form{values: values}).measure("a"); m != nil && !json.Valid([]byte(*m)) {
			t.Errorf("%q is not a number", *m)
		}
		if minor, err := parsePrice(read.text("a")); err == nil && (minor <= 0 || minor > maxPrice) {
			t.Errorf("%q is %d cents", read.text("a"), minor)
		}
	})
}

// FuzzShipment sends arbitrary tracking bodies.
func FuzzShipment(f *testing.F) {
	for _, seed := range []string{`{"tracking_code":"1","carrier_name":"usps"}`, `{"customs_data":[{"HS_code":null}]}`, `{"weight":1.5}`, `7`, `{"a":`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c := &call{json: bytes.Clone(body)}
		var parsed shipmentBody
		if err := c.decode(&parsed, false); err == nil {
			_ = parsed.check(&receipt{})
		}
	})
}

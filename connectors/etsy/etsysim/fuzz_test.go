package etsysim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzInventory writes arbitrary inventories: none may break the server or
// leave a listing that does not read back as a body it takes again.
func FuzzInventory(f *testing.F) {
	ready := newReadiness(7)[0].ID
	one := `{"sku":"A","property_values":[%s],"offerings":[{"price":5,"quantity":1,"is_enabled":true,"readiness_state_id":` + fmt.Sprint(ready) + `}]}`
	for _, seed := range []string{
		`{"products":[` + fmt.Sprintf(one, "") + `]}`,
		`{"products":[` + fmt.Sprintf(one, colored(9, "Red")) + `,` + fmt.Sprintf(one, own(513, "Fit", "x")) + `]}`,
		`{"products":[` + fmt.Sprintf(one, own(513, "Fit", "x")+","+own(514, "Cut", "y")) + `],"price_on_property":[513,514]}`,
		`{"products":[{"offerings":[{"price":1e99}]}]}`, `{}`, `null`, `[`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := setup(t)
		path := fmt.Sprintf("/listings/%d/inventory", b.draft())
		a := b.json("PUT", path, string(body))
		if a.status == 400 {
			return
		}
		b.want(a, 200, "")
		b.want(b.json("PUT", path, asWritten(t, b.get(path))), 200, "")
	})
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
		b.want(b.want(a, 201, ""), 201, "")
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

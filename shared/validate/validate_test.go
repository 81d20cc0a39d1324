package validate

import (
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/fault"
)

type line struct {
	SKU      string `json:"sku" validate:"required,max=5,line"`
	Quantity int64  `json:"quantity" validate:"min=1"`
}

type paging struct {
	Limit int `query:"limit" validate:"min=1,max=100"`
}

type order struct {
	paging
	ID       string            `path:"id" validate:"omitempty,id"`
	State    string            `json:"state" validate:"omitempty,oneof=paid unpaid"`
	Currency string            `json:"currency" validate:"omitempty,currency"`
	Link     string            `json:"link" validate:"omitempty,weburl"`
	Zone     string            `json:"zone" validate:"omitempty,timezone"`
	Note     string            `json:"note" validate:"text"`
	Lines    []line            `json:"lines" validate:"required,min=1,dive"`
	Extra    map[string]string `json:"extra" validate:"dive,max=3"`
	By       *int64            `json:"by" validate:"required_without=To,excluded_with=To"`
	To       *int64            `json:"to"`
}

func good() order {
	n := int64(3)
	return order{paging: paging{Limit: 25}, ID: "ord_1", Lines: []line{{SKU: "A", Quantity: 1}}, By: &n}
}

func TestStruct(t *testing.T) {
	t.Parallel()
	n := int64(1)
	for name, tc := range map[string]struct {
		change             func(*order)
		field, code, words string
	}{
		"missing list":      {func(o *order) { o.Lines = nil }, "lines", "required", "lines is missing."},
		"too many letters":  {func(o *order) { o.Lines[0].SKU = "ABCDEF" }, "lines[0].sku", "too_large", "lines[0].sku must have at most 5 characters."},
		"number too small":  {func(o *order) { o.Lines[0].Quantity = 0 }, "lines[0].quantity", "too_small", "lines[0].quantity must be at least 1."},
		"embedded":          {func(o *order) { o.Limit = 101 }, "limit", "too_large", "limit must be at most 100."},
		"separator in id":   {func(o *order) { o.ID = "a#b" }, "id", "not_id", "id must be an id"},
		"dots as id":        {func(o *order) { o.ID = ".." }, "id", "not_id", "id must be an id"},
		"slash in id":       {func(o *order) { o.ID = "a/b" }, "id", "not_id", "id must be an id"},
		"not in list":       {func(o *order) { o.State = "free" }, "state", "not_allowed", "state must be one of paid, unpaid."},
		"currency":          {func(o *order) { o.Currency = "ZZZ" }, "currency", "not_currency", "ISO 4217"},
		"script address":    {func(o *order) { o.Link = "javascript:alert(1)" }, "link", "not_weburl", "http"},
		"address with user": {func(o *order) { o.Link = "https://a:b@example.com/" }, "link", "not_weburl", "http"},
		"zone":              {func(o *order) { o.Zone = "Mars/Base" }, "zone", "not_timezone", "IANA"},
		"control character": {func(o *order) { o.Note = "a\x00b" }, "note", "not_text", "control"},
		"line break":        {func(o *order) { o.Lines[0].SKU = "A\nB" }, "lines[0].sku", "not_line", "one line"},
		"map value":         {func(o *order) { o.Extra = map[string]string{"a.b": "long"} }, "extra[a.b]", "too_large", "characters"},
		"neither":           {func(o *order) { o.By = nil }, "by", "required", "give it or to"},
		"both":              {func(o *order) { o.To = &n }, "by", "not_together", "not both"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := good()
			tc.change(&o)
			err := Struct(&o)
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v, want Invalid", err)
			}
			p := fault.Of(err).Problems
			if len(p) != 1 || p[0].Field != tc.field || p[0].Rule != tc.code || !strings.Contains(p[0].Fix, tc.words) {
				t.Errorf("got %+v, want field %s, code %s, words %q", p, tc.field, tc.code, tc.words)
			}
		})
	}
}

func TestStructAccepts(t *testing.T) {
	t.Parallel()
	o := good()
	o.Currency, o.Link, o.Zone, o.Note = "JPY", "https://example.com/x", "Asia/Baku", "a\tb\nc"
	if err := Struct(o); err != nil {
		t.Error(err)
	}
}

func TestStructNamesAllFields(t *testing.T) {
	t.Parallel()
	o := good()
	o.Limit, o.State = 0, "free"
	f := fault.Of(Struct(o))
	if len(f.Problems) != 2 || !strings.HasPrefix(f.Message, "2 fields are not right") {
		t.Errorf("got %q with %d problems, want both fields named", f.Message, len(f.Problems))
	}
}

func TestStructKeepsValuesToItself(t *testing.T) {
	t.Parallel()
	o := good()
	o.Link = "secret-value"
	if err := Struct(o); strings.Contains(err.Error(), "secret-value") {
		t.Errorf("the value is in the error: %v", err)
	}
}

func TestStructNeedsAStruct(t *testing.T) {
	t.Parallel()
	if err := Struct(3); fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v, want an internal error: the caller is wrong, not the input", err)
	}
}

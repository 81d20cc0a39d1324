package httpapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/fault"
)

type sample struct {
	Name   string `json:"name"`
	Amount int64  `json:"amount"`
	On     *bool  `json:"on"`
	Lines  []struct {
		Quantity int `json:"quantity"`
	} `json:"lines"`
	Extra map[string]string `json:"extra"`
	Raw   json.RawMessage   `json:"raw"`
}

func TestDecodeJSON(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		status      int
		code, field string
	}{
		`{"name":"x"}`:                    {},
		` {"name":"x","on":true} ` + "\n": {},
		``:                                {400, "malformed_body", ""},
		`{`:                               {400, "malformed_body", ""},
		`{"name":"x"}}`:                   {400, "malformed_body", ""},
		`{} {}`:                           {400, "malformed_body", ""},
		`nope`:                            {400, "malformed_body", ""},
		"{\"name\":\"\xff\"}":             {400, "malformed_body", ""},
		`{"nam":"x"}`:                     {422, "unknown_field", "nam"},
		`{"Name":"x"}`:                    {422, "unknown_field", "Name"},
		`{"name":"x","name":"y"}`:         {422, "repeated", "name"},
		`{"lines":[{"quantity":1},{"QUANTITY":2}]}`:                           {422, "unknown_field", "lines[1].QUANTITY"},
		`{"extra":{"a":"1","A":"2"}}`:                                         {},
		`{"extra":{"a":"1","a":"2"}}`:                                         {422, "repeated", "extra.a"},
		`{"raw":{"Any":[{"x":1}]}}`:                                           {},
		`{"raw":{"x":1,"x":2}}`:                                               {422, "repeated", "raw.x"},
		`{"raw":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`: {400, "malformed_body", ""},
		`{"name":1}`:                             {422, "wrong_type", "name"},
		`{"amount":"1"}`:                         {422, "wrong_type", "amount"},
		`{"amount":1.5}`:                         {422, "wrong_type", "amount"},
		`{"amount":99999999999999999999}`:        {422, "wrong_type", "amount"},
		`{"lines":{}}`:                           {422, "wrong_type", "lines"},
		`{"lines":[{"quantity":true}]}`:          {422, "wrong_type", "lines.quantity"},
		`{"on":"yes"}`:                           {422, "wrong_type", "on"},
		`[]`:                                     {422, "wrong_type", "body"},
		`{"extra":{"a":1}}`:                      {422, "wrong_type", "extra.a"},
		strings.Repeat(`{"extra":`, 20000) + `1`: {400, "malformed_body", ""},
	} {
		var into sample
		err := DecodeJSON([]byte(body), &into)
		if want.status == 0 {
			if err != nil {
				t.Errorf("%s: %v", body, err)
			}
			continue
		}
		p := ProblemOf(err)
		field := ""
		if len(p.Errors) > 0 {
			field = p.Errors[0].Field
		}
		if p.Status != want.status || p.Code != want.code || (field != want.field && field != "extra") {
			t.Errorf("%.60s: %d %s %q, want %d %s %q", body, p.Status, p.Code, field, want.status, want.code, want.field)
		}
	}
}

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{"name":"x","amount":1}`, `{"on":null}`, `{"lines":[{}]}`, `{"a":1}`, "\xef\xbb\xbf{}", `{"name":"\ud800"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var into sample
		err := DecodeJSON(body, &into)
		if err != nil {
			if p := ProblemOf(err); p.Status/100 != 4 || p.Code == "" {
				t.Errorf("%q answers %+v, want a 4xx", body, p)
			}
			return
		}
		if !json.Valid(body) {
			t.Errorf("%q is taken though it is no JSON", body)
		}
	})
}

func TestStatusOfEveryKind(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]int{
		fault.Temporary: 503, fault.RateLimited: 429, fault.AuthExpired: 409, fault.Rejected: 422, fault.Invalid: 422, fault.NotFound: 404, fault.Conflict: 409,
		fault.Unsupported: 405, fault.Permanent: 502, fault.Internal: 500, fault.Unknown: 503, fault.Denied: 403, fault.TooLarge: 413,
	} {
		p := ProblemOf(&fault.Error{Kind: kind, Message: "What happened."})
		if p.Status != want || p.Code != string(kind) || p.Title == "" || p.Type != "urn:manystall:problem:"+string(kind) {
			t.Errorf("%s: %+v, want status %d", kind, p, want)
		}
	}
	if p := ProblemOf(denied()); p.Status != 401 {
		t.Errorf("no credential: %d, want 401", p.Status)
	}
}

package expr

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// parse reads an item from JSON as it is on the wire.
func parse(t testing.TB, text string) attr.Item {
	t.Helper()
	if text == "" {
		return nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var raw any
	if err := d.Decode(&raw); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	it, err := attr.DecodeItem(raw)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return it
}

// env makes placeholders: names as "#a=a #b=b", values as JSON.
func env(t testing.TB, names, values string) *Env {
	t.Helper()
	var m map[string]string
	for _, pair := range strings.Fields(names) {
		if m == nil {
			m = map[string]string{}
		}
		key, value, _ := strings.Cut(pair, "=")
		m[key] = value
	}
	e, err := NewEnv(m, parse(t, values))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const someItem = `{"p":{"S":"key"},"s":{"S":"hello"},"n":{"N":"5"},"neg":{"N":"-3.5"},"b":{"B":"AQID"},"t":{"BOOL":true},"nul":{"NULL":true},
	"ss":{"SS":["x","y"]},"ns":{"NS":["1","2"]},"l":{"L":[{"N":"1"},{"S":"two"},{"M":{"deep":{"N":"3"}}}]},
	"m":{"M":{"k":{"S":"v"},"n":{"N":"7"},"l":{"L":[{"S":"a"}]}}},"e":{"S":""}}`

const someValues = `{":s":{"S":"hello"},":he":{"S":"he"},":lo":{"S":"lo"},":five":{"N":"5.0"},":one":{"N":"1"},":nine":{"N":"9"},":x":{"S":"x"},
	":t":{"BOOL":true},":b":{"B":"AQ=="},":S":{"S":"S"},":L":{"S":"L"},":ss":{"SS":["y","x"]},":l":{"L":[]},":v":{"S":"v"},":three":{"N":"3"},":two":{"N":"2"}}`

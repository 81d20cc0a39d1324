package engine

import (
	"strings"
	"testing"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	const record = `{"eventName":"INSERT","n":3.0,"list":["a","b"],"none":null,"flag":true,"empty":"",
		"dynamodb":{"NewImage":{"t":{"S":"order"},"total":{"N":"12"}}}}`
	tests := map[string]bool{
		`{"dynamodb":{"NewImage":{"t":{"S":["order","level"]}}}}`:             true,
		`{"dynamodb":{"NewImage":{"t":{"S":["level"]}}}}`:                     false,
		`{"dynamodb":{"OldImage":{"t":{"S":["order"]}}}}`:                     false,
		`{"dynamodb":{"OldImage":{"t":{"S":[{"exists":false}]}}}}`:            true,
		`{"dynamodb":{"NewImage":{"t":{"S":[{"exists":true}]}}}}`:             true,
		`{"eventName":["INSERT"],"n":[3]}`:                                    true,
		`{"eventName":["INSERT"],"n":[4]}`:                                    false,
		`{"eventName":[{"prefix":"INS"}]}`:                                    true,
		`{"eventName":[{"suffix":"ERT"}]}`:                                    true,
		`{"eventName":[{"prefix":"MOD"}]}`:                                    false,
		`{"eventName":[{"equals-ignore-case":"insert"}]}`:                     true,
		`{"eventName":[{"anything-but":"REMOVE"}]}`:                           true,
		`{"eventName":[{"anything-but":["REMOVE","INSERT"]}]}`:                false,
		`{"eventName":[{"anything-but":{"prefix":"INS"}}]}`:                   false,
		`{"missing":[{"anything-but":"x"}]}`:                                  false,
		`{"n":[{"numeric":[">",2,"<=",3]}]}`:                                  true,
		`{"n":[{"numeric":["=",3.1]}]}`:                                       false,
		`{"eventName":[{"numeric":["=",3]}]}`:                                 false,
		`{"list":["b"]}`:                                                      true,
		`{"list":["c"]}`:                                                      false,
		`{"none":[null]}`:                                                     true,
		`{"missing":[null]}`:                                                  false,
		`{"flag":[true],"empty":[""]}`:                                        true,
		`{"$or":[{"eventName":["REMOVE"]},{"n":[{"numeric":["<",4]}]}]}`:      true,
		`{"$or":[{"eventName":["REMOVE"]},{"n":[4]}],"eventName":["INSERT"]}`: false,
	}
	var view any
	if err := decodeExact([]byte(record), &view); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range tests {
		f, err := compileFilters([]string{pattern})
		if err != nil {
			t.Errorf("%s: %v", pattern, err)
			continue
		}
		if got := f.admits(view); got != want {
			t.Errorf("%s: got %t", pattern, got)
		}
	}
	if !(filter{}).admits(view) {
		t.Error("no patterns must admit all")
	}
	either, err := compileFilters([]string{`{"n":[4]}`, `{"n":[3]}`})
	if err != nil || !either.admits(view) {
		t.Errorf("the second pattern must admit: %v", err)
	}
}

func TestFilterProblems(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]string{
		`{`:                                   "filter pattern",
		`[]`:                                  "must not be empty",
		`{}`:                                  "must not be empty",
		`{"a":"b"}`:                           "objects and lists only",
		`{"a":[]}`:                            "must not be empty",
		`{"a":[{"prefix":1}]}`:                "prefix needs text",
		`{"a":[{"cidr":"10.0.0.0/8"}]}`:       "the rule cidr is not known",
		`{"a":[{"prefix":"a","suffix":"b"}]}`: "stands alone",
		`{"a":[{"exists":1}]}`:                "exists needs",
		`{"a":[{"numeric":[1,2]}]}`:           "numeric compares",
		`{"a":[{"numeric":["<","x"]}]}`:       "numeric compares with a number",
		`{"a":[{"numeric":["<"]}]}`:           "pairs",
	} {
		if _, err := compileFilters([]string{pattern}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", pattern, err, want)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(`{"a":[{"numeric":[">",1]},{"anything-but":["x"]},"b",1e9,null]}`, `{"a":["b",1]}`)
	f.Add(`{"$or":[{"a":[{"exists":false}]},{"b":[{"prefix":"x"}]}]}`, `[]`)
	f.Fuzz(func(t *testing.T, pattern, record string) {
		compiled, err := compileFilters([]string{pattern})
		var view any
		if err != nil || decodeExact([]byte(record), &view) != nil {
			return
		}
		compiled.admits(view) // must not panic
	})
}

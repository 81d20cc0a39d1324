package expr

import (
	"strings"
	"testing"
)

func TestUpdates(t *testing.T) {
	t.Parallel()
	const values = `{":n":{"N":"2"},":s":{"S":"x"},":l":{"L":[{"S":"z"}]},":ss":{"SS":["y","z"]},":ns":{"NS":["1","2"]},":m":{"M":{}}}`
	cases := []struct{ before, update, after string }{
		{`{}`, "SET a = :n", `{"a":{"N":"2"}}`},
		{`{"a":{"N":"1"}}`, "SET a = a + :n, b = a - :n", `{"a":{"N":"3"},"b":{"N":"-1"}}`},
		{`{"a":{"N":"1"}}`, "SET a = :n + :n", `{"a":{"N":"4"}}`},
		{`{"a":{"N":"1"},"b":{"N":"2"}}`, "SET a = b, b = a", `{"a":{"N":"2"},"b":{"N":"1"}}`},
		{`{"a":{"N":"1"}}`, "REMOVE a SET b = a", `{"b":{"N":"1"}}`},
		{`{"a":{"N":"1"}}`, "SET a = (a + :n)", `{"a":{"N":"3"}}`},
		{`{"a":{"N":"1"}}`, "SET a = (a) + (:n)", `{"a":{"N":"3"}}`},
		{`{}`, "SET a = if_not_exists(a, :n)", `{"a":{"N":"2"}}`},
		{`{"a":{"N":"7"}}`, "SET a = if_not_exists(a, :n) + :n", `{"a":{"N":"9"}}`},
		{`{}`, "SET a = if_not_exists(b, if_not_exists(c, :s))", `{"a":{"S":"x"}}`},
		{`{"a":{"L":[{"S":"a"}]}}`, "SET a = list_append(a, :l), b = list_append(:l, a)", `{"a":{"L":[{"S":"a"},{"S":"z"}]},"b":{"L":[{"S":"z"},{"S":"a"}]}}`},
		{`{}`, "SET a = list_append(if_not_exists(a, :l), :l)", `{"a":{"L":[{"S":"z"},{"S":"z"}]}}`},
		{`{"m":{"M":{"k":{"S":"v"}}}}`, "SET m.k = :s, m.j = :n", `{"m":{"M":{"k":{"S":"x"},"j":{"N":"2"}}}}`},
		{`{"m":{"M":{"k":{"S":"v"}}}}`, "REMOVE m.k, m.zz", `{"m":{"M":{}}}`},
		{`{"m":{"M":{"l":{"L":[{"M":{}}]}}}}`, "SET m.l[0].a = :s", `{"m":{"M":{"l":{"L":[{"M":{"a":{"S":"x"}}}]}}}}`},
		{`{"l":{"L":[{"S":"0"},{"S":"1"},{"S":"2"},{"S":"3"}]}}`, "REMOVE l[0], l[2] SET l[1] = :s", `{"l":{"L":[{"S":"x"},{"S":"3"}]}}`},
		{`{"l":{"L":[{"S":"0"}]}}`, "SET l[9] = :s, l[5] = :n", `{"l":{"L":[{"S":"0"},{"N":"2"},{"S":"x"}]}}`},
		{`{"l":{"L":[{"S":"0"}]}}`, "REMOVE l[5]", `{"l":{"L":[{"S":"0"}]}}`},
		{`{}`, "ADD a :n", `{"a":{"N":"2"}}`},
		{`{"a":{"N":"1"}}`, "ADD a :n", `{"a":{"N":"3"}}`},
		{`{"m":{"M":{}}}`, "ADD m.a :n", `{"m":{"M":{"a":{"N":"2"}}}}`},
		{`{"a":{"SS":["x","y"]}}`, "ADD a :ss", `{"a":{"SS":["x","y","z"]}}`},
		{`{}`, "ADD a :ss", `{"a":{"SS":["y","z"]}}`},
		{`{"a":{"SS":["x","y"]}}`, "DELETE a :ss", `{"a":{"SS":["x"]}}`},
		{`{"a":{"SS":["y"]},"b":{"N":"1"}}`, "DELETE a :ss", `{"b":{"N":"1"}}`},
		{`{"b":{"N":"1"}}`, "DELETE a :ss", `{"b":{"N":"1"}}`},
		{`{"l":{"L":[{"S":"a"}]}}`, "DELETE l[5] :ss", `{"l":{"L":[{"S":"a"}]}}`},
		{`{"a":{"N":"1"},"c":{"NS":["1","3"]}}`, "set #a = :s REMOVE b delete c :ns add d :n, e :ns", `{"a":{"S":"x"},"c":{"NS":["3"]},"d":{"N":"2"},"e":{"NS":["1","2"]}}`},
		{`{}`, "SET #we = :m", `{"we.ird name":{"M":{}}}`},
	}
	for _, c := range cases {
		e := env(t, "#a=a", values)
		e.names["#we"] = "we.ird name"
		u, err := ParseUpdate(c.update, e)
		if err != nil {
			t.Errorf("%s: %v", c.update, err)
			continue
		}
		before := parse(t, c.before)
		after, err := u.Apply(before)
		if err != nil || !after.Equal(parse(t, c.after)) {
			t.Errorf("%s %s\ngot  %s, %v\nwant %s", c.before, c.update, after.AppendJSON(nil), err, c.after)
		}
		if !before.Equal(parse(t, c.before)) {
			t.Errorf("%s changed the item it was given", c.update)
		}
	}
}

func TestUpdatesRefusedByTheItem(t *testing.T) {
	t.Parallel()
	const item = `{"s":{"S":"x"},"n":{"N":"1"},"l":{"L":[{"S":"a"}]},"m":{"M":{"k":{"S":"v"}}},"ss":{"SS":["a"]},"big":{"N":"9e125"}}`
	const values = `{":n":{"N":"2"},":big":{"N":"9e125"},":ss":{"SS":["y"]},":ns":{"NS":["1"]},":l":{"L":[]}}`
	const path, missing, operand = string(ErrBadPath), string(ErrNoAttribute), string(ErrBadOperand)
	cases := []struct{ update, want string }{
		{"SET a = zz", missing}, {"SET a = zz + :n", missing}, {"SET a = m.zz", missing}, {"SET a = list_append(l, zz)", missing},
		{"SET a = s + :n", operand}, {"SET a = n - s", operand}, {"SET a = list_append(l, s)", operand}, {"SET a = list_append(if_not_exists(zz, :n), :l)", operand},
		{"ADD s :n", operand}, {"ADD n :ss", operand}, {"ADD ss :ns", operand}, {"ADD l :n", operand}, {"DELETE ss :ns", operand}, {"DELETE s :ss", operand},
		{"SET zz.a = :n", path}, {"SET zz[0] = :n", path}, {"SET s.a = :n", path}, {"SET s[0] = :n", path}, {"SET m[0] = :n", path}, {"SET l.a = :n", path},
		{"SET m.zz.a = :n", path}, {"SET l[5].a = :n", path}, {"REMOVE zz.a", path}, {"REMOVE zz[1]", path}, {"REMOVE s.a", path}, {"REMOVE m[0]", path},
		{"REMOVE l.a", path}, {"DELETE zz.a :ss", path}, {"ADD zz.a :n", path}, {"DELETE l.a :ss", path}, {"ADD m[1] :n", path},
		{"SET big = big + :big", "Number overflow"}, {"ADD big :big", "Number overflow"}, {"SET a = big + :n", "Number overflow"},
	}
	for _, c := range cases {
		u, err := ParseUpdate(c.update, env(t, "", values))
		if err != nil {
			t.Errorf("%s: %v", c.update, err)
			continue
		}
		if _, err := u.Apply(parse(t, item)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.update, err, c.want)
		}
	}
}

func TestUpdatesRefused(t *testing.T) {
	t.Parallel()
	const values = `{":n":{"N":"1"},":s":{"S":"x"},":l":{"L":[]},":m":{"M":{}},":t":{"BOOL":true},":ss":{"SS":["a"]}}`
	syntax := []string{"whatever", "set a", "add a", "delete a", "set a=set", "remove a = b", "add a = b", "delete a = b", "delete a b",
		"delete a if_not_exist(b)", "add a b", "remove a b", "set a b", "set :n = b", "add :n b", "remove :n", "set a = b / c", "set a = b * c",
		`set a[1] = "eight"`, "set a[1] = 1", "set (a = (b + c))", "set a = (b.c).d + e", "set a = b + c + d", "set a = (b + c) + d",
		"set a = list_append(b + c, d)", "set", "set a = :n,", "set a = :n remove", "set a = :n b = :n", "set a = (((:n", "SET a[0 = :n", "SET a[-1] = :n"}
	for _, source := range syntax {
		if _, err := ParseUpdate(source, env(t, "", values)); err == nil || !strings.HasPrefix(err.Error(), "Invalid UpdateExpression: Syntax error; ") {
			t.Errorf("%s: %v, want a syntax error", source, err)
		}
	}
	cases := []struct{ source, want string }{
		{"", "The expression can not be empty;"},
		{"set #c = :n set abOrt = :n", "reserved keyword: abOrt"}, {"remove Absolute", "reserved keyword: Absolute"},
		{"set a = nope(:n)", "Invalid function name; function: nope"}, {"set a = size(b)", "Invalid function name; function: size"},
		{"set a = :n set c = :n", `The "SET" section can only be used once in an update expression;`},
		{"remove d set a = b remove e", `The "REMOVE" section can only be used once`},
		{"set #zz = :n", "attribute name used in the document path is not defined; attribute name: #zz"},
		{"set a = :zz", "attribute value used in expression is not defined; attribute value: :zz"},
		{"set a = :n, a = :n", "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"},
		{"set #c[3].d = a, #c[3] = a", "path one: [c, [3], d], path two: [c, [3]]"}, {"set a.b = :n remove a", "overlap"}, {"set a[1] = :n, a[1][2] = :n", "overlap"},
		{"set a.b = :n, a[1] = :n", "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]"},
		{"add a :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"}, {"add a :l", "operator: ADD, operand type: LIST"},
		{"add a :t", "operator: ADD, operand type: BOOLEAN"}, {"delete a :n", "operator: DELETE, operand type: NUMBER"}, {"delete a :m", "operator: DELETE, operand type: MAP"},
		{"set a = if_not_exists(c)", "operator or function: if_not_exists, number of operands: 1"},
		{"set a = list_append(c, d, e)", "operator or function: list_append, number of operands: 3"},
		{"set a = if_not_exists(:n, c)", "Operator or function requires a document path; operator or function: if_not_exists"},
		{"set a = list_append(:s, a)", "operator or function: list_append, operand type: S"}, {"set a = a + :s", "operator or function: +, operand type: S"},
		{"set a = :l - a", "operator or function: -, operand type: L"},
	}
	for _, c := range cases {
		_, err := ParseUpdate(c.source, env(t, "#c=c", values))
		if err == nil || !strings.HasPrefix(err.Error(), "Invalid UpdateExpression: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s", c.source, err, c.want)
		}
	}
}

func TestOnlyRemoves(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{"REMOVE a": true, "DELETE a :s": true, "REMOVE a DELETE b :s": true, "SET a = b": false, "ADD a :s": false, "REMOVE b SET a = b": false} {
		e := env(t, "", `{":s":{"SS":["x"]}}`)
		u, err := ParseUpdate(source, e)
		if err != nil || u.OnlyRemoves() != want {
			t.Errorf("%s: only removes %v, %v", source, !want, err)
		}
	}
}

func TestTheFirstMistakeInDynamoDBsOrderIsReported(t *testing.T) {
	t.Parallel()
	const values = `{":a":{"S":"a"}}`
	const before = "set b = list_append(:a, a), c = if_not_exists(a) add a.b :a"
	_, err := ParseUpdate(before, env(t, "", values))
	if err == nil || !strings.Contains(err.Error(), "operator: ADD, operand type: STRING") {
		t.Errorf("update: %v", err)
	}
	for source, want := range map[string]string{
		"attribute_exists(:a) AND a = a":       "requires a document path",
		"a = a AND b = :zz":                    "must be distinct",
		"b = :zz AND a = a":                    "not defined",
		"a = a AND status = :a":                "reserved keyword",
		"((a = a)) AND nope(b) AND status = b": "redundant parentheses",
	} {
		if _, err := ParseCondition("FilterExpression", source, env(t, "", values)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", source, err, want)
		}
	}
}

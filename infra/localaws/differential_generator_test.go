package localaws_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

type object = map[string]any

// generator makes the random sequence. Keys and attributes are few, so that
// operations meet.
type generator struct{ *rand.Rand }

// differentialTable has a sort key, a local and two global indexes.
func differentialTable() object {
	key := func(names ...string) []any {
		out := []any{object{"AttributeName": names[0], "KeyType": "HASH"}}
		if len(names) > 1 {
			out = append(out, object{"AttributeName": names[1], "KeyType": "RANGE"})
		}
		return out
	}
	index := func(name, projection string, names ...string) object {
		return object{"IndexName": name, "KeySchema": key(names...), "Projection": object{"ProjectionType": projection}}
	}
	var types []any
	for name, kind := range map[string]string{"p": "S", "r": "N", "l": "S", "g": "S", "n": "N"} {
		types = append(types, object{"AttributeName": name, "AttributeType": kind})
	}
	return object{"TableName": "things", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": types, "KeySchema": key("p", "r"),
		"LocalSecondaryIndexes":  []any{index("local", "ALL", "p", "l")},
		"GlobalSecondaryIndexes": []any{index("byg", "ALL", "g"), index("bygn", "KEYS_ONLY", "g", "n")}}
}

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) once(in int) bool { return g.IntN(in) == 0 }

func (g *generator) step() step {
	switch n := g.IntN(100); {
	case n < 18:
		return g.put()
	case n < 42:
		return g.update()
	case n < 48:
		return g.delete()
	case n < 58:
		return g.get()
	case n < 72:
		return g.query()
	case n < 78:
		return g.scan()
	case n < 83:
		return g.batchWrite()
	case n < 87:
		return g.batchGet()
	case n < 91:
		return g.transact()
	case n < 92:
		return g.transactGet()
	}
	return g.queueStep()
}

func (g *generator) key() object {
	return object{"p": object{"S": pick(g, "a", "b", "c")}, "r": object{"N": pick(g, "-2.5", "0", "1", "2", "10")}}
}

func (g *generator) item() object {
	it := g.key()
	for _, name := range []string{"a", "b", "c", "d"} {
		if g.once(2) {
			it[name] = g.value(0)
		}
	}
	if g.once(2) {
		it["l"] = object{"S": pick(g, "x", "xy", "z")}
	}
	if g.once(2) {
		it["g"] = object{"S": pick(g, "g1", "g2")}
	}
	if g.once(2) {
		it["n"] = g.number()
	}
	return it
}

func (g *generator) number() object {
	return object{"N": pick(g, "0", "1", "2", "-1", "3.5", "-0.25", "100", "12345678901234567890123456789012345678", "0.0001")}
}

func (g *generator) value(depth int) object {
	n := 10
	if depth > 1 {
		n = 7
	}
	switch g.IntN(n) {
	case 0:
		return object{"S": pick(g, "", "x", "xy", "yx", "é", "z")}
	case 1, 2:
		return g.number()
	case 3:
		return object{"B": pick(g, "AQI=", "AQ==", "/w==")}
	case 4:
		return object{"BOOL": g.once(2)}
	case 5:
		return object{"NULL": true}
	case 6:
		return g.set()
	case 7:
		list := []any{}
		for range g.IntN(3) {
			list = append(list, g.value(depth+1))
		}
		return object{"L": list}
	}
	m := object{}
	for _, name := range []string{"x", "y"} {
		if g.once(2) {
			m[name] = g.value(depth + 1)
		}
	}
	return object{"M": m}
}

func (g *generator) set() object {
	if g.once(2) {
		return object{"NS": []any{"1", "2", "3"}[:1+g.IntN(3)]}
	}
	return object{"SS": []any{"x", "xy", "z"}[:1+g.IntN(3)]}
}

// expressions gathers the placeholders of one request.
type expressions struct {
	*generator
	names, values object
}

func (g *generator) expressions() *expressions { return &expressions{g, object{}, object{}} }

func (x *expressions) into(in object) {
	if len(x.names) > 0 {
		in["ExpressionAttributeNames"] = x.names
	}
	if len(x.values) > 0 {
		in["ExpressionAttributeValues"] = x.values
	}
}

func (x *expressions) val(v object) string {
	name := fmt.Sprintf(":v%d", len(x.values))
	x.values[name] = v
	return name
}

func (x *expressions) name(n string) string {
	if x.once(3) {
		x.names["#"+n] = n
		return "#" + n
	}
	return n
}

func (x *expressions) path() string {
	base := x.name(pick(x.generator, "a", "b", "c", "d"))
	switch x.IntN(6) {
	case 0:
		return base + "." + x.name(pick(x.generator, "x", "y"))
	case 1:
		return fmt.Sprintf("%s[%d]", base, x.IntN(3))
	}
	return base
}

func (x *expressions) condition(depth int) string {
	if depth < 2 && x.once(8) {
		return "NOT " + x.condition(depth+1)
	}
	if depth < 2 && x.once(3) {
		a, b := x.condition(depth+1), x.condition(depth+1)
		return pick(x.generator, a+" AND "+b, a+" OR "+b, "("+a+" OR "+b+") AND NOT ("+b+")")
	}
	switch x.IntN(9) {
	case 0:
		return "attribute_exists(" + x.path() + ")"
	case 1:
		return "attribute_not_exists(" + x.path() + ")"
	case 2:
		return "attribute_type(" + x.path() + ", " + x.val(object{"S": pick(x.generator, "S", "N", "L", "M", "SS", "NULL", "BOOL", "B", "NS")}) + ")"
	case 3:
		return "begins_with(" + x.path() + ", " + x.val(object{"S": pick(x.generator, "x", "xy", "")}) + ")"
	case 4:
		return "contains(" + x.path() + ", " + x.val(pick(x.generator, object{"S": "x"}, object{"N": "1"}, object{"S": "xy"})) + ")"
	case 5:
		low, high := x.val(object{"N": pick(x.generator, "-1", "0", "1")}), x.val(object{"N": pick(x.generator, "1", "2", "100")})
		return x.path() + " BETWEEN " + low + " AND " + high
	case 6:
		return x.path() + " IN (" + x.val(x.value(1)) + ", " + x.val(x.value(1)) + ")"
	case 7:
		return "size(" + x.path() + ") " + x.comparator() + " " + x.val(object{"N": pick(x.generator, "0", "1", "2")})
	}
	if x.once(3) {
		return x.path() + " " + pick(x.generator, "=", "<>") + " " + x.val(x.value(1))
	}
	return x.path() + " " + x.comparator() + " " + x.val(pick(x.generator, x.number(), object{"S": "xy"}, object{"B": "AQ=="}))
}

func (x *expressions) comparator() string { return pick(x.generator, "=", "<>", "<", "<=", ">", ">=") }

// change is an UpdateExpression; each attribute is in it once.
func (x *expressions) change() string {
	names := []string{"a", "b", "c", "d", "l", "g", "n"}
	x.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	clauses := map[string][]string{}
	for _, name := range names[:1+x.IntN(3)] {
		verb, clause := x.clause(name)
		clauses[verb] = append(clauses[verb], clause)
	}
	var out []string
	for _, verb := range []string{"SET", "REMOVE", "ADD", "DELETE"} {
		if len(clauses[verb]) > 0 {
			out = append(out, verb+" "+strings.Join(clauses[verb], ", "))
		}
	}
	return strings.Join(out, " ")
}

func (x *expressions) clause(name string) (verb, clause string) {
	n := x.name(name)
	switch {
	case x.once(5):
		return "REMOVE", n
	case name == "l":
		return "SET", n + " = " + x.val(object{"S": pick(x.generator, "x", "xy", "z")})
	case name == "g":
		return "SET", n + " = " + x.val(object{"S": pick(x.generator, "g1", "g2")})
	case name == "n":
		return pick(x.generator, "ADD", "ADD"), n + " " + x.val(x.number())
	}
	switch x.IntN(9) {
	case 0:
		return "ADD", n + " " + x.val(pick(x.generator, x.number(), x.set()))
	case 1:
		return "DELETE", n + " " + x.val(x.set())
	case 2:
		return "SET", n + " = if_not_exists(" + x.path() + ", " + x.val(x.value(1)) + ")"
	case 3:
		return "SET", n + " = list_append(" + n + ", " + x.val(object{"L": []any{x.value(2)}}) + ")"
	case 4:
		return "SET", n + " = if_not_exists(" + n + ", " + x.val(object{"N": "0"}) + ") " + pick(x.generator, "+", "-") + " " + x.val(x.number())
	case 5:
		return "SET", n + pick(x.generator, ".x", ".y", "[0]", "[1]", "[7]") + " = " + x.val(x.value(1))
	case 6:
		return "REMOVE", n + pick(x.generator, ".x", ".y", "[0]", "[1]")
	}
	return "SET", n + " = " + x.val(x.value(0))
}

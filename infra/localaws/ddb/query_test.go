package ddb_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// all follows the pages of a query.
func (b *bundle) all(t testing.TB, in dynamodb.QueryInput) (items []item, pages int) {
	t.Helper()
	for {
		out, err := b.db.Query(context.Background(), &in)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		items = append(items, out.Items...)
		if out.LastEvaluatedKey == nil {
			return items, pages
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

func text(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return string(v.Value)
	}
	return ""
}

func texts(items []item, name string) string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = text(it[name])
	}
	return strings.Join(out, " ")
}

func TestSortKeyConditions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	for _, s := range []string{"a", "ab", "abc", "b", "ba", "c"} {
		b.put(t, table, item{"p": str("x"), "s": str(s)}, item{"p": str("y"), "s": str(s)})
	}
	cases := []struct{ condition, low, high, want string }{
		{"p = :p", "", "", "a ab abc b ba c"}, {"p = :p AND s = :l", "ab", "", "ab"}, {"p = :p AND s < :l", "b", "", "a ab abc"},
		{"p = :p AND s <= :l", "b", "", "a ab abc b"}, {"p = :p AND s > :l", "ab", "", "abc b ba c"}, {"p = :p AND s >= :l", "ab", "", "ab abc b ba c"},
		{"p = :p AND s BETWEEN :l AND :h", "ab", "b", "ab abc b"}, {"p = :p AND begins_with(s, :l)", "ab", "", "ab abc"}, {":l < s AND p = :p", "b", "", "ba c"},
	}
	for _, c := range cases {
		for _, forward := range []bool{true, false} {
			values := item{":p": str("x")}
			if c.low != "" {
				values[":l"] = str(c.low)
			}
			if c.high != "" {
				values[":h"] = str(c.high)
			}
			for limit := int32(1); limit < 4; limit++ {
				items, _ := b.all(t, dynamodb.QueryInput{TableName: &table, KeyConditionExpression: &c.condition,
					ExpressionAttributeValues: values, ScanIndexForward: &forward, Limit: &limit})
				want := strings.Fields(c.want)
				if !forward {
					slices.Reverse(want)
				}
				if got := texts(items, "s"); got != strings.Join(want, " ") {
					t.Errorf("%s forward %v limit %d: %s", c.condition, forward, limit, got)
				}
			}
		}
	}
}

func TestNumbersAndBinariesSortAsSuch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	numbers := []string{"-1000000", "-10", "-9.5", "-0.001", "0", "0.0001", "1", "2", "10", "9007199254740993", "9007199254740994", "1e100"}
	for _, i := range rand.Perm(len(numbers)) {
		b.put(t, table, item{"p": str(strconv.Itoa(i)), "s": str("s"), "gp": str("g"), "gs": num(numbers[i])})
	}
	items, _ := b.all(t, dynamodb.QueryInput{TableName: &table, IndexName: aws.String("all"), KeyConditionExpression: aws.String("gp = :g"),
		ExpressionAttributeValues: item{":g": str("g")}, Limit: aws.Int32(5)})
	if got, want := texts(items, "p"), "0 1 2 3 4 5 6 7 8 9 10 11"; got != want {
		t.Errorf("numbers: %s", texts(items, "gs"))
	}
	binaries := [][]byte{{0}, {0, 0}, {0, 1}, {0, 255}, {1}, {127}, {128}, {255}, {255, 0}}
	for _, i := range rand.Perm(len(binaries)) {
		b.put(t, table, item{"p": str("bin"), "s": str(strconv.Itoa(i)), "ls": &types.AttributeValueMemberB{Value: binaries[i]}})
	}
	items, _ = b.all(t, dynamodb.QueryInput{TableName: &table, IndexName: aws.String("local"), KeyConditionExpression: aws.String("p = :p"),
		ExpressionAttributeValues: item{":p": str("bin")}})
	if !slices.IsSortedFunc(items, func(x, y item) int { return bytes.Compare([]byte(text(x["ls"])), []byte(text(y["ls"]))) }) || len(items) != len(binaries) {
		t.Errorf("binaries: %q", texts(items, "ls"))
	}
}

func TestPagesOfAnIndexWithEqualKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	for i := range 30 {
		b.put(t, table, item{"p": str(fmt.Sprintf("p%d", i)), "s": str("s"), "gp": str("g"), "gs": num(strconv.Itoa(i % 3))})
	}
	for _, forward := range []bool{true, false} {
		for limit := int32(1); limit < 12; limit += 2 {
			items, _ := b.all(t, dynamodb.QueryInput{TableName: &table, IndexName: aws.String("all"), Limit: &limit, ScanIndexForward: &forward,
				KeyConditionExpression: aws.String("gp = :g"), ExpressionAttributeValues: item{":g": str("g")}})
			seen := map[string]bool{}
			for _, it := range items {
				seen[text(it["p"])] = true
			}
			if len(items) != 30 || len(seen) != 30 {
				t.Errorf("forward %v limit %d: %d items, %d different", forward, limit, len(items), len(seen))
			}
			if !slices.IsSortedFunc(items, func(x, y item) int {
				order := cmp.Compare(text(x["gs"]), text(y["gs"]))
				if !forward {
					return -order
				}
				return order
			}) {
				t.Errorf("not in order: %s", texts(items, "gs"))
			}
		}
	}
}

func TestAPageGoesOnAfterItsLastItemWasDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	for _, s := range []string{"a", "b", "c", "d"} {
		b.put(t, table, item{"p": str("x"), "s": str(s)})
	}
	in := dynamodb.QueryInput{TableName: &table, Limit: aws.Int32(2), KeyConditionExpression: aws.String("p = :p"), ExpressionAttributeValues: item{":p": str("x")}}
	first, err := b.db.Query(context.Background(), &in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &table, Key: first.LastEvaluatedKey}); err != nil {
		t.Fatal(err)
	}
	in.ExclusiveStartKey = first.LastEvaluatedKey
	rest, _ := b.all(t, in)
	if got := texts(rest, "s"); got != "c d" {
		t.Errorf("got %s", got)
	}
}

func TestSparseAndProjectedIndexes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.put(t, table,
		item{"p": str("1"), "s": str("s"), "gp": str("g"), "gs": num("1"), "x": str("x"), "y": str("y")},
		item{"p": str("2"), "s": str("s"), "gp": str("g"), "x": str("x"), "y": str("y")}, // not in "all"
		item{"p": str("3"), "s": str("s"), "gs": num("1")})                               // in none
	query := func(index string, change func(*dynamodb.QueryInput)) (*dynamodb.QueryOutput, error) {
		in := &dynamodb.QueryInput{TableName: &table, IndexName: &index, KeyConditionExpression: aws.String("gp = :g"), ExpressionAttributeValues: item{":g": str("g")}}
		if change != nil {
			change(in)
		}
		return b.db.Query(context.Background(), in)
	}
	for index, want := range map[string][]int{"all": {6}, "keys": {3, 3}, "some": {4, 4}} {
		out, err := query(index, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, it := range out.Items {
			got = append(got, len(it))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: attributes %v, want %v", index, got, want)
		}
	}
	_, err := query("keys", func(in *dynamodb.QueryInput) { in.ProjectionExpression = aws.String("y") })
	wantError(t, err, "ValidationException", "Global secondary index keys does not project [y]")
	_, err = query("some", func(in *dynamodb.QueryInput) { in.Select = types.SelectAllAttributes })
	wantError(t, err, "ValidationException", "Select type ALL_ATTRIBUTES is not supported for global secondary index some because its projection type is not ALL")
	_, err = query("all", func(in *dynamodb.QueryInput) { in.ConsistentRead = aws.Bool(true) })
	wantError(t, err, "ValidationException", "Consistent reads are not supported on global secondary indexes")
	_, err = query("none", nil)
	wantError(t, err, "ValidationException", "The table does not have the specified index: none")
	counted, err := query("keys", func(in *dynamodb.QueryInput) { in.Select = types.SelectCount })
	if err != nil || counted.Count != 2 || counted.Items != nil {
		t.Errorf("count %d, items %v, %v", counted.Count, counted.Items, err)
	}
}

func TestALocalIndexFetchesWhatItDoesNotHold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	b.put(t, table, item{"p": str("1"), "s": str("s"), "ls": &types.AttributeValueMemberB{Value: []byte{1}}, "y": str("y")})
	for _, c := range []struct {
		in   dynamodb.QueryInput
		want int
	}{
		{dynamodb.QueryInput{}, 3}, {dynamodb.QueryInput{Select: types.SelectAllAttributes}, 4}, {dynamodb.QueryInput{ProjectionExpression: aws.String("y")}, 1},
	} {
		c.in.TableName, c.in.IndexName, c.in.ConsistentRead = &table, aws.String("local"), aws.Bool(true)
		c.in.KeyConditionExpression, c.in.ExpressionAttributeValues = aws.String("p = :p"), item{":p": str("1")}
		out, err := b.db.Query(context.Background(), &c.in)
		if err != nil || len(out.Items) != 1 || len(out.Items[0]) != c.want {
			t.Errorf("got %v, %v; want %d attributes", out, err, c.want)
		}
	}
}

func TestLimitCountsBeforeTheFilter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	for i := range 10 {
		b.put(t, table, item{"p": str("x"), "s": str(fmt.Sprintf("%02d", i)), "v": num(strconv.Itoa(i % 2))})
	}
	out, err := b.db.Query(context.Background(), &dynamodb.QueryInput{TableName: &table, Limit: aws.Int32(4), KeyConditionExpression: aws.String("p = :p"),
		FilterExpression: aws.String("v = :v"), ExpressionAttributeValues: item{":p": str("x"), ":v": num("1")}})
	if err != nil || out.Count != 2 || out.ScannedCount != 4 || out.LastEvaluatedKey == nil {
		t.Errorf("count %d of %d, last %v, %v", out.Count, out.ScannedCount, out.LastEvaluatedKey, err)
	}
}

func TestAPageHoldsOneMegabyte(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	big := str(strings.Repeat("x", 300*1024))
	for i := range 7 {
		b.put(t, table, item{"p": str("x"), "s": str(strconv.Itoa(i)), "v": big})
	}
	items, pages := b.all(t, dynamodb.QueryInput{TableName: &table, KeyConditionExpression: aws.String("p = :p"), ExpressionAttributeValues: item{":p": str("x")}})
	if len(items) != 7 || pages != 3 {
		t.Errorf("%d items on %d pages, want 7 on 3", len(items), pages)
	}
}

func TestScanSegmentsShareTheTable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	for i := range 60 {
		b.put(t, table, item{"p": str(strconv.Itoa(i)), "s": str("s")})
	}
	for _, total := range []int32{1, 2, 3, 7} {
		seen := map[string]int{}
		for segment := range total {
			in := &dynamodb.ScanInput{TableName: &table, Segment: aws.Int32(segment), TotalSegments: aws.Int32(total), Limit: aws.Int32(4)}
			for {
				out, err := b.db.Scan(context.Background(), in)
				if err != nil {
					t.Fatal(err)
				}
				for _, it := range out.Items {
					seen[text(it["p"])]++
				}
				if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
					break
				}
			}
		}
		if len(seen) != 60 {
			t.Errorf("%d segments: %d items", total, len(seen))
		}
		for p, n := range seen {
			if n != 1 {
				t.Errorf("%d segments: item %s came %d times", total, p, n)
			}
		}
	}
}

func TestQueryRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	cases := []struct {
		in   dynamodb.QueryInput
		want string
	}{
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("s = :a"), ExpressionAttributeValues: item{":a": str("x")}}, "Query condition missed key schema element: p"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p > :a"), ExpressionAttributeValues: item{":a": str("x")}}, "Query key condition not supported"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a AND z = :a"), ExpressionAttributeValues: item{":a": str("x")}}, "Query condition missed key schema element: s"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), ExpressionAttributeValues: item{":a": num("1")}}, "Condition parameter type does not match schema type"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), ExpressionAttributeValues: item{":a": str("")}}, "cannot contain an empty string value. Key: p"},
		{dynamodb.QueryInput{}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), FilterExpression: aws.String("s = :a"), ExpressionAttributeValues: item{":a": str("x")}},
			"Filter Expression can only contain non-primary key attributes: Primary key attribute: s"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), ExpressionAttributeValues: item{":a": str("x")}, ExclusiveStartKey: item{"p": str("x")}}, "The provided starting key is invalid"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), ExpressionAttributeValues: item{":a": str("x")}, ExclusiveStartKey: item{"p": str("y"), "s": str("s")}},
			"The provided starting key is outside query boundaries based on provided conditions"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a AND s > :a"), ExpressionAttributeValues: item{":a": str("x")}, ExclusiveStartKey: item{"p": str("x"), "s": str("a")}},
			"The provided starting key does not match the range key predicate"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), ExpressionAttributeValues: item{":a": str("x")}, Select: types.SelectSpecificAttributes}, "Must specify the AttributesToGet or ProjectionExpression"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), ExpressionAttributeValues: item{":a": str("x")}, Limit: aws.Int32(0)}, "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		{dynamodb.QueryInput{KeyConditionExpression: aws.String("p = :a"), ExpressionAttributeValues: item{":a": str("x"), ":b": str("x")}}, "unused in expressions: keys: {:b}"},
		{dynamodb.QueryInput{KeyConditions: map[string]types.Condition{}}, "Either the KeyConditions or KeyConditionExpression parameter must be specified"},
	}
	for _, c := range cases {
		c.in.TableName = &table
		_, err := b.db.Query(context.Background(), &c.in)
		wantError(t, err, "ValidationException", c.want)
	}
}

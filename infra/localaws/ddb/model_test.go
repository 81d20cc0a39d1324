package ddb_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// model is what a table should hold: a value by key, and by value an index.
type model struct {
	b     *bundle
	table string
	rows  map[[2]string]int
	// changes counts the writes that changed something.
	changes int
}

func drawKey(t *rapid.T) [2]string {
	return [2]string{rapid.SampledFrom([]string{"a", "b", "\x00", "é"}).Draw(t, "p"), rapid.SampledFrom([]string{"1", "2", "2\x00", "3"}).Draw(t, "s")}
}

func keyItem(k [2]string) item { return item{"p": str(k[0]), "s": str(k[1])} }

// row is an item whose value decides its place in the index.
func row(k [2]string, v int) item {
	it := keyItem(k)
	it["gp"], it["gs"] = str("g"), num(strconv.Itoa(v))
	return it
}

func (m *model) set(k [2]string, v int) {
	if old, ok := m.rows[k]; !ok || old != v {
		m.changes++
	}
	m.rows[k] = v
}

func (m *model) remove(k [2]string) {
	if _, ok := m.rows[k]; ok {
		m.changes++
	}
	delete(m.rows, k)
}

func (m *model) Put(t *rapid.T) {
	k, v := drawKey(t), rapid.IntRange(-3, 3).Draw(t, "v")
	if _, err := m.b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &m.table, Item: row(k, v)}); err != nil {
		t.Fatal(err)
	}
	m.set(k, v)
}

func (m *model) Delete(t *rapid.T) {
	k := drawKey(t)
	if _, err := m.b.db.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &m.table, Key: keyItem(k)}); err != nil {
		t.Fatal(err)
	}
	m.remove(k)
}

func (m *model) ConditionalAdd(t *rapid.T) {
	k := drawKey(t)
	_, err := m.b.db.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{TableName: &m.table, Key: keyItem(k),
		ConditionExpression: aws.String("gs < :max"), UpdateExpression: aws.String("SET gs = gs + :one"),
		ExpressionAttributeValues: item{":one": num("1"), ":max": num("2")}})
	v, ok := m.rows[k]
	var refused *types.ConditionalCheckFailedException
	if want := !ok || v >= 2; errors.As(err, &refused) != want || !want && err != nil {
		t.Fatalf("%q holds %d, %v: %v", k, v, ok, err)
	} else if !want {
		m.set(k, v+1)
	}
}

// Swap writes two items in one transaction, on condition that the first exists.
func (m *model) Swap(t *rapid.T) {
	first, second := drawKey(t), drawKey(t)
	if first == second {
		t.Skip("one item")
	}
	v := rapid.IntRange(-3, 3).Draw(t, "v")
	err := m.b.transact(nil, txPut(m.table, row(first, v), "attribute_exists(p)"),
		types.TransactWriteItem{Delete: &types.Delete{TableName: &m.table, Key: keyItem(second)}})
	_, exists := m.rows[first]
	if exists != (err == nil) {
		t.Fatalf("%q exists %v: %v", first, exists, err)
	}
	if exists {
		m.set(first, v)
		m.remove(second)
	}
}

// Check compares the table, its index in both directions, and its stream.
func (m *model) Check(t *rapid.T) {
	out, err := m.b.db.Scan(context.Background(), &dynamodb.ScanInput{TableName: &m.table})
	if err != nil || int(out.Count) != len(m.rows) {
		t.Fatalf("%d rows, want %d, %v", out.Count, len(m.rows), err)
	}
	for _, it := range out.Items {
		if v := text(it["gs"]); v != strconv.Itoa(m.rows[[2]string{text(it["p"]), text(it["s"])}]) {
			t.Fatalf("%v holds %s", it, v)
		}
	}
	values := slices.SortedFunc(maps.Values(m.rows), cmp.Compare[int])
	for _, forward := range []bool{true, false} {
		in := dynamodb.QueryInput{TableName: &m.table, IndexName: aws.String("all"), Limit: aws.Int32(3), ScanIndexForward: &forward,
			KeyConditionExpression: aws.String("gp = :g"), ExpressionAttributeValues: item{":g": str("g")}}
		var got []int
		for {
			page, err := m.b.db.Query(context.Background(), &in)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range page.Items {
				v, _ := strconv.Atoi(text(it["gs"]))
				got = append(got, v)
			}
			if in.ExclusiveStartKey = page.LastEvaluatedKey; in.ExclusiveStartKey == nil {
				break
			}
		}
		if !forward {
			slices.Reverse(got)
		}
		if !slices.Equal(got, values) {
			t.Fatalf("index holds %v, want %v", got, values)
		}
	}
}

func TestTheTableBehavesLikeAMap(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		m := &model{b: b, table: b.create(t, tableThings(fmt.Sprintf("things%d", n))), rows: map[[2]string]int{}}
		rt.Repeat(map[string]func(*rapid.T){"put": m.Put, "delete": m.Delete, "add": m.ConditionalAdd, "swap": m.Swap, "": m.Check})
		if got := len(b.everything(t, m.table)); got != m.changes {
			rt.Fatalf("%d stream records for %d changes", got, m.changes)
		}
	})
}

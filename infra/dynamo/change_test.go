package dynamo_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// images reads all rows of a table as a stream would show them, by entity.
func images(t *testing.T, client *dynamodb.Client, table string) map[string]map[string]events.DynamoDBAttributeValue {
	t.Helper()
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]events.DynamoDBAttributeValue{}
	for _, it := range out.Items {
		image := map[string]events.DynamoDBAttributeValue{}
		for name, v := range it {
			switch v := v.(type) {
			case *types.AttributeValueMemberS:
				image[name] = events.NewStringAttribute(v.Value)
			case *types.AttributeValueMemberN:
				image[name] = events.NewNumberAttribute(v.Value)
			case *types.AttributeValueMemberB:
				image[name] = events.NewBinaryAttribute(v.Value)
			default:
				t.Fatalf("attribute %s is a %T", name, v)
			}
		}
		found[image["t"].String()] = image
	}
	return found
}

func TestChangesAreTheRecords(t *testing.T) {
	t.Parallel()
	const w commerce.WorkspaceID = "ws#1"
	clock := newClock()
	client, table := open(t, clock)
	s := dynamo.New(client, table, options(clock))
	long := commerce.Order{ID: "o", Channel: commerce.Etsy, State: commerce.OrderPaid, Note: strings.Repeat("long ", 2000)}
	order, err := s.PutOrder(t.Context(), w, port.OrderWrite{Order: long, Events: []commerce.OrderEvent{{ID: "e"}},
		Out: []port.Outbound{{ID: "1", Space: w, Key: "o", State: commerce.SendPending}}})
	if err != nil {
		t.Fatal(err)
	}
	level := commerce.StockLevel{Variant: "v", SKU: "s", Location: "default", OnHand: 3}
	mark := port.Mark{Space: w, Target: "t", Lane: port.LaneStock, Product: "p", Version: "1"}
	if err := s.Move(t.Context(), w, port.LevelMove{Level: level, Move: commerce.StockMove{ID: "m", Variant: "v", Location: "default", Anchor: clock.Now()}}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutMarks(t.Context(), []port.Mark{mark}); err != nil {
		t.Fatal(err)
	}
	level.Version = 1
	rows := images(t, client, table)
	for entity, want := range map[port.Entity]any{
		port.EntityOrder: order, port.EntityLevel: level, port.EntityMark: mark,
		port.EntityOutbound: port.Outbound{ID: "1", Space: w, Key: "o", State: commerce.SendPending, Version: 1},
	} {
		image := rows[string(entity)]
		record, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]struct {
			old, new map[string]events.DynamoDBAttributeValue
			want     port.Changed
		}{
			"insert": {nil, image, port.Changed{Entity: entity, Space: w, New: record}},
			"modify": {image, image, port.Changed{Entity: entity, Space: w, Old: record, New: record}},
			"remove": {image, nil, port.Changed{Entity: entity, Space: w, Old: record}},
		} {
			change.want.Ref = map[port.Entity]string{port.EntityOrder: "o", port.EntityLevel: "v", port.EntityMark: "t", port.EntityOutbound: "o"}[entity]
			got, told, err := dynamo.DecodeChange(events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{OldImage: change.old, NewImage: change.new}})
			if diff := cmp.Diff(change.want, got); diff != "" || !told || err != nil {
				t.Errorf("%s of %s: told %t, %v\n%s", name, entity, told, err, diff)
			}
		}
	}
	for _, entity := range []string{"move", "event"} {
		if _, told, err := dynamo.DecodeChange(events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{NewImage: rows[entity]}}); told || err != nil {
			t.Errorf("%s is told: %t, %v", entity, told, err)
		}
	}
	newer := rows["order"]
	newer["sv"] = events.NewNumberAttribute("99")
	known, _, err := dynamo.DecodeChange(events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{NewImage: newer}})
	if diff := cmp.Diff(port.Changed{Entity: port.EntityOrder, Space: w, Ref: "o"}, known); !fault.Is(err, fault.Internal) || diff != "" {
		t.Errorf("a change of a newer release: %v\n%s", err, diff)
	}
}

func FuzzDecodeChange(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"dynamodb":{"NewImage":{"t":{"S":"order"},"pk":{"S":"w#a#ord#1"},"d":{"B":"e30="}}}}`,
		`{"dynamodb":{"OldImage":{"t":{"S":"level"},"pk":{"S":"w#a%23#stk"},"sv":{"N":"1"},"d":{"B":"AQ=="}}}}`,
		`{"dynamodb":{"NewImage":{"t":{"S":"mark"},"pk":{"N":"1"},"sv":{"S":"x"}}}}`, `{"dynamodb":{"NewImage":{"t":{"S":"outbound"},"pk":{"S":"sys#a"}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var r events.DynamoDBEventRecord
		if json.NewDecoder(bytes.NewReader(data)).Decode(&r) != nil {
			return
		}
		changed, told, err := dynamo.DecodeChange(r)
		if told && (err != nil || changed.Space == "" || (changed.Old == nil && changed.New == nil)) {
			t.Fatalf("told %+v, %v", changed, err)
		}
	})
}

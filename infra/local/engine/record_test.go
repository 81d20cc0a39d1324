package engine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/google/go-cmp/cmp"
)

func TestConvertKeepsEveryType(t *testing.T) {
	t.Parallel()
	image := map[string]types.AttributeValue{
		"s": &types.AttributeValueMemberS{Value: "x"}, "n": &types.AttributeValueMemberN{Value: "1.50"},
		"b": &types.AttributeValueMemberB{Value: []byte{1}}, "t": &types.AttributeValueMemberBOOL{Value: true},
		"z": &types.AttributeValueMemberNULL{Value: true}, "ss": &types.AttributeValueMemberSS{Value: []string{"a"}},
		"ns": &types.AttributeValueMemberNS{Value: []string{"2"}}, "bs": &types.AttributeValueMemberBS{Value: [][]byte{{2}}},
		"m": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "v"}}},
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "3"}}},
	}
	b := setup(t, streamer(streamTrigger()), nil, nilInvoke)
	r := &reader{Engine: b.engine, stream: &stream{arn: "arn:stream"}}
	got, err := r.convert(types.Record{
		EventID: aws.String("e"), EventName: types.OperationTypeRemove, EventVersion: aws.String("1.1"),
		UserIdentity: &types.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")},
		Dynamodb: &types.StreamRecord{
			SequenceNumber: aws.String("9"), SizeBytes: aws.Int64(7), StreamViewType: types.StreamViewTypeNewAndOldImages,
			Keys: map[string]types.AttributeValue{"pk": image["s"]}, OldImage: image, ApproximateCreationDateTime: aws.Time(time.Unix(5, 0)),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(got.event.Change.OldImage)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"b":{"B":"AQ=="},"bs":{"BS":["Ag=="]},"l":{"L":[{"N":"3"}]},"m":{"M":{"k":{"S":"v"}}},"n":{"N":"1.50"},"ns":{"NS":["2"]},"s":{"S":"x"},"ss":{"SS":["a"]},"t":{"BOOL":true},"z":{"NULL":true}}`
	if d := cmp.Diff(want, string(data)); d != "" {
		t.Error(d)
	}
	e := got.event
	if e.EventName != "REMOVE" || e.EventSource != "aws:dynamodb" || e.EventSourceArn != "arn:stream" || e.Change.NewImage != nil ||
		e.UserIdentity == nil || *e.UserIdentity != (events.DynamoDBUserIdentity{Type: "Service", PrincipalID: "dynamodb.amazonaws.com"}) ||
		got.seq() != "9" || !got.created().Equal(time.Unix(5, 0)) || got.size == 0 {
		t.Errorf("record: %+v", e)
	}
	if _, err := r.convert(types.Record{}); err == nil {
		t.Error("a record without a change must be an error")
	}
}

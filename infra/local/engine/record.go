package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// record is one stream record as the function gets it, with what the engine
// needs to know about it.
type record struct {
	event events.DynamoDBEventRecord
	// view is the record as filter patterns see it; size is its bytes as JSON.
	view any
	size int
}

func (r record) seq() string        { return r.event.Change.SequenceNumber }
func (r record) created() time.Time { return r.event.Change.ApproximateCreationDateTime.Time }

// convert builds the record of a DynamoDB event
// (docs.aws.amazon.com/lambda/latest/dg/with-ddb.html, 2026-11).
func (r *reader) convert(in types.Record) (record, error) {
	change := in.Dynamodb
	if change == nil {
		return record{}, fmt.Errorf("record %s has no change", aws.ToString(in.EventID))
	}
	out := record{event: events.DynamoDBEventRecord{
		AWSRegion: r.Region, EventID: aws.ToString(in.EventID), EventName: string(in.EventName),
		EventSource: "aws:dynamodb", EventVersion: aws.ToString(in.EventVersion), EventSourceArn: r.arn,
		Change: events.DynamoDBStreamRecord{
			ApproximateCreationDateTime: events.SecondsEpochTime{Time: aws.ToTime(change.ApproximateCreationDateTime)},
			SequenceNumber:              aws.ToString(change.SequenceNumber), SizeBytes: aws.ToInt64(change.SizeBytes),
			StreamViewType: string(change.StreamViewType),
			Keys:           attributes(change.Keys), NewImage: attributes(change.NewImage), OldImage: attributes(change.OldImage),
		},
	}}
	if u := in.UserIdentity; u != nil {
		out.event.UserIdentity = &events.DynamoDBUserIdentity{Type: aws.ToString(u.Type), PrincipalID: aws.ToString(u.PrincipalId)}
	}
	data, err := json.Marshal(out.event)
	if err != nil {
		return record{}, fmt.Errorf("encode record %s: %w", aws.ToString(in.EventID), err)
	}
	out.size = len(data)
	return out, decodeExact(data, &out.view)
}

func attributes(in map[string]types.AttributeValue) map[string]events.DynamoDBAttributeValue {
	if in == nil {
		return nil
	}
	out := make(map[string]events.DynamoDBAttributeValue, len(in))
	for name, v := range in {
		out[name] = attribute(v)
	}
	return out
}

func attribute(v types.AttributeValue) events.DynamoDBAttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return events.NewStringAttribute(v.Value)
	case *types.AttributeValueMemberN:
		return events.NewNumberAttribute(v.Value)
	case *types.AttributeValueMemberB:
		return events.NewBinaryAttribute(v.Value)
	case *types.AttributeValueMemberBOOL:
		return events.NewBooleanAttribute(v.Value)
	case *types.AttributeValueMemberSS:
		return events.NewStringSetAttribute(v.Value)
	case *types.AttributeValueMemberNS:
		return events.NewNumberSetAttribute(v.Value)
	case *types.AttributeValueMemberBS:
		return events.NewBinarySetAttribute(v.Value)
	case *types.AttributeValueMemberM:
		return events.NewMapAttribute(attributes(v.Value))
	case *types.AttributeValueMemberL:
		list := make([]events.DynamoDBAttributeValue, 0, len(v.Value))
		for _, one := range v.Value {
			list = append(list, attribute(one))
		}
		return events.NewListAttribute(list)
	}
	return events.NewNullAttribute()
}

package localtest

import (
	"context"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// Changes is all the table's stream has told so far, by shard, each shard in
// its order, as Lambda hands it to a function.
func (g Ground) Changes(t testing.TB) [][]events.DynamoDBEventRecord {
	t.Helper()
	client := dynamodbstreams.New(dynamodbstreams.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://dynamodb.invalid"), HTTPClient: g.http(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
	table, err := g.Client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(Table)})
	if err != nil {
		t.Fatal(err)
	}
	arn := table.Table.LatestStreamArn
	stream, err := client.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	var shards [][]events.DynamoDBEventRecord
	for _, shard := range stream.StreamDescription.Shards {
		at, err := client.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{StreamArn: arn, ShardId: shard.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		if err != nil {
			t.Fatal(err)
		}
		shards = append(shards, readShard(t, client, at.ShardIterator))
	}
	return shards
}

func readShard(t testing.TB, client *dynamodbstreams.Client, at *string) []events.DynamoDBEventRecord {
	t.Helper()
	var all []events.DynamoDBEventRecord
	for at != nil {
		page, err := client.GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: at})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Records) == 0 {
			break
		}
		for _, r := range page.Records {
			all = append(all, events.DynamoDBEventRecord{EventID: aws.ToString(r.EventID), EventName: string(r.EventName), EventSource: "aws:dynamodb", EventVersion: "1.1", AWSRegion: "us-east-1",
				Change: events.DynamoDBStreamRecord{Keys: image(t, r.Dynamodb.Keys), NewImage: image(t, r.Dynamodb.NewImage), OldImage: image(t, r.Dynamodb.OldImage),
					SequenceNumber: aws.ToString(r.Dynamodb.SequenceNumber), StreamViewType: string(r.Dynamodb.StreamViewType)}})
		}
		at = page.NextShardIterator
	}
	return all
}

// image turns a row of the stream into Lambda's form; ours hold texts, numbers
// and bytes only.
func image(t testing.TB, row map[string]types.AttributeValue) map[string]events.DynamoDBAttributeValue {
	t.Helper()
	if len(row) == 0 {
		return nil
	}
	out := make(map[string]events.DynamoDBAttributeValue, len(row))
	for name, v := range row {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			out[name] = events.NewStringAttribute(v.Value)
		case *types.AttributeValueMemberN:
			out[name] = events.NewNumberAttribute(v.Value)
		case *types.AttributeValueMemberB:
			out[name] = events.NewBinaryAttribute(v.Value)
		default:
			t.Fatalf("attribute %s is a %T", name, v)
		}
	}
	return out
}

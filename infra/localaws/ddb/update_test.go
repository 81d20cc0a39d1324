package ddb_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func plainTable(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash}}}
}

func indexOn(name, hash string) *types.CreateGlobalSecondaryIndexAction {
	return &types.CreateGlobalSecondaryIndexAction{IndexName: &name, Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		KeySchema: []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}}}
}

func defined(name string, kind types.ScalarAttributeType) []types.AttributeDefinition {
	return []types.AttributeDefinition{{AttributeName: &name, AttributeType: kind}}
}

func (b *bundle) update(in *dynamodb.UpdateTableInput, changes ...types.GlobalSecondaryIndexUpdate) (*types.TableDescription, error) {
	in.TableName, in.GlobalSecondaryIndexUpdates = aws.String("plain"), changes
	if _, err := b.db.UpdateTable(context.Background(), in); err != nil {
		return nil, err
	}
	out, err := b.db.DescribeTable(context.Background(), &dynamodb.DescribeTableInput{TableName: in.TableName})
	if err != nil {
		return nil, err
	}
	return out.Table, nil
}

func TestAnIndexAddedLaterHoldsWhatIsThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, plainTable("plain"))
	for i := range 20 {
		b.put(t, table, item{"p": str(fmt.Sprint(i)), "g": str(fmt.Sprint(i % 2)), "x": str("x")})
	}
	b.put(t, table, item{"p": str("no index key")}, item{"p": str("wrong type"), "g": num("1")}, item{"p": str("empty"), "g": str("")})
	got, err := b.update(&dynamodb.UpdateTableInput{AttributeDefinitions: defined("g", "S")}, types.GlobalSecondaryIndexUpdate{Create: indexOn("late", "g")})
	if err != nil {
		t.Fatal(err)
	}
	if x := got.GlobalSecondaryIndexes[0]; *x.IndexName != "late" || *x.ItemCount != 20 || len(got.AttributeDefinitions) != 2 {
		t.Errorf("described as %+v", got)
	}
	items, _ := b.all(t, dynamodb.QueryInput{TableName: &table, IndexName: aws.String("late"), KeyConditionExpression: aws.String("g = :g"),
		ExpressionAttributeValues: item{":g": str("1")}})
	if len(items) != 10 || len(items[0]) != 2 {
		t.Errorf("the index holds %v", items)
	}
	b.put(t, table, item{"p": str("wrong type"), "g": str("1")}, item{"p": str("3")})
	items, _ = b.all(t, dynamodb.QueryInput{TableName: &table, IndexName: aws.String("late"), KeyConditionExpression: aws.String("g = :g"),
		ExpressionAttributeValues: item{":g": str("1")}})
	if len(items) != 10 {
		t.Errorf("after a put and a removal the index holds %v", items)
	}
	got, err = b.update(&dynamodb.UpdateTableInput{}, types.GlobalSecondaryIndexUpdate{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("late")}})
	if err != nil || len(got.GlobalSecondaryIndexes) != 0 || len(got.AttributeDefinitions) != 1 {
		t.Errorf("after the removal: %+v, %v", got, err)
	}
	b.put(t, table, item{"p": str("free"), "g": num("1")})
}

func TestUpdatesOfBillingProtectionAndStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, plainTable("plain"))
	five := &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(5), WriteCapacityUnits: aws.Int64(6)}
	got, err := b.update(&dynamodb.UpdateTableInput{BillingMode: types.BillingModeProvisioned, ProvisionedThroughput: five, DeletionProtectionEnabled: aws.Bool(true)})
	if err != nil || got.BillingModeSummary.BillingMode != types.BillingModeProvisioned || *got.ProvisionedThroughput.WriteCapacityUnits != 6 || !*got.DeletionProtectionEnabled {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = b.update(&dynamodb.UpdateTableInput{ProvisionedThroughput: five})
	wantError(t, err, "ValidationException", "will not change. The requested value equals the current value.")
	_, err = b.update(&dynamodb.UpdateTableInput{AttributeDefinitions: defined("g", "S")}, types.GlobalSecondaryIndexUpdate{Create: indexOn("late", "g")})
	wantError(t, err, "ValidationException", "ProvisionedThroughput must be specified for index: late")
	on := &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage}
	if got, err = b.update(&dynamodb.UpdateTableInput{BillingMode: types.BillingModePayPerRequest, StreamSpecification: on}); err != nil || got.LatestStreamArn == nil {
		t.Errorf("%+v, %v", got, err)
	}
	b.put(t, table, item{"p": str("a")})
	if records := b.everything(t, table); len(records) != 1 {
		t.Errorf("the stream holds %v", records)
	}
	_, err = b.update(&dynamodb.UpdateTableInput{StreamSpecification: on})
	wantError(t, err, "ValidationException", "Table already has an enabled stream")
	off := &types.StreamSpecification{StreamEnabled: aws.Bool(false)}
	if got, err = b.update(&dynamodb.UpdateTableInput{StreamSpecification: off}); err != nil || got.LatestStreamArn != nil {
		t.Errorf("%+v, %v", got, err)
	}
	b.put(t, table, item{"p": str("b")})
}

func TestUpdateTableRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(t, plainTable("plain"))
	create := func(name, hash string) types.GlobalSecondaryIndexUpdate {
		return types.GlobalSecondaryIndexUpdate{Create: indexOn(name, hash)}
	}
	if _, err := b.update(&dynamodb.UpdateTableInput{AttributeDefinitions: defined("g", "S")}, create("one", "g")); err != nil {
		t.Fatal(err)
	}
	remove := types.GlobalSecondaryIndexUpdate{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("none")}}
	for _, c := range []struct {
		in            dynamodb.UpdateTableInput
		changes       []types.GlobalSecondaryIndexUpdate
		code, message string
	}{
		{dynamodb.UpdateTableInput{}, nil, "ValidationException", "At least one of"},
		{dynamodb.UpdateTableInput{}, []types.GlobalSecondaryIndexUpdate{create("one", "g")}, "ValidationException", "already exists"},
		{dynamodb.UpdateTableInput{}, []types.GlobalSecondaryIndexUpdate{create("two", "h")}, "ValidationException", "not defined in AttributeDefinitions"},
		{dynamodb.UpdateTableInput{}, []types.GlobalSecondaryIndexUpdate{remove}, "ResourceNotFoundException", "not found"},
		{dynamodb.UpdateTableInput{}, []types.GlobalSecondaryIndexUpdate{create("two", "g"), create("three", "g")}, "LimitExceededException", "Only 1 online index"},
		{dynamodb.UpdateTableInput{SSESpecification: &types.SSESpecification{}}, nil, "ValidationException", "not supported"},
		{dynamodb.UpdateTableInput{BillingMode: "PROVISIONED"}, nil, "ValidationException", "must both be specified"},
	} {
		_, err := b.update(&c.in, c.changes...)
		wantError(t, err, c.code, c.message)
	}
}

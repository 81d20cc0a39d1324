package ddb_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestTableLife(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	table := b.create(t, tableThings("things"))
	_, err := b.db.CreateTable(ctx, tableThings("things"))
	wantError(t, err, "ResourceInUseException", "Table already exists: things")
	b.put(t, table, item{"p": str("a"), "s": str("s"), "gp": str("g"), "gs": num("1")})
	d, err := b.db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	x := d.Table
	if x.TableStatus != types.TableStatusActive || *x.ItemCount != 1 || len(x.GlobalSecondaryIndexes) != 3 || len(x.LocalSecondaryIndexes) != 1 ||
		*x.TableArn != "arn:aws:dynamodb:us-east-1:000000000000:table/things" || x.LatestStreamArn == nil || len(x.AttributeDefinitions) != 5 ||
		x.BillingModeSummary.BillingMode != types.BillingModePayPerRequest || x.StreamSpecification.StreamViewType != types.StreamViewTypeNewAndOldImages {
		t.Errorf("described as %+v", x)
	}
	if _, err := b.db.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table}); err != nil {
		t.Fatal(err)
	}
	b.create(t, tableThings("things"))
	if got := b.get(t, table, item{"p": str("a"), "s": str("s")}); got != nil {
		t.Errorf("a new table of an old name holds %v", got)
	}
}

func TestListTablesInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 5 {
		b.create(t, tableThings(fmt.Sprintf("table%d", i)))
	}
	var names []string
	in := &dynamodb.ListTablesInput{Limit: aws.Int32(2)}
	for {
		out, err := b.db.ListTables(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, out.TableNames...)
		if in.ExclusiveStartTableName = out.LastEvaluatedTableName; in.ExclusiveStartTableName == nil {
			break
		}
	}
	if fmt.Sprint(names) != "[table0 table1 table2 table3 table4]" {
		t.Errorf("got %v", names)
	}
}

func TestCreateTableRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := []struct {
		change func(*dynamodb.CreateTableInput)
		want   string
	}{
		{func(in *dynamodb.CreateTableInput) { in.BillingMode = "" }, "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"},
		{func(in *dynamodb.CreateTableInput) { in.AttributeDefinitions = in.AttributeDefinitions[1:] }, "Invalid KeySchema: Some index key attribute have no definition"},
		{func(in *dynamodb.CreateTableInput) {
			in.AttributeDefinitions = append(in.AttributeDefinitions[:2], in.AttributeDefinitions[3:]...)
		}, "Some index key attributes are not defined in AttributeDefinitions. Keys: [gp, gs], AttributeDefinitions: [gs, ls, p, s]"},
		{func(in *dynamodb.CreateTableInput) { in.LocalSecondaryIndexes = nil }, "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		{func(in *dynamodb.CreateTableInput) { in.KeySchema[0].KeyType = types.KeyTypeRange }, "The first KeySchemaElement is not a HASH key type"},
		{func(in *dynamodb.CreateTableInput) { in.KeySchema[1].KeyType = types.KeyTypeHash }, "The second KeySchemaElement is not a RANGE key type"},
		{func(in *dynamodb.CreateTableInput) { in.KeySchema[1].AttributeName = aws.String("p") }, "Some index key attribute have no definition"},
		{func(in *dynamodb.CreateTableInput) { in.GlobalSecondaryIndexes[0].IndexName = aws.String("keys") }, "Duplicate index name: keys"},
		{func(in *dynamodb.CreateTableInput) { in.GlobalSecondaryIndexes[2].Projection.NonKeyAttributes = nil }, "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
		{func(in *dynamodb.CreateTableInput) { in.GlobalSecondaryIndexes[2].Projection.ProjectionType = "ALL" }, "ProjectionType is ALL, but NonKeyAttributes is specified"},
		{func(in *dynamodb.CreateTableInput) {
			in.LocalSecondaryIndexes[0].KeySchema[0].AttributeName = aws.String("gp")
		}, "does not have the same leading hash key as table KeySchema for index: local"},
		{func(in *dynamodb.CreateTableInput) { in.StreamSpecification.StreamViewType = "" }, "StreamViewType is required"},
		{func(in *dynamodb.CreateTableInput) { in.AttributeDefinitions[0].AttributeType = "SS" }, "Value 'SS' at 'attributeDefinitions.1.member.attributeType' failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]"},
		{func(in *dynamodb.CreateTableInput) {
			in.GlobalSecondaryIndexes[0].ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(1)}
		}, "ProvisionedThroughput should not be specified for index: all when BillingMode is PAY_PER_REQUEST"},
	}
	for _, c := range cases {
		in := tableThings("things")
		c.change(in)
		_, err := b.db.CreateTable(context.Background(), in)
		wantError(t, err, "ValidationException", c.want)
	}
}

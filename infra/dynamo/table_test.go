package dynamo_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/manystall/manystall/infra/sam"
)

// TestTableIsTheTemplates: tests run on the table that is deployed.
func TestTableIsTheTemplates(t *testing.T) {
	t.Parallel()
	template, err := sam.ReadFile("../../template.yaml", sam.Options{Resolver: sam.Local{QueueURL: "http://127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(template.Tables) != 1 {
		t.Fatalf("the template has %d tables, want one", len(template.Tables))
	}
	client, name := open(t, newClock())
	out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	made := out.Table
	types := map[string]string{}
	for _, a := range made.AttributeDefinitions {
		types[*a.AttributeName] = string(a.AttributeType)
	}
	attribute := func(name *string) sam.Attribute { return sam.Attribute{Name: *name, Type: types[*name]} }
	want := sam.Table{
		Partition: attribute(made.KeySchema[0].AttributeName), Sort: attribute(made.KeySchema[1].AttributeName),
		TTL: *ttl.TimeToLiveDescription.AttributeName, StreamView: string(made.StreamSpecification.StreamViewType),
		Billing: string(made.BillingModeSummary.BillingMode),
	}
	for _, i := range made.GlobalSecondaryIndexes {
		want.Indexes = append(want.Indexes, sam.Index{Name: *i.IndexName,
			Partition: attribute(i.KeySchema[0].AttributeName), Sort: attribute(i.KeySchema[1].AttributeName),
			Projection: string(i.Projection.ProjectionType), Include: i.Projection.NonKeyAttributes})
	}
	diff := cmp.Diff(want, template.Tables[0],
		cmpopts.IgnoreFields(sam.Table{}, "LogicalID", "Name", "Encrypted", "Recovery", "Retained"),
		cmpopts.SortSlices(func(a, b string) bool { return a < b }),
		cmpopts.SortSlices(func(a, b sam.Index) bool { return a.Name < b.Name }))
	if diff != "" {
		t.Errorf("template.yaml and CreateTable differ (-made +template):\n%s", diff)
	}
}

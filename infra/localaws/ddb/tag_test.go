package ddb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

func tag(key, value string) types.Tag {
	return types.Tag{Key: aws.String(key), Value: aws.String(value)}
}

func (b *bundle) tags(t *testing.T, arn *string) map[string]string {
	t.Helper()
	out, err := b.db.ListTagsOfResource(t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, one := range out.Tags {
		all[*one.Key] = *one.Value
	}
	return all
}

func TestTagsOfATable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := tableThings("things")
	in.Tags = []types.Tag{tag("env", "test"), tag("team", "shop")}
	b.create(t, in)
	described, err := b.db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: in.TableName})
	if err != nil {
		t.Fatal(err)
	}
	arn := described.Table.TableArn
	if _, err := b.db.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{tag("env", "live"), tag("cost", "")}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"env": "live", "team": "shop", "cost": ""}, b.tags(t, arn)); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if _, err := b.db.UntagResource(t.Context(), &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team", "never"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"env": "live", "cost": ""}, b.tags(t, arn)); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestTagsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := tableThings("things")
	b.create(t, in)
	const arn = "arn:aws:dynamodb:us-east-1:000000000000:table/things"
	many := make([]types.Tag, 51)
	for i := range many {
		many[i] = tag(fmt.Sprintf("k%d", i), "v")
	}
	for name, c := range map[string]struct {
		arn  string
		tags []types.Tag
		want string
	}{
		"no ARN":        {"things", []types.Tag{tag("a", "b")}, "ValidationException"},
		"no such table": {arn + "-gone", []types.Tag{tag("a", "b")}, "AccessDeniedException"},
		"reserved":      {arn, []types.Tag{tag("aws:a", "b")}, "ValidationException"},
		"empty key":     {arn, []types.Tag{tag("", "b")}, "at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"long key":      {arn, []types.Tag{tag(strings.Repeat("é", 129), "b")}, "Member must have length less than or equal to 128"},
		"long value":    {arn, []types.Tag{tag("a", strings.Repeat("é", 257))}, "Member must have length less than or equal to 256"},
		"too many":      {arn, many, "ValidationException"},
	} {
		_, err := b.db.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: aws.String(c.arn), Tags: c.tags})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %s", name, err, c.want)
		}
	}
	if left := b.tags(t, aws.String(arn)); len(left) > 0 {
		t.Errorf("a refused request left %v", left)
	}
}

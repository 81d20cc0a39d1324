package ddb_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// same compares SDK values.
func same(a, b any) string {
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(
		types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberB{}, types.AttributeValueMemberBOOL{},
		types.AttributeValueMemberNULL{}, types.AttributeValueMemberSS{}, types.AttributeValueMemberNS{}, types.AttributeValueMemberBS{},
		types.AttributeValueMemberL{}, types.AttributeValueMemberM{}), cmpopts.EquateEmpty())
}

func TestEveryTypeComesBackAsItWent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	it := item{
		"p": str("a"), "s": str("b"), "empty": str(""), "n": num("-56.789"),
		"b":    &types.AttributeValueMemberB{Value: []byte{0, 1, 255}},
		"bool": &types.AttributeValueMemberBOOL{Value: true},
		"null": &types.AttributeValueMemberNULL{Value: true},
		"ss":   &types.AttributeValueMemberSS{Value: []string{"x", "y"}},
		"ns":   &types.AttributeValueMemberNS{Value: []string{"1", "2.5"}},
		"bs":   &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}},
		"l":    &types.AttributeValueMemberL{Value: []types.AttributeValue{str("z"), num("1")}},
		"m":    &types.AttributeValueMemberM{Value: item{"k": &types.AttributeValueMemberM{Value: item{}}}},
	}
	b.put(t, table, it)
	if diff := same(it, b.get(t, table, item{"p": str("a"), "s": str("b")})); diff != "" {
		t.Error(diff)
	}
}

func TestReturnValues(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	key := item{"p": str("a"), "s": str("b")}
	cases := []struct {
		mode types.ReturnValue
		want item
	}{
		{types.ReturnValueNone, nil},
		{types.ReturnValueAllOld, item{"p": str("a"), "s": str("b"), "x": num("1"), "y": str("old")}},
		{types.ReturnValueUpdatedOld, item{"x": num("1")}},
		{types.ReturnValueAllNew, item{"p": str("a"), "s": str("b"), "x": num("3"), "y": str("old")}},
		{types.ReturnValueUpdatedNew, item{"x": num("3")}},
	}
	for _, c := range cases {
		b.put(t, table, item{"p": str("a"), "s": str("b"), "x": num("1"), "y": str("old")})
		out, err := b.db.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{
			TableName: &table, Key: key, ReturnValues: c.mode,
			UpdateExpression:          aws.String("SET x = x + :two"),
			ExpressionAttributeValues: item{":two": num("2")},
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := same(c.want, out.Attributes); diff != "" {
			t.Errorf("%s: %s", c.mode, diff)
		}
	}
	out, err := b.db.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: &table, Key: key, ReturnValues: types.ReturnValueAllOld})
	if err != nil || len(out.Attributes) != 4 {
		t.Errorf("delete returned %v, %v", out.Attributes, err)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	it := item{"p": str("a"), "s": str("b"), "v": num("1")}
	put := func(reveal types.ReturnValuesOnConditionCheckFailure) error {
		_, err := b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: &table, Item: it,
			ConditionExpression: aws.String("attribute_not_exists(p)"), ReturnValuesOnConditionCheckFailure: reveal})
		return err
	}
	if err := put(""); err != nil {
		t.Fatal(err)
	}
	var failed *types.ConditionalCheckFailedException
	if err := put(""); !errors.As(err, &failed) || failed.Item != nil || failed.ErrorMessage() != "The conditional request failed" {
		t.Errorf("got %v", err)
	}
	if err := put("ALL_OLD"); !errors.As(err, &failed) || same(it, failed.Item) != "" {
		t.Errorf("got %v with %v", err, failed.Item)
	}
}

func TestAnUpdateThatOnlyRemovesCreatesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	key := item{"p": str("a"), "s": str("b")}
	update := func(expression *string) {
		t.Helper()
		if _, err := b.db.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{TableName: &table, Key: key, UpdateExpression: expression}); err != nil {
			t.Fatal(err)
		}
	}
	update(aws.String("REMOVE x"))
	if got := b.get(t, table, key); got != nil {
		t.Errorf("got %v", got)
	}
	update(nil)
	if got := b.get(t, table, key); len(got) != 2 {
		t.Errorf("an update without expression makes the key: %v", got)
	}
}

func TestMissingTable(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("none"), Item: item{"p": str("a")}})
	wantError(t, err, "ResourceNotFoundException", "Requested resource not found")
	_, err = b.db.DescribeTable(context.Background(), &dynamodb.DescribeTableInput{TableName: aws.String("none")})
	wantError(t, err, "ResourceNotFoundException", "Requested resource not found: Table: none not found")
}

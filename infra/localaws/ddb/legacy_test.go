package ddb_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestLegacyParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(t, tableThings("things"))
	const name, key = `"TableName":"things",`, `"Key":{"p":{"S":"a"},"s":{"S":"b"}}`
	for _, c := range []struct {
		op, body string
		status   int
		want     string
	}{
		{"PutItem", `"Item":{"p":{"S":"a"},"s":{"S":"b"},"n":{"N":"1"},"t":{"S":"text"},"x":{"SS":["a","b"]}},"Expected":{"p":{"Exists":false}}`, 200, `{}`},
		{"PutItem", `"Item":{"p":{"S":"a"},"s":{"S":"b"}},"Expected":{"p":{"Exists":false}}`, 400, "ConditionalCheckFailedException"},
		{"UpdateItem", key + `,"AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"2"}},"x":{"Action":"DELETE","Value":{"SS":["a"]}},"y":{"Value":{"BOOL":true}},"t":{"Action":"DELETE"}},` +
			`"Expected":{"n":{"ComparisonOperator":"BETWEEN","AttributeValueList":[{"N":"0"},{"N":"1"}]},"t":{"Value":{"S":"text"}}},"ReturnValues":"ALL_NEW"`, 200,
			`"n":{"N":"3"},"p":{"S":"a"},"s":{"S":"b"},"x":{"SS":["b"]},"y":{"BOOL":true}`},
		{"UpdateItem", key + `,"AttributeUpdates":{"n":{"Action":"ADD"}}`, 400, "Only DELETE action is allowed when no attribute value is specified"},
		{"UpdateItem", key + `,"AttributeUpdates":{"p":{"Value":{"S":"x"}}}`, 400, "Cannot update attribute p. This attribute is part of the key"},
		{"GetItem", key + `,"AttributesToGet":["n","none"]`, 200, `{"Item":{"n":{"N":"3"}}}`},
		{"GetItem", key + `,"AttributesToGet":["n","n"]`, 400, "Duplicate value in attribute name: n"},
		{"GetItem", key + `,"AttributesToGet":["n"],"ProjectionExpression":"n"`, 400, "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"},
		{"GetItem", key + `,"AttributesToGet":["n"],"ExpressionAttributeNames":{"#a":"a"}`, 400, "ExpressionAttributeNames can only be specified when using expressions"},
		{"Query", `"KeyConditions":{"p":{"ComparisonOperator":"EQ","AttributeValueList":[{"S":"a"}]},"s":{"ComparisonOperator":"BEGINS_WITH","AttributeValueList":[{"S":"b"}]}},` +
			`"QueryFilter":{"n":{"ComparisonOperator":"GT","AttributeValueList":[{"N":"2"}]}},"Select":"COUNT"`, 200, `"Count":1`},
		{"Query", `"KeyConditions":{"p":{"ComparisonOperator":"NE","AttributeValueList":[{"S":"a"}]}}`, 400, "Attempted conditional constraint is not an indexable operation"},
		{"Query", `"KeyConditions":{"p":{"ComparisonOperator":"EQ","AttributeValueList":[]}}`, 400, "Invalid number of argument(s) for the EQ ComparisonOperator"},
		{"Scan", `"ScanFilter":{"n":{"ComparisonOperator":"NULL"},"y":{"ComparisonOperator":"NOT_NULL"}},"ConditionalOperator":"OR","Select":"COUNT"`, 200, `"Count":1`},
		{"Scan", `"ScanFilter":{"n":{"ComparisonOperator":"NULL"},"y":{"ComparisonOperator":"NOT_NULL"}},"Select":"COUNT"`, 200, `"Count":0`},
		{"Scan", `"ScanFilter":{"n":{"ComparisonOperator":"IN","AttributeValueList":[{"N":"1"},{"N":"3"}]},"x":{"ComparisonOperator":"NOT_CONTAINS","AttributeValueList":[{"S":"a"}]}},"Select":"COUNT"`, 200, `"Count":1`},
		{"Scan", `"ScanFilter":{"n":{"ComparisonOperator":"LIKE"}}`, 400, "Member must satisfy enum value set"},
		{"Scan", `"ConditionalOperator":"OR"`, 400, "ConditionalOperator cannot be used without Filter or Expected"},
		{"DeleteItem", key + `,"Expected":{"n":{"Exists":true}}`, 400, "Value must be provided when Exists is true for Attribute: n"},
		{"DeleteItem", key + `,"Expected":{"n":{"Exists":false,"Value":{"N":"3"}}}`, 400, "Value cannot be used when Exists is false for Attribute: n"},
		{"DeleteItem", key + `,"Expected":{"n":{"Value":{"N":"3"},"Exists":true}}`, 200, `{}`},
	} {
		status, answer := b.server.DynamoDB().Serve(t.Context(), "DynamoDB_20120810."+c.op, []byte("{"+name+c.body+"}"))
		if status != c.status || !strings.Contains(string(answer), c.want) || status == http.StatusInternalServerError {
			t.Errorf("%s %s: %d %s\nwant %d %s", c.op, c.body, status, answer, c.status, c.want)
		}
	}
}

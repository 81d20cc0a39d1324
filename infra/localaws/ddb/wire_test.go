package ddb_test

import (
	"bytes"
	"encoding/json"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// send is a request without an SDK, which would not let mistakes through.
func (b *bundle) send(t testing.TB, target, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localaws/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/dynamodb/aws4_request")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	out, err := b.server.RoundTripper().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Body.Close() }()
	raw, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := out.Header.Get("X-Amz-Crc32"), strconv.FormatUint(uint64(crc32.ChecksumIEEE(raw)), 10); got != want {
		t.Errorf("checksum %s, want %s", got, want)
	}
	if out.Header.Get("Content-Length") != strconv.Itoa(len(raw)) || out.Header.Get("Content-Type") != "application/x-amz-json-1.0" || len(out.Header.Get("X-Amzn-Requestid")) != 52 {
		t.Errorf("headers %v", out.Header)
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&answer); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return out.StatusCode, answer
}

func TestRequestsThatReachNoOperation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := []struct {
		target, body, authorization, kind string
	}{
		{"DynamoDB_20120810.ListTables", "{}", "", "com.amazon.coral.service#MissingAuthenticationTokenException"},
		{"DynamoDB_20120810.ListTables", "{}", "Basic x", "com.amazon.coral.service#MissingAuthenticationTokenException"},
		{"DynamoDB_20120810.CreateBackup", "{}", "AWS4-x", "com.amazon.coral.service#UnknownOperationException"},
		{"", "{}", "AWS4-x", "com.amazon.coral.service#UnknownOperationException"},
		{"DynamoDB_20120810.ListTables", "{", "AWS4-x", "com.amazon.coral.service#SerializationException"},
		{"DynamoDB_20120810.ListTables", "", "AWS4-x", "com.amazon.coral.service#SerializationException"},
		{"DynamoDB_20120810.ListTables", "[]", "AWS4-x", "com.amazon.coral.service#SerializationException"},
		{"DynamoDB_20120810.ListTables", "null", "AWS4-x", "com.amazon.coral.service#SerializationException"},
		{"DynamoDB_20120810.ListTables", "{} {}", "AWS4-x", "com.amazon.coral.service#SerializationException"},
		{"DynamoDB_20120810.ListTables", "{\"a\":\"\xff\"}", "AWS4-x", "com.amazon.coral.service#SerializationException"},
		{"DynamoDB_20120810.ListTables", `{"Limit":"x"}`, "AWS4-x", "com.amazon.coral.service#SerializationException"},
		{"DynamoDB_20120810.ListTables", `{"Limit":1.5}`, "AWS4-x", "com.amazon.coral.service#SerializationException"},
	}
	for _, c := range cases {
		status, answer := b.send(t, c.target, c.body, "Authorization", c.authorization)
		if status != http.StatusBadRequest || answer["__type"] != c.kind {
			t.Errorf("%s %s: %d %v", c.target, c.body, status, answer)
		}
	}
	status, answer := b.send(t, "DynamoDB_20120810.PutItem", strings.Repeat(" ", 17<<20))
	if status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d %v", status, answer)
	}
}

func TestValidation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	table := b.create(t, tableThings("things"))
	const key = `"Key":{"p":{"S":"a"},"s":{"S":"b"}}`
	big := strings.Repeat("x", 400*1024)
	cases := []struct{ op, body, want string }{
		{"PutItem", `{}`, "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; Value null at 'item' failed to satisfy constraint: Member must not be null"},
		{"PutItem", `{"TableName":"a;","Item":{}}`, "2 validation errors detected: Value 'a;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3"},
		{"PutItem", `{"TableName":"things","Item":{},"ReturnValues":"hi"}`, "Value 'hi' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"},
		{"PutItem", `{"TableName":"things","Item":{},"ReturnValues":"ALL_NEW"}`, "ReturnValues can only be ALL_OLD or NONE"},
		{"PutItem", `{"TableName":"things","Item":{"s":{"S":"b"}}}`, "One or more parameter values were invalid: Missing the key p in the item"},
		{"PutItem", `{"TableName":"things","Item":{"p":{"N":"1"},"s":{"S":"b"}}}`, "One or more parameter values were invalid: Type mismatch for key p expected: S actual: N"},
		{"PutItem", `{"TableName":"things","Item":{"p":{"S":""},"s":{"S":"b"}}}`, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p"},
		{"PutItem", `{"TableName":"things","Item":{"p":{"S":"` + big[:2049] + `"},"s":{"S":"b"}}}`, "Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{"PutItem", `{"TableName":"things","Item":{"p":{"S":"a"},"s":{"S":"` + big[:1025] + `"}}}`, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"},
		{"PutItem", `{"TableName":"things","Item":{"p":{"S":"a"},"s":{"S":"b"},"gs":{"S":"x"}}}`, "One or more parameter values were invalid: Type mismatch for Index Key gs Expected: N Actual: S IndexName: all"},
		{"PutItem", `{"TableName":"things","Item":{"p":{"S":"a"},"s":{"S":"b"},"gp":{"S":""}}}`, "A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: all, IndexKey: gp"},
		{"PutItem", `{"TableName":"things","Item":{"p":{"S":"a"},"s":{"S":"b"},"x":{"S":"` + big + `"}}}`, "Item size has exceeded the maximum allowed size"},
		{"PutItem", `{"TableName":"things","Item":{"p":{}}}`, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
		{"PutItem", `{"TableName":"things","Item":{},"ExpressionAttributeNames":{"#a":"a"}}`, "ExpressionAttributeNames can only be specified when using expressions"},
		{"PutItem", `{"TableName":"things","Item":{},"ExpressionAttributeValues":{":a":{"S":"a"}}}`, "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{"UpdateItem", `{"TableName":"things",` + key + `,"ExpressionAttributeValues":{":a":{"S":"a"}}}`, "UpdateExpression and ConditionExpression are null"},
		{"UpdateItem", `{"TableName":"things",` + key + `,"UpdateExpression":"SET a = :a","ExpressionAttributeValues":{":a":{"N":"x"}}}`, "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :a"},
		{"UpdateItem", `{"TableName":"things",` + key + `,"UpdateExpression":"SET p = :a","ExpressionAttributeValues":{":a":{"S":"x"}}}`, "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key"},
		{"UpdateItem", `{"TableName":"things",` + key + `,"UpdateExpression":"SET gp.a = :a","ExpressionAttributeValues":{":a":{"S":"x"}}}`, "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: gp"},
		{"UpdateItem", `{"TableName":"things",` + key + `,"UpdateExpression":"SET gs = :a","ExpressionAttributeValues":{":a":{"S":"x"}}}`, "Type mismatch for Index Key gs Expected: N Actual: S IndexName: all"},
		{"UpdateItem", `{"TableName":"things",` + key + `,"UpdateExpression":"SET x = :a","ExpressionAttributeValues":{":a":{"S":"` + big + `"}}}`, "Item size to update has exceeded the maximum allowed size"},
		{"GetItem", `{"TableName":"things","Key":{"p":{"S":"a"}}}`, "The provided key element does not match the schema"},
		{"GetItem", `{"TableName":"things","Key":{"p":{"S":"a"},"s":{"N":"1"}}}`, "The provided key element does not match the schema"},
		{"GetItem", `{"TableName":"things",` + key + `,"ProjectionExpression":"a, a"}`, "Two document paths overlap with each other"},
		{"GetItem", `{"TableName":"things",` + key + `,"ProjectionExpression":"name"}`, "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name"},
		{"Scan", `{"TableName":"things","Segment":1}`, "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"},
		{"Scan", `{"TableName":"things","Segment":2,"TotalSegments":2}`, "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"},
		{"Scan", `{"TableName":"things","FilterExpression":""}`, "Invalid FilterExpression: The expression can not be empty;"},
		{"Scan", `{"TableName":"things","ExclusiveStartKey":{"p":{"S":"a"}}}`, "The provided starting key is invalid"},
		{"Scan", `{"TableName":"things","Select":"ALL_PROJECTED_ATTRIBUTES"}`, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"},
		{"TransactWriteItems", `{"TransactItems":[{"ConditionCheck":{"TableName":"things",` + key + `}}]}`, "conditionExpression"},
		{"BatchWriteItem", `{"RequestItems":{"things":[{}]}}`, "Supplied AttributeValue is empty"},
	}
	for _, c := range cases {
		status, answer := b.send(t, "DynamoDB_20120810."+c.op, c.body)
		message, _ := answer["message"].(string)
		if status != http.StatusBadRequest || answer["__type"] != "com.amazon.coral.validate#ValidationException" || !strings.Contains(message, c.want) {
			t.Errorf("%s %.120s: %d %v\nwant %s", c.op, c.body, status, answer, c.want)
		}
	}
	if out := b.get(t, table, item{"p": str("a"), "s": str("b")}); out != nil {
		t.Errorf("a refused request wrote %v", out)
	}
	status, answer := b.send(t, "DynamoDB_20120810.PutItem", `{"TableName":"things","Item":{"p":{"S":1}}}`)
	if status != http.StatusBadRequest || answer["__type"] != "com.amazon.coral.service#SerializationException" {
		t.Errorf("%d %v", status, answer)
	}
}

func TestWrongTypes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := []struct{ op, body, want string }{
		{"GetItem", `{"TableName":true}`, "TRUE_VALUE cannot be converted to String"},
		{"GetItem", `{"TableName":34.56}`, "DECIMAL_VALUE cannot be converted to String"},
		{"GetItem", `{"TableName":[]}`, "Unrecognized collection type class java.lang.String"},
		{"GetItem", `{"TableName":{}}`, "Start of structure or map found where not expected"},
		{"GetItem", `{"ConsistentRead":"true"}`, "Unexpected token received from parser"},
		{"GetItem", `{"ConsistentRead":1}`, "NUMBER_VALUE cannot be converted to Boolean"},
		{"GetItem", `{"Key":"a"}`, "Unexpected field type"},
		{"GetItem", `{"Key":[]}`, "Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>"},
		{"GetItem", `{"Key":{"a":1}}`, "Unexpected value type in payload"},
		{"GetItem", `{"Key":{"a":[]}}`, "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
		{"GetItem", `{"Key":{"a":{"SS":"a"}}}`, "Unexpected field type"},
		{"GetItem", `{"Key":{"a":{"B":1}}}`, "only base-64-encoded strings are convertible to bytes"},
		{"GetItem", `{"Key":{"a":{"B":[]}}}`, "Unrecognized collection type class java.nio.ByteBuffer"},
		{"GetItem", `{"Key":{"a":{"B":"23456"}}}`, "Base64 encoded length is expected a multiple of 4 bytes but found: 5"},
		{"GetItem", `{"Key":{"a":{"B":"+/+="}}}`, "Invalid last non-pad Base64 character dectected"},
		{"GetItem", `{"ExpressionAttributeNames":[]}`, "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"},
		{"Query", `{"Limit":"1"}`, "STRING_VALUE cannot be converted to Integer"},
		{"TransactWriteItems", `{"TransactItems":{}}`, "Start of structure or map found where not expected"},
	}
	for _, c := range cases {
		status, answer := b.send(t, "DynamoDB_20120810."+c.op, c.body)
		if status != http.StatusBadRequest || answer["__type"] != "com.amazon.coral.service#SerializationException" || answer["Message"] != c.want {
			t.Errorf("%s %s: %d %v\nwant %s", c.op, c.body, status, answer, c.want)
		}
	}
}

func TestNamesOfTables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(t, tableThings("things"))
	for body, want := range map[string]string{
		`{}`:                   "The parameter 'TableName' is required but was not present in the request",
		`{"TableName":"ab"}`:   "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 3",
		`{"TableName":"abc;"}`: "1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
	} {
		for _, op := range []string{"DescribeTable", "DeleteTable", "DescribeTimeToLive"} {
			if _, answer := b.send(t, "DynamoDB_20120810."+op, body); answer["message"] != want {
				t.Errorf("%s %s: %v", op, body, answer)
			}
		}
	}
	if status, answer := b.send(t, "DynamoDB_20120810.DescribeTable", `{"TableName":"arn:aws:dynamodb:us-east-1:000000000000:table/things"}`); status != http.StatusOK {
		t.Errorf("by ARN: %v", answer)
	}
}

func TestStartKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.create(t, tableThings("things"))
	for start, want := range map[string]string{
		`{"a":{}}`:                      "The provided starting key is invalid: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
		`{"a":{"N":"b"}}`:               "The parameter cannot be converted to a numeric value: b",
		`{"a":{"SS":["a","a"]}}`:        "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
		`{"p":{"S":"a"}}`:               "The provided starting key is invalid: The provided key element does not match the schema",
		`{"p":{"S":"a"},"s":{"N":"1"}}`: "The provided starting key is invalid: The provided key element does not match the schema",
	} {
		if _, answer := b.send(t, "DynamoDB_20120810.Scan", `{"TableName":"things","ExclusiveStartKey":`+start+`}`); answer["message"] != want {
			t.Errorf("%s: %v", start, answer)
		}
	}
}

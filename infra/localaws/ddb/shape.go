package ddb

// checkShape checks the JSON types of the parameters that every operation
// takes under the same name, before an operation reads any: DynamoDB refuses a
// wrong type before it refuses a wrong value.
func (p params) checkShape() error {
	for _, name := range []string{"TableName", "IndexName", "ConditionExpression", "FilterExpression", "KeyConditionExpression",
		"ProjectionExpression", "UpdateExpression", "ReturnConsumedCapacity", "ReturnItemCollectionMetrics", "ReturnValues",
		"ReturnValuesOnConditionCheckFailure", "Select", "BillingMode", "ClientRequestToken", "StreamArn", "ShardId", "ShardIterator",
		"ShardIteratorType", "SequenceNumber"} {
		p.text(name)
	}
	for _, name := range []string{"ConsistentRead", "ScanIndexForward", "DeletionProtectionEnabled"} {
		p.flag(name)
	}
	for _, name := range []string{"Limit", "Segment", "TotalSegments"} {
		p.number(name, 0)
	}
	p.names("ExpressionAttributeNames")
	for _, name := range []string{"Key", "Item", "ExclusiveStartKey", "ExpressionAttributeValues"} {
		if p.has(name) {
			// Values that are refused are refused again by who reads them.
			_, _ = p.item(name)
		}
	}
	return p.shared.wrong
}

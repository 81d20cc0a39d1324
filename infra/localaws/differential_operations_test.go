package localaws_test

import (
	"fmt"
)

func keyOf(it object) object { return object{"p": it["p"], "r": it["r"]} }

// conditioned adds a condition and a return mode to a write, at times.
func (x *expressions) conditioned(in object, modes ...string) {
	if x.once(3) {
		in["ConditionExpression"] = x.condition(0)
		if x.once(2) {
			in["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
		}
	}
	if x.once(2) {
		in["ReturnValues"] = pick(x.generator, modes...)
	}
	x.into(in)
}

func (g *generator) put() step {
	it := g.item()
	in := object{"TableName": "things", "Item": it}
	g.expressions().conditioned(in, "ALL_OLD", "NONE")
	return step{op: "PutItem", in: in, keys: []any{keyOf(it)}}
}

func (g *generator) update() step {
	key := g.key()
	in := object{"TableName": "things", "Key": key}
	x := g.expressions()
	in["UpdateExpression"] = x.change()
	x.conditioned(in, "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "NONE")
	return step{op: "UpdateItem", in: in, keys: []any{key}}
}

func (g *generator) delete() step {
	key := g.key()
	in := object{"TableName": "things", "Key": key}
	g.expressions().conditioned(in, "ALL_OLD", "NONE")
	return step{op: "DeleteItem", in: in, keys: []any{key}}
}

// projected asks for a part of the items, at times.
func (x *expressions) projected(in object) {
	if !x.once(3) {
		return
	}
	in["ProjectionExpression"] = pick(x.generator, "p, r", x.name("a")+", "+x.name("b")+".x", x.name("c")+"[0], r", x.name("a")+", d, l", "b.x, b.y, p")
}

func (g *generator) get() step {
	in := object{"TableName": "things", "Key": g.key(), "ConsistentRead": g.once(2)}
	x := g.expressions()
	x.projected(in)
	x.into(in)
	return step{op: "GetItem", in: in}
}

func (g *generator) query() step {
	x := g.expressions()
	in := object{"TableName": "things", "ScanIndexForward": g.once(2)}
	s := step{op: "Query", in: in, paged: true}
	switch g.IntN(4) {
	case 0:
		in["IndexName"], s.sorted = "local", true // several items can have one sort key
		condition := "p = " + x.val(object{"S": "a"})
		if g.once(2) {
			condition += " AND begins_with(l, " + x.val(object{"S": "x"}) + ")"
		}
		in["KeyConditionExpression"] = condition
	case 1:
		in["IndexName"], s.sorted = "byg", true
		in["KeyConditionExpression"] = "g = " + x.val(object{"S": pick(g, "g1", "g2")})
	case 2:
		in["IndexName"], s.sorted = "bygn", true
		in["KeyConditionExpression"] = "g = " + x.val(object{"S": "g1"}) + " AND n " + x.comparatorOfKeys() + " " + x.val(g.number())
	default:
		condition := "p = " + x.val(object{"S": pick(g, "a", "b", "c")})
		if g.once(2) {
			condition += " AND r BETWEEN " + x.val(object{"N": "-5"}) + " AND " + x.val(object{"N": "2"})
		}
		in["KeyConditionExpression"] = condition
	}
	if in["IndexName"] != "bygn" {
		x.filtered(in)
	}
	x.into(in)
	return s
}

func (x *expressions) comparatorOfKeys() string { return pick(x.generator, "=", "<", "<=", ">", ">=") }

// filtered adds a filter, a projection, a count or a limit.
func (x *expressions) filtered(in object) {
	if x.once(3) {
		in["FilterExpression"] = x.condition(0)
	}
	switch x.IntN(4) {
	case 0:
		x.projected(in)
	case 1:
		in["Select"] = "COUNT"
	}
	if x.once(3) {
		in["Limit"] = 1 + x.IntN(4)
	}
}

func (g *generator) scan() step {
	x := g.expressions()
	in := object{"TableName": "things"}
	x.filtered(in)
	if g.once(3) {
		in["IndexName"] = "byg"
	}
	x.into(in)
	return step{op: "Scan", in: in, paged: true, sorted: true}
}

func (g *generator) batchWrite() step {
	seen := map[string]bool{}
	var requests, keys []any
	for range 1 + g.IntN(4) {
		it := g.item()
		id := fmt.Sprint(keyOf(it))
		if seen[id] && !g.once(4) {
			continue
		}
		seen[id] = true
		keys = append(keys, keyOf(it))
		if g.once(3) {
			requests = append(requests, object{"DeleteRequest": object{"Key": keyOf(it)}})
			continue
		}
		requests = append(requests, object{"PutRequest": object{"Item": it}})
	}
	return step{op: "BatchWriteItem", in: object{"RequestItems": object{"things": requests}}, keys: keys}
}

func (g *generator) batchGet() step {
	var keys []any
	for range 1 + g.IntN(5) {
		keys = append(keys, g.key())
	}
	table := object{"Keys": keys}
	x := g.expressions()
	x.projected(table)
	x.into(table)
	return step{op: "BatchGetItem", in: object{"RequestItems": object{"things": table}}}
}

func (g *generator) transact() step {
	var items, keys []any
	for range 1 + g.IntN(4) {
		it := g.item()
		keys = append(keys, keyOf(it))
		x := g.expressions()
		verb := pick(g, "Put", "Update", "Delete", "ConditionCheck")
		in := object{"TableName": "things"}
		switch verb {
		case "Put":
			in["Item"] = it
		case "Update":
			in["Key"], in["UpdateExpression"] = keyOf(it), x.change()
		default:
			in["Key"] = keyOf(it)
		}
		if verb == "ConditionCheck" || g.once(3) {
			in["ConditionExpression"] = x.condition(1)
		}
		x.into(in)
		items = append(items, object{verb: in})
	}
	return step{op: "TransactWriteItems", in: object{"TransactItems": items}, keys: keys}
}

func (g *generator) transactGet() step {
	var items []any
	for range 1 + g.IntN(3) {
		items = append(items, object{"Get": object{"TableName": "things", "Key": g.key()}})
	}
	return step{op: "TransactGetItems", in: object{"TransactItems": items}}
}

// queueStep keeps few messages in a queue; times are not compared, so nothing
// becomes visible again: the order in which it would come is free.
func (g *generator) queueStep() step {
	body := pick(g, "one", "two", "three", "four", "é")
	with := func(op string, more func(*party) map[string]any) step {
		return step{op: op, queue: func(p *party) map[string]any {
			in := more(p)
			in["QueueUrl"] = p.queue
			return in
		}}
	}
	attributes := object{"kind": object{"DataType": "String", "StringValue": "x"}, "count": object{"DataType": "Number", "StringValue": "7"}}
	n := g.IntN(10)
	many := 1 + g.IntN(10)
	timeout, other := pick(g, 40000, 43201), pick(g, "two", "three", "four")
	switch n {
	case 0, 1:
		return with("SendMessage", func(*party) map[string]any {
			in := object{"MessageBody": body}
			if n == 0 {
				in["MessageAttributes"] = attributes
			}
			return in
		})
	case 2:
		return with("SendMessageBatch", func(*party) map[string]any {
			return object{"Entries": []any{object{"Id": "a", "MessageBody": body}, object{"Id": "b", "MessageBody": body, "MessageAttributes": attributes}}}
		})
	case 3:
		return with("DeleteMessage", func(p *party) map[string]any { return object{"ReceiptHandle": handleOf(p, body)} })
	case 4:
		return with("GetQueueAttributes", func(*party) map[string]any {
			return object{"AttributeNames": []any{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "VisibilityTimeout",
				"DelaySeconds", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"}}
		})
	}
	switch n {
	case 5:
		return with("ChangeMessageVisibility", func(p *party) map[string]any {
			return object{"ReceiptHandle": handleOf(p, body), "VisibilityTimeout": timeout}
		})
	case 6:
		return with("DeleteMessageBatch", func(p *party) map[string]any {
			return object{"Entries": []any{object{"Id": "a", "ReceiptHandle": handleOf(p, other)}, object{"Id": "b", "ReceiptHandle": handleOf(p, "one")}}}
		})
	case 7:
		return with(refusedRequest(many))
	}
	return with("ReceiveMessage", func(*party) map[string]any {
		return object{"MaxNumberOfMessages": many, "VisibilityTimeout": 40000, "MessageAttributeNames": []any{"All"},
			"AttributeNames": []any{"ApproximateReceiveCount"}, "WaitTimeSeconds": 0}
	})
}

// refusedRequest is one that SQS refuses, by number.
func refusedRequest(n int) (op string, more func(*party) map[string]any) {
	send := func(in object) (string, func(*party) map[string]any) {
		return "SendMessage", func(*party) map[string]any { return in }
	}
	batch := func(entries ...any) (string, func(*party) map[string]any) {
		return "SendMessageBatch", func(*party) map[string]any { return object{"Entries": entries} }
	}
	switch n {
	case 1:
		return "GetQueueUrl", func(*party) map[string]any { return object{"QueueName": "none"} }
	case 2:
		return send(object{"MessageBody": "x", "DelaySeconds": 901})
	case 3:
		return send(object{"MessageBody": "x", "MessageAttributes": object{"k": object{"DataType": "Unknown", "StringValue": "x"}}})
	case 4:
		return "ReceiveMessage", func(*party) map[string]any { return object{"MaxNumberOfMessages": 0} }
	case 5:
		return batch()
	case 6:
		return batch(object{"Id": "a", "MessageBody": "x"}, object{"Id": "a", "MessageBody": "y"})
	case 7:
		return batch(object{"Id": "not/allowed", "MessageBody": "x"})
	case 8:
		return "ReceiveMessage", func(*party) map[string]any { return object{"MaxNumberOfMessages": 11} }
	case 9:
		return "ReceiveMessage", func(*party) map[string]any { return object{"WaitTimeSeconds": 21} }
	}
	return "DeleteMessageBatch", func(*party) map[string]any {
		return object{"Entries": []any{object{"Id": "a", "ReceiptHandle": "x"}, object{"Id": "a", "ReceiptHandle": "y"}}}
	}
}

func handleOf(p *party, body string) string {
	if handle, ok := p.receipts[body]; ok {
		return handle
	}
	return "none"
}

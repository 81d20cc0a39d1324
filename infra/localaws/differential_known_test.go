package localaws_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// difference is something in which the parties are known to differ.
type difference struct {
	name string
	// right is who is right, and the documentation that says so. Pages are of
	// the Amazon DynamoDB API Reference or Developer Guide, read in 2026.
	right string
	is    func(seen) bool
}

func (d seen) refused() bool { return d.ours.code() != "" }

func (d seen) accepted() bool { return d.ours.code() == "" && d.theirs.code() == "" }

// asks says whether the request, written as JSON, has the text in it.
func (d seen) asks(text string) bool {
	in, err := json.Marshal(d.step.in)
	return err == nil && strings.Contains(string(in), text)
}

// says says whether our refusal has these words.
func (d seen) says(words string) bool { return strings.Contains(d.ours.message(), words) }

func knownDifferences() []difference {
	return slices.Concat(differencesOfWrites(), differencesOfExpressions(), differencesOfAnswers())
}

func differencesOfWrites() []difference {
	return []difference{
		{
			name:  "moto fails",
			right: "neither: an internal error, or the name of a Python exception as the reason of a cancellation, is no answer to compare with",
			is: func(d seen) bool {
				return d.theirs.status >= http.StatusInternalServerError || d.theirs.code() == "TransactionCanceledException" && strings.Contains(d.b, "Error ") ||
					strings.HasSuffix(d.b, "TypeError") || strings.HasSuffix(d.b, "ValueError")
			},
		},
		{
			name: "a refused write leaves a trace in moto",
			right: "ours: UpdateItem and TransactWriteItems change an item wholly or not at all " +
				"(Developer Guide, \"Working with items\": a conditional or invalid write fails without changing the item)",
			is: func(d seen) bool { return d.left && d.refused() },
		},
		{
			name: "a wrong action inside a transaction",
			right: "ours: TransactWriteItems is cancelled with a reason for each action, in order, of which ValidationError is one " +
				"(API Reference, TransactWriteItems, TransactionCanceledException)",
			is: func(d seen) bool {
				return d.step.op == "TransactWriteItems" && strings.Contains(d.a, "ValidationError") && d.theirs.code() != ""
			},
		},
		{
			name: "an update that only removes, of no item",
			right: "ours: without an item, DELETE \"causes nothing to happen; there is no attribute to delete\", while ADD and PUT create one " +
				"(API Reference, UpdateItem, AttributeUpdates)",
			is: func(d seen) bool {
				return d.accepted() && d.a == "200 {}" && (d.asks("REMOVE ") || d.asks("DELETE ")) &&
					(d.step.op == "TransactWriteItems" || !d.asks("SET ") && !d.asks("ADD "))
			},
		},
		{
			name:  "two writes to one item in a batch",
			right: "ours: BatchWriteItem is rejected if \"you try to perform multiple operations on the same item in the same request\" (API Reference, BatchWriteItem)",
			is:    func(d seen) bool { return d.says("contains duplicates") },
		},
		{
			name:  "two reads of one item in a transaction",
			right: "ours: a transaction cannot have several operations on one item (Developer Guide, \"Amazon DynamoDB Transactions: how it works\")",
			is:    func(d seen) bool { return d.step.op == "TransactGetItems" && d.says("multiple operations on one item") },
		},
		{
			name: "a sum of more than 38 digits",
			right: "ours: \"numbers can have up to 38 digits of precision. Exceeding this results in an exception\" " +
				"(Developer Guide, \"Supported data types and naming rules\"); moto rounds",
			is: func(d seen) bool { return d.says("Number overflow") },
		},
	}
}

func differencesOfExpressions() []difference {
	return []difference{
		{
			name: "an attribute that is not there and NULL",
			right: "ours: NULL is a value of a data type of its own, and an attribute that is not there is not equal to it " +
				"(Developer Guide, \"Supported data types and naming rules\", Null; \"Condition and filter expressions\", attribute_exists)",
			is: func(d seen) bool {
				return d.asks(`{"NULL":true}`) && (d.asks(`"ConditionExpression"`) || d.asks(`"FilterExpression"`))
			},
		},
		{
			name: "a BOOL and a number",
			right: "ours: the operands of a comparison must be of one data type, and true is not the number 1 " +
				"(Developer Guide, \"Condition and filter expressions, operators, and functions\")",
			is: func(d seen) bool {
				return (d.asks(`"ConditionExpression"`) || d.asks(`"FilterExpression"`)) && (d.asks(`{"N":"1"}`) || d.asks(`{"N":"0"}`) || d.asks(" BETWEEN "))
			},
		},
		{
			name: "a placeholder before an index",
			right: "ours: #name[0] is a document path (Developer Guide, \"Referring to item attributes when using expressions\", " +
				"expression attribute names with nested attributes)",
			is: func(d seen) bool {
				return d.asks(`"#c[0], r"`) && strings.Contains(d.theirs.message(), "ExpressionAttributeNames unused in expressions")
			},
		},
		{
			name: "a path into what is no map or list",
			right: "ours: the document path of an update must be there up to its last part, or the update is refused " +
				"(Developer Guide, \"Using update expressions\", adding nested map attributes)",
			is: func(d seen) bool {
				return d.says("The document path provided in the update expression is invalid for update")
			},
		},
		{
			name: "if_not_exists of a path into what is no map or list",
			right: "ours: \"if the item does not contain an attribute at the specified path, if_not_exists evaluates to value\" " +
				"(Developer Guide, \"Using update expressions\", preventing overwrites)",
			is: func(d seen) bool {
				return d.asks("if_not_exists(") && strings.Contains(d.theirs.message(), "The document path provided in the update expression is invalid")
			},
		},
		{
			name: "functions of a nested path",
			right: "ours: size, attribute_type and the others take a document path " +
				"(Developer Guide, \"Condition and filter expressions, operators, and functions\")",
			is: func(d seen) bool { return strings.HasPrefix(d.theirs.message(), "Bad Filter Expression") },
		},
	}
}

func differencesOfAnswers() []difference {
	return []difference{
		{
			name:  "UPDATED_NEW and UPDATED_OLD",
			right: "ours: they return \"only the updated attributes\", so no key, and also those whose value stayed the same (API Reference, UpdateItem, ReturnValues)",
			is: func(d seen) bool {
				mode, _ := d.step.in["ReturnValues"].(string)
				return !d.left && d.accepted() && strings.HasPrefix(mode, "UPDATED_")
			},
		},
		{
			name: "one id twice in a batch",
			right: "ours: the ids of a batch must be distinct, or it is refused with BatchEntryIdsNotDistinct " +
				"(Amazon SQS API Reference, DeleteMessageBatch)",
			is: func(d seen) bool {
				return d.ours.code() == "BatchEntryIdsNotDistinct" && d.step.op == "DeleteMessageBatch"
			},
		},
		{
			name: "visibility of a message that was deleted",
			right: "ours: the handle itself is a valid one, so ReceiptHandleIsInvalid is wrong; the message is not there to be changed " +
				"(Amazon SQS API Reference, ChangeMessageVisibility, Errors)",
			is: func(d seen) bool {
				return d.step.op == "ChangeMessageVisibility" && d.refused() && d.theirs.code() == "ReceiptHandleIsInvalid"
			},
		},
		{
			name:  "one handle twice in a batch",
			right: "ours: only the ids of a batch must be distinct (Amazon SQS API Reference, DeleteMessageBatch); moto compares the receipt handles",
			is: func(d seen) bool {
				return d.step.op == "DeleteMessageBatch" && strings.Contains(d.b, "BatchEntryIdsNotDistinct") && strings.Contains(d.a, "ReceiptHandleIsInvalid")
			},
		},
		{
			name:  "Select COUNT with items",
			right: "ours: COUNT \"returns the number of matching items, rather than the matching items themselves\" (API Reference, Scan, Select)",
			is: func(d seen) bool {
				return d.step.in["Select"] == "COUNT" && strings.Contains(d.a, `"Items":[]`) && !strings.Contains(d.b, `"Items":[]`)
			},
		},
	}
}

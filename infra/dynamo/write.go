package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/shared/fault"
)

// transactionMax is DynamoDB's limit of items in a transaction (API reference,
// TransactWriteItems, 2026-11).
const transactionMax = 100

// op is one item of a write: alone it is a request, together a transaction.
type op struct {
	key     key
	item    item   // of a put
	update  string // of an update; a delete has neither
	version string // attribute that holds the record's version
	cond    string
	names   map[string]string
	values  item
	refused error // what it means when cond is not so
	// loose: when cond is not so, the rest is done without it.
	loose bool
	err   error
}

func put(r row) op {
	it, err := r.encode()
	return op{key: r.key, item: it, version: r.versionAttr(), err: err}
}

func remove(k key) op { return op{key: k, err: k.valid()} }

// change is an update with an expression; names and values come with when.
func change(k key, expression string) op { return op{key: k, update: expression, err: k.valid()} }

// ifVersion: the stored version is read, or nothing is stored when it is 0.
func (o op) ifVersion(read int64, refused error) op {
	if read == 0 {
		return o.ifAbsent(refused)
	}
	return o.when("#ver = :ver", refused).name("#ver", o.version).value(":ver", number(read))
}

// ifAbsent: nothing is stored under the key.
func (o op) ifAbsent(refused error) op {
	return o.when("attribute_not_exists(#pk)", refused).name("#pk", attrPK)
}

func (o op) when(cond string, refused error) op {
	o.cond, o.refused = cond, refused
	return o
}

func (o op) name(alias, attribute string) op {
	names := map[string]string{alias: attribute}
	for k, v := range o.names {
		names[k] = v
	}
	o.names = names
	return o
}

func (o op) value(alias string, v types.AttributeValue) op {
	values := item{alias: v}
	for k, old := range o.values {
		values[k] = old
	}
	o.values = values
	return o
}

func (o op) orElse() op {
	o.loose = true
	return o
}

// write stores one op by itself and several in a transaction: all or nothing.
// Of several conditions that are not so the first op's is told.
func (s *Store) write(ctx context.Context, ops ...op) error {
	for _, o := range ops {
		if o.err != nil {
			return o.err
		}
	}
	switch {
	case len(ops) == 0:
		return nil
	case len(ops) == 1:
		_, err := s.single(ctx, ops[0], false)
		return err
	case len(ops) > transactionMax:
		return fault.New(fault.TooLarge, "write_too_large", "One change touches %d records; at most %d can be stored together.", len(ops), transactionMax)
	}
	err := s.transact(ctx, ops)
	cancelled, ok := errors.AsType[*types.TransactionCanceledException](err)
	if _, settled := errors.AsType[*fault.Error](err); settled || !ok {
		return err
	}
	rest, err := withoutFailed(ops, cancelled)
	if err != nil {
		return err
	}
	return s.write(ctx, rest...)
}

// withoutFailed drops the loose ops whose condition is not so, or answers what
// the first other one means.
func withoutFailed(ops []op, cancelled *types.TransactionCanceledException) ([]op, error) {
	var rest []op
	for i, o := range ops {
		reason := "None"
		if i < len(cancelled.CancellationReasons) {
			reason = code(cancelled.CancellationReasons[i])
		}
		switch {
		case reason != "ConditionalCheckFailed":
			rest = append(rest, o)
		case !o.loose:
			return nil, o.refused
		}
	}
	if len(rest) == len(ops) {
		return nil, fault.Wrap(cancelled, fault.Internal, "storage_refused", "Storage refused a change.")
	}
	return rest, nil
}

func (s *Store) transact(ctx context.Context, ops []op) error {
	in := &dynamodb.TransactWriteItemsInput{
		// The token makes a repetition after a lost answer harmless.
		ClientRequestToken: aws.String(s.newID()),
		TransactItems:      make([]types.TransactWriteItem, len(ops)),
	}
	for i, o := range ops {
		in.TransactItems[i] = o.transactional(&s.table)
	}
	return s.retry(ctx, func(ctx context.Context) error {
		_, err := s.api.TransactWriteItems(ctx, in)
		return err
	})
}

func (o op) transactional(table *string) types.TransactWriteItem {
	switch {
	case o.item != nil:
		return types.TransactWriteItem{Put: &types.Put{TableName: table, Item: o.item,
			ConditionExpression: optional(o.cond), ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values}}
	case o.update != "":
		return types.TransactWriteItem{Update: &types.Update{TableName: table, Key: o.key.item(), UpdateExpression: &o.update,
			ConditionExpression: optional(o.cond), ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values}}
	default:
		return types.TransactWriteItem{Delete: &types.Delete{TableName: table, Key: o.key.item(),
			ConditionExpression: optional(o.cond), ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values}}
	}
}

// single does one op. old asks for what a put or delete replaced, or what a
// failed condition met; then the error is still the op's refusal.
func (s *Store) single(ctx context.Context, o op, old bool) (met item, err error) {
	if o.err != nil {
		return nil, o.err
	}
	err = s.retry(ctx, func(ctx context.Context) (err error) {
		met, err = s.request(ctx, o, old)
		return err
	})
	if failed, ok := conditionFailed(err); ok {
		if o.loose {
			return failed.Item, nil
		}
		return failed.Item, o.refused
	}
	return met, err
}

func (s *Store) request(ctx context.Context, o op, old bool) (item, error) {
	after, failed := types.ReturnValueNone, types.ReturnValuesOnConditionCheckFailureNone
	if old {
		after, failed = types.ReturnValueAllOld, types.ReturnValuesOnConditionCheckFailureAllOld
	}
	switch {
	case o.item != nil:
		out, err := s.api.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: o.item, ConditionExpression: optional(o.cond),
			ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values, ReturnValues: after, ReturnValuesOnConditionCheckFailure: failed})
		if err != nil {
			return nil, err
		}
		return out.Attributes, nil
	case o.update != "":
		_, err := s.api.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.table, Key: o.key.item(), UpdateExpression: &o.update,
			ConditionExpression: optional(o.cond), ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values})
		return nil, err
	default:
		out, err := s.api.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.table, Key: o.key.item(), ConditionExpression: optional(o.cond),
			ExpressionAttributeNames: o.names, ExpressionAttributeValues: o.values, ReturnValues: after, ReturnValuesOnConditionCheckFailure: failed})
		if err != nil {
			return nil, err
		}
		return out.Attributes, nil
	}
}

func (k key) item() item { return item{attrPK: text(k.pk), attrSK: text(k.sk)} }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

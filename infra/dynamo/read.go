package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/shared/fault"
)

// get reads one row consistently; nil when it is not there.
func (s *Store) get(ctx context.Context, k key) (found item, err error) {
	if k.valid() != nil { // an empty id is never there
		return nil, nil
	}
	err = s.retry(ctx, func(ctx context.Context) error {
		out, err := s.api.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: k.item(), ConsistentRead: aws.Bool(true)})
		if err == nil && len(out.Item) > 0 {
			found = out.Item
		}
		return err
	})
	return found, err
}

// load reads one record; what and id name it when it is not there.
func load[T any](ctx context.Context, s *Store, k key, what, id string) (T, error) {
	it, err := s.get(ctx, k)
	if err != nil || it == nil {
		var none T
		if err == nil {
			err = missing(what, id)
		}
		return none, err
	}
	return decode[T](it)
}

// loadAll reads records by key in the order of keys; missing ones are left out.
func loadAll[T any](ctx context.Context, s *Store, keys []key, consistent bool) ([]T, error) {
	found, err := s.batchGet(ctx, keys, consistent)
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(found))
	for _, k := range keys {
		if it, ok := found[k]; ok {
			items = append(items, it)
			delete(found, k)
		}
	}
	return decodeAll[T](items)
}

func missing(what, id string) error {
	return fault.New(fault.NotFound, what+"_not_found", "There is no %s %s.", what, id)
}

func moved(what, id string) error {
	return fault.New(fault.Conflict, what+"_moved", "The %s %s was changed by someone else; read it again.", what, id)
}

// span is a part of a partition of the table or of an index, between two sort
// keys, both included; empty ones are open ends.
type span struct {
	index    string // empty is the table
	pk       string
	from, to string
	forward  bool
	limit    int // 0 is all
}

// prefixed is all of a partition of the table whose sort keys begin so.
func prefixed(pk, prefix string) span {
	return span{pk: pk, from: prefix, to: prefix + last, forward: true}
}

func (p span) attrs() (pk, sk string) {
	switch p.index {
	case indexG1:
		return attrG1PK, attrG1SK
	case indexG2:
		return attrG2PK, attrG2SK
	default:
		return attrPK, attrSK
	}
}

// The indexes. DynamoDB wants names of at least three characters.
const indexG1, indexG2 = "gsi1", "gsi2"

func (p span) input(table *string) *dynamodb.QueryInput {
	pk, sk := p.attrs()
	in := &dynamodb.QueryInput{
		TableName: table, IndexName: optional(p.index), ScanIndexForward: aws.Bool(p.forward),
		KeyConditionExpression:    aws.String("#p = :p"),
		ExpressionAttributeNames:  map[string]string{"#p": pk},
		ExpressionAttributeValues: item{":p": text(p.pk)},
	}
	if p.index == "" { // indexes can't be read consistently
		in.ConsistentRead = aws.Bool(true)
	}
	bound := func(condition string) {
		in.KeyConditionExpression = aws.String("#p = :p AND " + condition)
		in.ExpressionAttributeNames["#s"] = sk
	}
	if p.from != "" {
		bound("#s >= :from")
		in.ExpressionAttributeValues[":from"] = text(p.from)
	}
	if p.to != "" {
		bound("#s <= :to")
		in.ExpressionAttributeValues[":to"] = text(p.to)
	}
	if p.from != "" && p.to != "" {
		bound("#s BETWEEN :from AND :to")
	}
	return in
}

// query reads a span up to its limit.
func (s *Store) query(ctx context.Context, p span) ([]item, error) {
	var found []item
	err := s.pages(ctx, p, "", func(out *dynamodb.QueryOutput) int {
		found = append(found, out.Items...)
		return len(found)
	})
	if p.limit > 0 && len(found) > p.limit {
		found = found[:p.limit]
	}
	return found, err
}

// count counts a span up to its limit.
func (s *Store) count(ctx context.Context, p span) (int, error) {
	n := 0
	err := s.pages(ctx, p, types.SelectCount, func(out *dynamodb.QueryOutput) int {
		n += int(out.Count)
		return n
	})
	if p.limit > 0 {
		n = min(n, p.limit)
	}
	return n, err
}

// pages asks for pages until the span or its limit ends; have tells how much
// there is after each.
func (s *Store) pages(ctx context.Context, p span, mode types.Select, have func(*dynamodb.QueryOutput) int) error {
	if (p.from != "" && p.to != "" && p.from > p.to) || (key{p.pk, "-"}).valid() != nil {
		return nil
	}
	in := p.input(&s.table)
	in.Select = mode
	for n := 0; ; {
		if p.limit > 0 {
			in.Limit = aws.Int32(int32(min(p.limit-n, 1000)))
		}
		var out *dynamodb.QueryOutput
		err := s.retry(ctx, func(ctx context.Context) (err error) {
			out, err = s.api.Query(ctx, in)
			return err
		})
		if err != nil {
			return err
		}
		n = have(out)
		if len(out.LastEvaluatedKey) == 0 || (p.limit > 0 && n >= p.limit) {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

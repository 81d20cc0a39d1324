package dynamo

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/manystall/manystall/shared/fault"
)

const (
	batchGetMax   = 100 // DynamoDB API reference, BatchGetItem, 2026-11
	batchWriteMax = 25  // DynamoDB API reference, BatchWriteItem, 2026-11
	// side by side requests of one call of the store
	parallel = 8
)

// each runs work for all of a list, several at a time, and answers the first
// error.
func each[T any](ctx context.Context, list []T, work func(context.Context, T) error) error {
	if len(list) == 1 {
		return work(ctx, list[0])
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, one := range list {
		group.Go(func() error { return work(ctx, one) })
	}
	return group.Wait()
}

// batchGet reads rows; missing ones are left out, repeated keys read once.
func (s *Store) batchGet(ctx context.Context, keys []key, consistent bool) (map[key]item, error) {
	found := make(map[key]item, len(keys))
	seen := make(map[key]bool, len(keys))
	var wanted []item
	for _, k := range keys {
		if seen[k] || k.valid() != nil { // an empty id is never there
			continue
		}
		seen[k] = true
		wanted = append(wanted, k.item())
	}
	for chunk := range slices.Chunk(wanted, batchGetMax) {
		if err := s.batchGetChunk(ctx, chunk, consistent, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Store) batchGetChunk(ctx context.Context, keys []item, consistent bool, found map[key]item) error {
	for n := 0; len(keys) > 0; n++ {
		var out *dynamodb.BatchGetItemOutput
		err := s.retry(ctx, func(ctx context.Context) (err error) {
			out, err = s.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
				s.table: {Keys: keys, ConsistentRead: aws.Bool(consistent)}}})
			return err
		})
		if err != nil {
			return err
		}
		for _, it := range out.Responses[s.table] {
			found[keyOf(it)] = it
		}
		left := out.UnprocessedKeys[s.table].Keys
		if n, err = s.pause(ctx, n, len(left), len(keys)); err != nil {
			return err
		}
		keys = left
	}
	return nil
}

func keyOf(it item) key { return key{textOf(it, attrPK), textOf(it, attrSK)} }

// batchWrite does puts and deletes that have no conditions, each by itself.
// Of several ops on one key the last one counts.
func (s *Store) batchWrite(ctx context.Context, ops []op) error {
	at := make(map[key]int, len(ops))
	var requests []types.WriteRequest
	for _, o := range ops {
		if o.err != nil {
			return o.err
		}
		r := types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: o.key.item()}}
		if o.item != nil {
			r = types.WriteRequest{PutRequest: &types.PutRequest{Item: o.item}}
		}
		if i, again := at[o.key]; again {
			requests[i] = r
			continue
		}
		at[o.key] = len(requests)
		requests = append(requests, r)
	}
	return each(ctx, slices.Collect(slices.Chunk(requests, batchWriteMax)), s.batchWriteChunk)
}

func (s *Store) batchWriteChunk(ctx context.Context, requests []types.WriteRequest) error {
	for n := 0; len(requests) > 0; n++ {
		var out *dynamodb.BatchWriteItemOutput
		err := s.retry(ctx, func(ctx context.Context) (err error) {
			out, err = s.api.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{s.table: requests}})
			return err
		})
		if err != nil {
			return err
		}
		left := out.UnprocessedItems[s.table]
		if n, err = s.pause(ctx, n, len(left), len(requests)); err != nil {
			return err
		}
		requests = left
	}
	return nil
}

// pause waits before the rest of a batch is asked for again. Only rounds that
// got nowhere count.
func (s *Store) pause(ctx context.Context, n, left, of int) (int, error) {
	if left == 0 {
		return n, nil
	}
	if left < of {
		n = 0
	}
	if n == tries {
		return n, fault.New(fault.Temporary, "storage_busy", "Storage is busy: %d records are left over; try again in a moment.", left)
	}
	if err := s.sleep(ctx, s.backoff(min(n, tries))); err != nil {
		return n, fault.Wrap(err, fault.Temporary, "storage_busy", "Storage did not answer in time; try again in a moment.")
	}
	return n, nil
}

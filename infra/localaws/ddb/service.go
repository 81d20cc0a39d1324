// Package ddb answers DynamoDB's operations, and those of DynamoDB Streams,
// from a file on this machine. What it does not implement it refuses the way
// AWS refuses an unknown operation.
package ddb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// Config are the settings of a Service.
type Config struct {
	// Path is the database file; it is made if there is none.
	Path string
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// Region is named in ARNs; us-east-1 if empty.
	Region string
	// Shards is how many open shards a new stream has; 2 if zero.
	Shards int
	// Log takes failures that are the server's own; slog.Default if nil.
	Log *slog.Logger
	// NoSync leaves out fsync. For tests only.
	NoSync bool
	// Seed decides what happens in adverse mode.
	Seed uint64
}

// Service is an open database. It is safe for concurrent use.
type Service struct {
	db       *store.DB
	region   string
	log      *slog.Logger
	requests atomic.Uint64
	adverse  *adversity
}

// New opens the database.
func New(c Config) (*Service, error) {
	db, err := store.Open(c.Path, store.Options{Now: c.Now, Shards: c.Shards, NoSync: c.NoSync})
	if err != nil {
		return nil, err
	}
	s := &Service{db: db, region: c.Region, log: c.Log, adverse: newAdversity(c.Seed)}
	if s.region == "" {
		s.region = "us-east-1"
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	return s, nil
}

// Close finishes what has begun and closes the database.
func (s *Service) Close() error { return s.db.Close() }

// Changes is closed by the next write to any stream. Ask for it before reading
// the streams: whatever is written after the call closes it.
func (s *Service) Changes() <-chan struct{} { return s.db.Changes() }

// operation answers one kind of request.
type operation func(*Service, context.Context, params) (object, error)

// find knows the operations by their names on the wire.
func find(target string) (operation, bool) {
	switch target {
	case "DynamoDB_20120810.CreateTable":
		return (*Service).createTable, true
	case "DynamoDB_20120810.UpdateTable":
		return (*Service).updateTable, true
	case "DynamoDB_20120810.DescribeTable":
		return (*Service).describeTable, true
	case "DynamoDB_20120810.ListTables":
		return (*Service).listTables, true
	case "DynamoDB_20120810.DeleteTable":
		return (*Service).deleteTable, true
	case "DynamoDB_20120810.UpdateTimeToLive":
		return (*Service).updateTimeToLive, true
	case "DynamoDB_20120810.DescribeTimeToLive":
		return (*Service).describeTimeToLive, true
	case "DynamoDB_20120810.TagResource":
		return (*Service).tagResource, true
	case "DynamoDB_20120810.UntagResource":
		return (*Service).untagResource, true
	case "DynamoDB_20120810.ListTagsOfResource":
		return (*Service).listTagsOfResource, true
	}
	if op, ok := findItem(target); ok {
		return op, true
	}
	return findStream(target)
}

func findItem(target string) (operation, bool) {
	switch target {
	case "DynamoDB_20120810.PutItem":
		return (*Service).putItem, true
	case "DynamoDB_20120810.GetItem":
		return (*Service).getItem, true
	case "DynamoDB_20120810.UpdateItem":
		return (*Service).updateItem, true
	case "DynamoDB_20120810.DeleteItem":
		return (*Service).deleteItem, true
	case "DynamoDB_20120810.Query":
		return (*Service).query, true
	case "DynamoDB_20120810.Scan":
		return (*Service).scan, true
	case "DynamoDB_20120810.BatchGetItem":
		return (*Service).batchGetItem, true
	case "DynamoDB_20120810.BatchWriteItem":
		return (*Service).batchWriteItem, true
	case "DynamoDB_20120810.TransactWriteItems":
		return (*Service).transactWriteItems, true
	case "DynamoDB_20120810.TransactGetItems":
		return (*Service).transactGetItems, true
	}
	return nil, false
}

func findStream(target string) (operation, bool) {
	switch target {
	case "DynamoDBStreams_20120810.ListStreams":
		return (*Service).listStreams, true
	case "DynamoDBStreams_20120810.DescribeStream":
		return (*Service).describeStream, true
	case "DynamoDBStreams_20120810.GetShardIterator":
		return (*Service).getShardIterator, true
	case "DynamoDBStreams_20120810.GetRecords":
		return (*Service).getRecords, true
	}
	return nil, false
}

// Serve answers one request: target is the X-Amz-Target header, such as
// "DynamoDB_20120810.GetItem". It returns the HTTP status and the JSON body.
func (s *Service) Serve(ctx context.Context, target string, body []byte) (status int, answer []byte) {
	out, err := s.answer(ctx, target, body)
	if err == nil {
		return http.StatusOK, out.append(make([]byte, 0, 512))
	}
	f, ours := asFault(err)
	if !ours && !errors.Is(err, context.Canceled) {
		s.log.ErrorContext(ctx, "dynamodb request", "op", target, "error", err)
	}
	return f.status, f.body()
}

func (s *Service) answer(ctx context.Context, target string, body []byte) (out object, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	op, ok := find(target)
	if !ok {
		return nil, &fault{status: http.StatusBadRequest, kind: shapeService + "UnknownOperationException"}
	}
	p, err := decodeParams(body)
	if err != nil {
		return nil, err
	}
	if err := p.checkShape(); err != nil {
		return nil, err
	}
	return op(s, ctx, p)
}

// table reads a table that must be there.
func table(tx *store.Tx, name string) (*store.Table, error) {
	t, ok := tx.Table(name)
	if !ok {
		return nil, notFound("")
	}
	return t, nil
}

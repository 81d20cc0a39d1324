// Package dynamo keeps everything of the product in one DynamoDB table. It
// implements port.Store and port.Budgets with the AWS SDK for Go v2; the same
// code runs against AWS and against the embedded server of infra/localaws.
//
// Where things lie is told by keys.go (all keys of a seller's data) and
// system.go (what crosses workspaces); docs/table.md explains both.
package dynamo

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

var (
	_ port.Store   = (*Store)(nil)
	_ port.Budgets = (*Budgets)(nil)
)

// API is the part of the DynamoDB client that the store uses.
type API interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
	DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	BatchGetItem(context.Context, *dynamodb.BatchGetItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	BatchWriteItem(context.Context, *dynamodb.BatchWriteItemInput, ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error)
	TransactWriteItems(context.Context, *dynamodb.TransactWriteItemsInput, ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error)
}

// Options are what the store takes from outside; zero values are replaced by
// the real ones.
type Options struct {
	Now   func() time.Time
	NewID func() string // unique, at most 36 characters
	// Sleep waits between tries; it returns early with the context's error.
	Sleep func(ctx context.Context, d time.Duration) error
	// Rand is uniform in [0,1); it spreads retries.
	Rand func() float64
	// Channels are all channels orders and messages may have: a list over all
	// of them is one Query each. Default: those of package commerce.
	Channels []commerce.Channel
}

// Store is port.Store on a DynamoDB table. It is safe for concurrent use and
// keeps no state between calls.
type Store struct {
	api      API
	table    string
	now      func() time.Time
	newID    func() string
	sleep    func(context.Context, time.Duration) error
	rand     func() float64
	channels []commerce.Channel
}

// New makes a store on a table that is there. It does no I/O.
func New(api API, table string, o Options) *Store {
	s := &Store{api: api, table: table, now: o.Now, newID: o.NewID, sleep: o.Sleep, rand: o.Rand, channels: o.Channels}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = func() string { return ulid.Make().String() }
	}
	if s.sleep == nil {
		s.sleep = httpclient.Sleep
	}
	if s.rand == nil {
		s.rand = rand.Float64
	}
	if len(s.channels) == 0 {
		s.channels = []commerce.Channel{
			commerce.Etsy, commerce.TikTok, commerce.Facebook, commerce.Instagram, commerce.Meta, commerce.Own,
		}
	}
	return s
}

package dynamo_test

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

// open makes a fresh table: in an embedded server of its own, or, where
// AWS_ENDPOINT_URL_DYNAMODB is set, wherever that points.
func open(t *testing.T, clock *porttest.Clock) (*dynamodb.Client, string) {
	t.Helper()
	getenv, table := os.Getenv, "manystall-"+ulid.Make().String()
	var transport *localaws.Server
	if getenv("AWS_ENDPOINT_URL_DYNAMODB") == "" {
		server, err := localaws.Open(localaws.Config{Path: t.TempDir(), Now: clock.Now, Sweep: -1, NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Close(); err != nil {
				t.Error(err)
			}
		})
		transport = server
		getenv = func(name string) string {
			return map[string]string{"AWS_ENDPOINT_URL": "http://dynamodb.invalid"}[name]
		}
	}
	client, err := newClient(getenv, transport)
	if err != nil {
		t.Fatal(err)
	}
	if err := dynamo.CreateTable(t.Context(), client, table); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if transport == nil {
			_, _ = client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(table)})
		}
	})
	return client, table
}

func newClient(getenv func(string) string, server *localaws.Server) (*dynamodb.Client, error) {
	if server == nil {
		return dynamo.NewClient(getenv, nil)
	}
	return dynamo.NewClient(getenv, server.RoundTripper())
}

func newClock() *porttest.Clock {
	return porttest.NewClock(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
}

// options let retries wait for nothing but their turn.
func options(clock *porttest.Clock) dynamo.Options {
	return dynamo.Options{Now: clock.Now, Sleep: func(ctx context.Context, _ time.Duration) error {
		runtime.Gosched()
		return ctx.Err()
	}}
}

func TestStore(t *testing.T) {
	t.Parallel()
	porttest.RunStore(t, func(t *testing.T) porttest.StoreBench {
		clock := newClock()
		client, table := open(t, clock)
		return porttest.StoreBench{Store: dynamo.New(client, table, options(clock)), Clock: clock}
	})
}

func TestBudgets(t *testing.T) {
	t.Parallel()
	porttest.RunBudgets(t, func(t *testing.T) porttest.BudgetBench {
		clock := newClock()
		client, table := open(t, clock)
		store := dynamo.New(client, table, options(clock))
		return porttest.BudgetBench{Clock: clock, Open: func() port.Budgets { return dynamo.NewBudgets(store) }}
	})
}

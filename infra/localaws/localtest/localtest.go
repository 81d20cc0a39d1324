// Package localtest opens storage for tests of what stands above it: the
// adapter that runs in the cloud, over the embedded server, in process and in
// a folder of the test's own.
package localtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws"
)

// Table is the name of the table Open makes.
const Table = "manystall"

// Ground is an empty table and what reaches it.
type Ground struct {
	Store  *dynamo.Store
	Client *dynamodb.Client
	Server *localaws.Server
}

// Open makes an empty table that lives by a clock and is gone with the test.
// Nothing waits for the disk: what a power loss does is not tested with it.
func Open(t testing.TB, now func() time.Time) Ground {
	t.Helper()
	server, err := localaws.Open(localaws.Config{Path: t.TempDir(), Now: now, Sweep: -1, NoSync: true, Log: Quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	env := func(name string) string {
		return map[string]string{"AWS_ENDPOINT_URL": "http://dynamodb.invalid"}[name]
	}
	client, err := dynamo.NewClient(env, server.RoundTripper())
	if err != nil {
		t.Fatal(err)
	}
	if err := dynamo.CreateTable(t.Context(), client, Table); err != nil {
		t.Fatal(err)
	}
	store := dynamo.New(client, Table, dynamo.Options{Now: now, Sleep: func(ctx context.Context, _ time.Duration) error {
		runtime.Gosched() // retries wait for nothing but their turn
		return ctx.Err()
	}})
	return Ground{Store: store, Client: client, Server: server}
}

func (g Ground) http() *http.Client { return &http.Client{Transport: g.Server.RoundTripper()} }

// IDs hands out ULIDs that rise, also within a millisecond. Its zero value is
// ready, and it is safe for concurrent use.
type IDs struct {
	mu   sync.Mutex
	last uint64
}

// Next is the next id.
func (s *IDs) Next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	var id ulid.ULID
	for i, n := len(id)-1, s.last; n > 0; i, n = i-1, n>>8 {
		id[i] = byte(n)
	}
	return id.String()
}

// Quiet is a log nobody reads.
func Quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

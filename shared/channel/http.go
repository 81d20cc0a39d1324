package channel

import (
	"context"

	"github.com/manystall/manystall/shared/httpclient"
)

// Doer sends the requests of connectors; httpclient.Client is the one
// implementation.
type Doer interface {
	Do(ctx context.Context, r httpclient.Request) (httpclient.Response, error)
}

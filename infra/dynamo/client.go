package dynamo

import (
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/manystall/manystall/infra/cloud"
)

// attemptTimeout ends one HTTP exchange; the store decides about the next.
const attemptTimeout = 10 * time.Second

// NewClient makes a client from the environment, as cloud.Find reads it.
// transport may be nil. The client itself never retries: the store does.
func NewClient(getenv func(string) string, transport http.RoundTripper) (*dynamodb.Client, error) {
	where, err := cloud.Find(getenv, "DYNAMODB")
	if err != nil {
		return nil, fmt.Errorf("make DynamoDB client: %w", err)
	}
	return dynamodb.New(dynamodb.Options{
		Region: where.Region, Credentials: where.Credentials, BaseEndpoint: where.Endpoint, Retryer: aws.NopRetryer{},
		HTTPClient: &http.Client{Transport: transportOr(transport), Timeout: attemptTimeout},
	}), nil
}

// transportOr keeps enough idle connections for the parallel queries of a list.
func transportOr(given http.RoundTripper) http.RoundTripper {
	if given != nil {
		return given
	}
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := standard.Clone()
	own.MaxIdleConnsPerHost = 32
	return own
}

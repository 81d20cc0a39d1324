package dynamo

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// attemptTimeout ends one HTTP exchange; the store decides about the next.
const attemptTimeout = 10 * time.Second

// NewClient makes a client from the environment Lambda gives a function
// (AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN;
// docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html, 2026-11).
// AWS_ENDPOINT_URL_DYNAMODB, or else AWS_ENDPOINT_URL, points it elsewhere;
// then region and credentials may be missing. transport may be nil. The
// client itself never retries: the store does.
func NewClient(getenv func(string) string, transport http.RoundTripper) (*dynamodb.Client, error) {
	endpoint := first(getenv("AWS_ENDPOINT_URL_DYNAMODB"), getenv("AWS_ENDPOINT_URL"))
	region := first(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))
	creds := aws.Credentials{
		AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: getenv("AWS_SESSION_TOKEN"), Source: "environment",
	}
	if endpoint != "" {
		region = first(region, "us-east-1")
		creds.AccessKeyID, creds.SecretAccessKey = first(creds.AccessKeyID, "local"), first(creds.SecretAccessKey, "local")
	}
	if region == "" {
		return nil, errors.New("make DynamoDB client: AWS_REGION is not set")
	}
	if !creds.HasKeys() {
		return nil, errors.New("make DynamoDB client: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
	}
	options := dynamodb.Options{
		Region: region, HTTPClient: &http.Client{Transport: transportOr(transport), Timeout: attemptTimeout},
		Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return creds, nil
		}),
	}
	if endpoint != "" {
		options.BaseEndpoint = &endpoint
	}
	return dynamodb.New(options), nil
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

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// Package cloud says where AWS is for this process and as whom to call it. All
// clients are made from what it reads, so that a variable means the same to
// each of them.
package cloud

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Service is one service of AWS as the environment describes it.
type Service struct {
	Region      string
	Credentials aws.CredentialsProvider
	// Endpoint is another address than AWS's own, or nil.
	Endpoint *string
}

// Find reads what Lambda gives a function and the aws command exports:
// AWS_REGION or AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
// AWS_SESSION_TOKEN (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html,
// 2026-11). AWS_ENDPOINT_URL_<name>, or else AWS_ENDPOINT_URL, points the
// service elsewhere (docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html,
// 2026-11); then region and keys may be missing, since whatever answers there
// takes any. name is the service in capitals: DYNAMODB, SQS, S3, KMS. An error
// names the variable that is missing.
func Find(getenv func(string) string, name string) (Service, error) {
	endpoint := cmp.Or(getenv("AWS_ENDPOINT_URL_"+name), getenv("AWS_ENDPOINT_URL"))
	region := cmp.Or(getenv("AWS_REGION"), getenv("AWS_DEFAULT_REGION"))
	keys := aws.Credentials{
		AccessKeyID: getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: getenv("AWS_SESSION_TOKEN"), Source: "environment",
	}
	s := Service{}
	if endpoint != "" {
		s.Endpoint = &endpoint
		region = cmp.Or(region, "us-east-1")
		keys.AccessKeyID, keys.SecretAccessKey = cmp.Or(keys.AccessKeyID, "local"), cmp.Or(keys.SecretAccessKey, "local")
	}
	if region == "" {
		return s, fmt.Errorf("find %s: AWS_REGION is not set", name)
	}
	if !keys.HasKeys() {
		return s, fmt.Errorf("find %s: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set", name)
	}
	s.Region = region
	s.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil })
	return s, nil
}

package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/manystall/manystall/infra/blob"
	"github.com/manystall/manystall/infra/queue"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/port"
)

// credentials are those Lambda gives a function; a local endpoint takes any.
func (g *Ground) credentials(endpoint string) (aws.CredentialsProvider, error) {
	c := aws.Credentials{AccessKeyID: g.env("AWS_ACCESS_KEY_ID"), SecretAccessKey: g.env("AWS_SECRET_ACCESS_KEY"), SessionToken: g.env("AWS_SESSION_TOKEN"), Source: "environment"}
	if !c.HasKeys() && endpoint == "" {
		return nil, errors.New("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
	}
	if !c.HasKeys() {
		c.AccessKeyID, c.SecretAccessKey = "local", "local"
	}
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }), nil
}

func (g *Ground) region() string {
	if r := g.env("AWS_REGION"); r != "" {
		return r
	}
	return "us-east-1"
}

func (g *Ground) client() *http.Client { return &http.Client{Transport: g.options.AWS} }

func (g *Ground) newQueues() (*queue.Queues, error) {
	endpoint := g.env("AWS_ENDPOINT_URL_SQS")
	if endpoint == "" {
		endpoint = g.env("AWS_ENDPOINT_URL")
	}
	creds, err := g.credentials(endpoint)
	if err != nil {
		return nil, fmt.Errorf("make SQS client: %w", err)
	}
	o := sqs.Options{Region: g.region(), Credentials: creds, HTTPClient: g.client()}
	if endpoint != "" {
		o.BaseEndpoint = &endpoint
	}
	addresses := make(map[string]queue.Address, 5)
	for _, name := range port.Queues() {
		short := strings.ToUpper(strings.TrimSuffix(name, "Queue"))
		addresses[name] = queue.Address{URL: g.env(short + "_QUEUE_URL"), Dead: g.env(short + "_DEAD_QUEUE_URL")}
	}
	return queue.New(narrowMessages(sqs.New(o)), addresses), nil
}

// Blobs is where large things are kept.
func (g *Ground) Blobs() (port.Blobs, error) {
	if g.LocalState != "" {
		secret, err := localSecret(g.LocalState)
		if err != nil {
			return nil, err
		}
		return blob.OpenDir(blob.DirOptions{Path: filepath.Join(g.LocalState, "blobs"), Public: g.PublicURL + "/local/uploads", Secret: secret, Now: g.Now})
	}
	creds, err := g.credentials("")
	if err != nil {
		return nil, fmt.Errorf("make S3 client: %w", err)
	}
	return blob.NewBucket(blob.BucketOptions{Name: g.Bucket, Region: g.region(), Credentials: creds, HTTP: g.client(), Now: g.Now}), nil
}

// UploadOrigin is where upload addresses lead; empty is our own origin.
func (g *Ground) UploadOrigin() string {
	if g.LocalState != "" || g.Bucket == "" {
		return ""
	}
	return blob.Origin(g.Bucket, g.region())
}

func newVault(g *Ground, store vault.Workspaces) (port.Vault, error) {
	if g.LocalState != "" {
		keeper, err := vault.OpenKeyFile(filepath.Join(g.LocalState, "master.key"))
		if err != nil {
			return nil, err
		}
		return vault.New(keeper, store), nil
	}
	creds, err := g.credentials("")
	if err != nil {
		return nil, fmt.Errorf("make KMS client: %w", err)
	}
	return vault.New(vault.NewKMS(narrowKeys(kms.New(kms.Options{Region: g.region(), Credentials: creds, HTTPClient: g.client()})), g.KMSKey), store), nil
}

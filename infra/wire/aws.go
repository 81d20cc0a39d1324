package wire

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/manystall/manystall/infra/blob"
	"github.com/manystall/manystall/infra/cloud"
	"github.com/manystall/manystall/infra/queue"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/port"
)

func (g *Ground) client() *http.Client { return &http.Client{Transport: g.options.AWS} }

func (g *Ground) newQueues() (*queue.Queues, error) {
	where, err := cloud.Find(g.env, "SQS")
	if err != nil {
		return nil, fmt.Errorf("make SQS client: %w", err)
	}
	client := sqs.New(sqs.Options{Region: where.Region, Credentials: where.Credentials, BaseEndpoint: where.Endpoint, HTTPClient: g.client()})
	addresses := make(map[string]queue.Address, 5)
	for _, name := range port.Queues() {
		short := strings.ToUpper(strings.TrimSuffix(name, "Queue"))
		addresses[name] = queue.Address{URL: g.env(short + "_QUEUE_URL"), Dead: g.env(short + "_DEAD_QUEUE_URL")}
	}
	return queue.New(narrowMessages(client), addresses), nil
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
	where, err := cloud.Find(g.env, "S3")
	if err != nil {
		return nil, fmt.Errorf("make S3 client: %w", err)
	}
	return blob.NewBucket(blob.BucketOptions{Name: g.Bucket, Region: where.Region, Credentials: where.Credentials, HTTP: g.client(), Now: g.Now}), nil
}

// UploadOrigin is where upload addresses lead; empty is our own origin.
func (g *Ground) UploadOrigin() string {
	if g.LocalState != "" || g.Bucket == "" {
		return ""
	}
	where, err := cloud.Find(g.env, "S3")
	if err != nil {
		return ""
	}
	return blob.Origin(g.Bucket, where.Region)
}

func newVault(g *Ground, store vault.Workspaces) (port.Vault, error) {
	if g.LocalState != "" {
		keeper, err := vault.OpenKeyFile(filepath.Join(g.LocalState, "master.key"))
		if err != nil {
			return nil, err
		}
		return vault.New(keeper, store), nil
	}
	where, err := cloud.Find(g.env, "KMS")
	if err != nil {
		return nil, fmt.Errorf("make KMS client: %w", err)
	}
	client := kms.New(kms.Options{Region: where.Region, Credentials: where.Credentials, BaseEndpoint: where.Endpoint, HTTPClient: g.client()})
	return vault.New(vault.NewKMS(narrowKeys(client), g.KMSKey), store), nil
}

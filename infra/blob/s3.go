package blob

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Bucket implements port.Blobs in S3. It is safe for concurrent use.
type Bucket struct {
	client *s3.Client
	name   string
}

var _ port.Blobs = (*Bucket)(nil)

// NewBucket uses the bucket of that name.
func NewBucket(client *s3.Client, name string) *Bucket { return &Bucket{client, name} }

// PutBlob implements port.Blobs.
func (b *Bucket) PutBlob(ctx context.Context, key, contentType string, data []byte) error {
	if err := checkKey(key); err != nil {
		return err
	}
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, ContentType: &contentType, Body: bytes.NewReader(data),
	})
	return b.fault(err, key, "stored")
}

// Blob implements port.Blobs. Without the right to list the bucket S3 answers
// 403 for what is not there, which is Internal here.
func (b *Bucket) Blob(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	if err != nil {
		return nil, b.fault(err, key, "read")
	}
	if aws.ToInt64(out.ContentLength) > limit {
		_ = out.Body.Close() // it is dropped, whatever it says
		return nil, tooLarge(key, limit)
	}
	data, err := readLimited(key, out.Body, limit)
	return data, errors.Join(err, out.Body.Close())
}

// DeleteBlob implements port.Blobs; a blob that is not there is fine.
func (b *Bucket) DeleteBlob(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
	return b.fault(err, key, "deleted")
}

// UploadURL implements port.Blobs. A presigned PUT can't carry an upper limit
// (S3 user guide, presigned URLs, 2025-11): whoever reads the blob holds it to
// the limit then. The content type is part of the signature.
func (b *Bucket) UploadURL(ctx context.Context, key, contentType string, _ int64, ttl time.Duration) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	signed, err := s3.NewPresignClient(b.client).PresignPutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.name, Key: &key, ContentType: &contentType,
	}, s3.WithPresignExpires(ttl))
	if err != nil {
		return "", b.fault(err, key, "opened for upload")
	}
	return signed.URL, nil
}

// fault sorts S3's errors: what is not there, what may work later, and what we
// do wrong. Names are from the S3 API reference, error responses, 2025-11.
func (b *Bucket) fault(err error, key, verb string) error {
	if err == nil {
		return nil
	}
	if _, missing := errors.AsType[*types.NoSuchKey](err); missing {
		return notFound(key, err)
	}
	kind := fault.Temporary
	if api, ok := errors.AsType[smithy.APIError](err); ok && !passes(api.ErrorCode()) {
		kind = fault.Internal
	}
	return fault.Wrap(err, kind, "blob_refused", "The blob %s could not be %s.", key, verb)
}

// passes says whether an error of S3 goes away by itself.
func passes(code string) bool {
	switch code {
	case "InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "RequestTimeTooSkewed",
		"ExpiredToken", "OperationAborted", "ConditionalRequestConflict":
		return true
	}
	return false
}

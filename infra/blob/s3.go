package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// bucketAttempts is how often a request is made that S3 does not answer or
	// could not serve; all of ours state a whole object, so repeating is safe.
	bucketAttempts = 3
	maxRefusal     = 64 << 10
)

// BucketOptions say where a bucket is.
type BucketOptions struct {
	Name   string
	Region string
	// Endpoint, for tests, replaces https://<name>.s3.<region>.amazonaws.com by
	// <endpoint>/<name>.
	Endpoint    string
	Credentials aws.CredentialsProvider
	HTTP        *http.Client
	Now         func() time.Time
}

// Bucket implements port.Blobs in S3. It is safe for concurrent use. It signs
// with the SDK's signer and speaks S3's four plain requests itself: the SDK's
// client of S3 alone weighs more than two megabytes in each function.
type Bucket struct {
	o      BucketOptions
	base   string
	signer *v4.Signer
}

var _ port.Blobs = (*Bucket)(nil)

// Origin is the origin of a bucket's addresses.
func Origin(name, region string) string {
	return "https://" + name + ".s3." + region + ".amazonaws.com"
}

// NewBucket uses a bucket that is there.
func NewBucket(o BucketOptions) *Bucket {
	if o.Now == nil {
		o.Now = time.Now
	}
	base := Origin(o.Name, o.Region)
	if o.Endpoint != "" {
		base = o.Endpoint + "/" + o.Name
	}
	signer := v4.NewSigner(func(s *v4.SignerOptions) { s.DisableURIPathEscaping = true })
	return &Bucket{o: o, base: base, signer: signer}
}

// PutBlob implements port.Blobs. S3 checks the bytes by the digest that is
// signed with them.
func (b *Bucket) PutBlob(ctx context.Context, key, contentType string, data []byte) error {
	_, err := b.do(ctx, http.MethodPut, key, contentType, data, 0, "stored")
	return err
}

// Blob implements port.Blobs. Without the right to list the bucket S3 answers
// 403 for what is not there, which is Internal here.
func (b *Bucket) Blob(ctx context.Context, key string, limit int64) ([]byte, error) {
	return b.do(ctx, http.MethodGet, key, "", nil, limit, "read")
}

// DeleteBlob implements port.Blobs; a blob that is not there is fine.
func (b *Bucket) DeleteBlob(ctx context.Context, key string) error {
	_, err := b.do(ctx, http.MethodDelete, key, "", nil, 0, "deleted")
	return err
}

// UploadURL implements port.Blobs. A presigned PUT can't carry an upper limit
// (S3 user guide, presigned URLs, 2025-11): whoever reads the blob holds it to
// the limit then. The content type is part of the signature.
func (b *Bucket) UploadURL(ctx context.Context, key, contentType string, _ int64, ttl time.Duration) (string, error) {
	return b.presign(ctx, http.MethodPut, key, contentType, ttl)
}

// DownloadURL implements port.Blobs. S3 answers its own ETag and ranges.
func (b *Bucket) DownloadURL(ctx context.Context, key string, ttl time.Duration) (string, error) {
	return b.presign(ctx, http.MethodGet, key, "", ttl)
}

func (b *Bucket) presign(ctx context.Context, method, key, contentType string, ttl time.Duration) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	const verb = "given an address"
	r, err := http.NewRequestWithContext(ctx, method, b.base+"/"+key, nil)
	if err != nil {
		return "", b.fault(err, fault.Internal, key, verb)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	q := r.URL.Query()
	q.Set("X-Amz-Expires", strconv.FormatInt(int64(ttl/time.Second), 10))
	r.URL.RawQuery = q.Encode()
	keys, err := b.o.Credentials.Retrieve(ctx)
	if err != nil {
		return "", b.fault(err, fault.Internal, key, verb)
	}
	address, _, err := b.signer.PresignHTTP(ctx, keys, r, "UNSIGNED-PAYLOAD", "s3", b.o.Region, b.o.Now())
	if err != nil {
		return "", b.fault(err, fault.Internal, key, verb)
	}
	return address, nil
}

// do makes a request until it is answered for good.
func (b *Bucket) do(ctx context.Context, method, key, contentType string, data []byte, limit int64, verb string) ([]byte, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		body, err := b.once(ctx, method, key, contentType, data, limit, verb)
		if !fault.Is(err, fault.Temporary) || attempt == bucketAttempts || ctx.Err() != nil {
			return body, err
		}
	}
}

func (b *Bucket) once(ctx context.Context, method, key, contentType string, data []byte, limit int64, verb string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, b.base+"/"+key, bytes.NewReader(data))
	if err != nil {
		return nil, b.fault(err, fault.Internal, key, verb)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", digest)
	keys, err := b.o.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, b.fault(err, fault.Internal, key, verb)
	}
	if err := b.signer.SignHTTP(ctx, keys, r, digest, "s3", b.o.Region, b.o.Now()); err != nil {
		return nil, b.fault(err, fault.Internal, key, verb)
	}
	resp, err := b.o.HTTP.Do(r)
	if err != nil {
		return nil, b.fault(err, fault.Temporary, key, verb)
	}
	defer func() { _ = resp.Body.Close() }()
	return b.answer(resp, key, limit, verb)
}

func (b *Bucket) answer(resp *http.Response, key string, limit int64, verb string) ([]byte, error) {
	if resp.StatusCode >= 300 {
		return nil, b.refused(resp, key, verb)
	}
	if resp.Request.Method != http.MethodGet {
		return nil, nil
	}
	if resp.ContentLength > limit {
		return nil, tooLarge(key, limit)
	}
	return readLimited(key, resp.Body, limit)
}

// refused sorts S3's errors: what is not there, what may work later, and what
// we do wrong. Names are from the S3 API reference, error responses, 2025-11.
func (b *Bucket) refused(resp *http.Response, key, verb string) error {
	var told struct {
		Code string `xml:"Code"`
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err == nil {
		err = xml.Unmarshal(raw, &told)
	}
	if err != nil {
		told.Code = resp.Status
	}
	cause := fmt.Errorf("S3 answered %d %s", resp.StatusCode, told.Code)
	switch {
	case told.Code == "NoSuchKey":
		return notFound(key, cause)
	case passes(told.Code) || resp.StatusCode >= 500:
		return b.fault(cause, fault.Temporary, key, verb)
	}
	return b.fault(cause, fault.Internal, key, verb)
}

func (b *Bucket) fault(err error, kind fault.Kind, key, verb string) error {
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

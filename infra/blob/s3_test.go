package blob_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/manystall/manystall/infra/blob"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port/porttest"
)

// store answers as S3 does, for one bucket: it verifies digests and signatures.
type store struct {
	mu      sync.Mutex
	objects map[string][]byte
	broken  string // an error code every request gets
}

const testRegion = "eu-west-1"

func testCredentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("AKID", "secret", "")
}

func (s *store) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != "" {
		return refuse(r, http.StatusForbidden, s.broken), nil
	}
	if !admitted(r) {
		return refuse(r, http.StatusForbidden, "SignatureDoesNotMatch"), nil
	}
	key := strings.TrimPrefix(r.URL.Path, "/blobs/")
	switch r.Method {
	case http.MethodPut:
		return s.put(r, key)
	case http.MethodDelete:
		delete(s.objects, key)
		return reply(r, http.StatusNoContent, nil), nil
	}
	data, ok := s.objects[key]
	if !ok {
		return refuse(r, http.StatusNotFound, "NoSuchKey"), nil
	}
	return reply(r, http.StatusOK, data), nil
}

func (s *store) put(r *http.Request, key string) (*http.Response, error) {
	var data []byte
	if r.Body != nil {
		var err error
		if data, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if want := r.Header.Get("X-Amz-Content-Sha256"); want != "" {
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
			return refuse(r, http.StatusBadRequest, "XAmzContentSHA256Mismatch"), nil
		}
	}
	s.objects[key] = data
	return reply(r, http.StatusOK, nil), nil
}

// admitted verifies the signature of a request or of a presigned address.
func admitted(r *http.Request) bool {
	if given := r.Header.Get("Authorization"); given != "" {
		return signedAs(r, given)
	}
	query := r.URL.Query()
	at, err := time.Parse("20060102T150405Z", query.Get("X-Amz-Date"))
	if err != nil {
		return false
	}
	again := &http.Request{Method: r.Method, Header: http.Header{}, Host: r.URL.Host, URL: &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path}}
	for _, name := range strings.Split(query.Get("X-Amz-SignedHeaders"), ";") {
		if name != "host" {
			again.Header.Set(name, r.Header.Get(name))
		}
	}
	given := query.Get("X-Amz-Signature")
	for _, name := range []string{"X-Amz-Signature", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders"} {
		query.Del(name)
	}
	again.URL.RawQuery = query.Encode()
	keys, err := testCredentials().Retrieve(r.Context())
	if err != nil {
		return false
	}
	signed, _, err := v4.NewSigner().PresignHTTP(r.Context(), keys, again, "UNSIGNED-PAYLOAD", "s3", testRegion, at, func(o *v4.SignerOptions) {
		o.DisableURIPathEscaping = true
	})
	return err == nil && strings.Contains(signed, "X-Amz-Signature="+given)
}

// signedAs signs a request anew and compares.
func signedAs(r *http.Request, given string) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return false
	}
	again := r.Clone(r.Context())
	again.Header.Del("Authorization")
	keys, err := testCredentials().Retrieve(r.Context())
	if err != nil {
		return false
	}
	err = v4.NewSigner().SignHTTP(r.Context(), keys, again, r.Header.Get("X-Amz-Content-Sha256"), "s3", testRegion, at, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	return err == nil && again.Header.Get("Authorization") == given
}

func reply(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{}, Request: r,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}
}

func refuse(r *http.Request, status int, code string) *http.Response {
	return reply(r, status, []byte("<Error><Code>"+code+"</Code><Message>refused</Message></Error>"))
}

func bucket(s *store) *blob.Bucket {
	return blob.NewBucket(blob.BucketOptions{
		Name: "blobs", Region: testRegion, Endpoint: "http://s3.test", Credentials: testCredentials(), HTTP: &http.Client{Transport: s},
	})
}

func TestBucketConformance(t *testing.T) {
	t.Parallel()
	porttest.RunBlob(t, func(t *testing.T) porttest.BlobBench {
		s := &store{objects: map[string][]byte{}}
		return porttest.BlobBench{Blobs: bucket(s), Client: &http.Client{Transport: s}}
	})
}

func TestUploadAddressOfBucket(t *testing.T) {
	t.Parallel()
	address, err := bucket(&store{}).UploadURL(t.Context(), "w1/up.csv", "text/csv", 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	if query.Get("X-Amz-Expires") != "60" || query.Get("X-Amz-SignedHeaders") != "content-type;host" {
		t.Errorf("address %s", address)
	}
	for name := range query {
		if strings.Contains(strings.ToLower(name), "checksum") {
			t.Errorf("the uploader would have to send %s", name)
		}
	}
}

func TestBucketFaults(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]fault.Kind{"AccessDenied": fault.Internal, "SlowDown": fault.Temporary, "NoSuchBucket": fault.Internal} {
		b := bucket(&store{broken: code})
		_, readErr := b.Blob(t.Context(), "k", 1)
		for _, err := range []error{readErr, b.PutBlob(t.Context(), "k", "text/plain", nil), b.DeleteBlob(t.Context(), "k")} {
			if got := fault.KindOf(err); got != want {
				t.Errorf("%s: kind = %q, want %q (%v)", code, got, want, err)
			}
		}
	}
	if err := errors.Unwrap(bucket(&store{broken: "AccessDenied"}).DeleteBlob(t.Context(), "k")); err == nil {
		t.Error("the cause is lost")
	}
}

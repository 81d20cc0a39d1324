package dynamo_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/manystall/manystall/infra/dynamo"
)

// wire answers requests and notes where they went.
type wire struct{ host, auth, token string }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.host, w.auth, w.token = r.URL.Host, r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token")
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"TableNames":[]}`)), Request: r}, nil
}

func TestClientFollowsTheEnvironment(t *testing.T) {
	t.Parallel()
	keys := map[string]string{"AWS_REGION": "eu-north-1", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_SESSION_TOKEN": "ST"}
	with := func(more map[string]string) map[string]string {
		env := map[string]string{}
		for k, v := range keys {
			env[k] = v
		}
		for k, v := range more {
			env[k] = v
		}
		return env
	}
	for name, c := range map[string]struct {
		env        map[string]string
		host, auth string
		refused    string
	}{
		"lambda":       {env: keys, host: "dynamodb.eu-north-1.amazonaws.com", auth: "Credential=AK/"},
		"own endpoint": {env: with(map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": "http://a:1", "AWS_ENDPOINT_URL": "http://b:1"}), host: "a:1", auth: "AK/"},
		"nothing":      {refused: "AWS_REGION"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &wire{}
			client, err := dynamo.NewClient(func(k string) string { return c.env[k] }, w)
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("error is %v, want one that names %s", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{Limit: aws.Int32(1)}); err != nil {
				t.Fatal(err)
			}
			if w.host != c.host || !strings.Contains(w.auth, c.auth) || w.token != c.env["AWS_SESSION_TOKEN"] {
				t.Errorf("went to %s with %q and token %q", w.host, w.auth, w.token)
			}
		})
	}
}

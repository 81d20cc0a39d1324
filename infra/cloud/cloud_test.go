package cloud_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/manystall/manystall/infra/cloud"
)

func TestFind(t *testing.T) {
	t.Parallel()
	keys := map[string]string{"AWS_REGION": "eu-north-1", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_SESSION_TOKEN": "ST"}
	with := func(more map[string]string) map[string]string {
		env := maps.Clone(keys)
		maps.Copy(env, more)
		return env
	}
	for name, c := range map[string]struct {
		env                          map[string]string
		region, key, token, endpoint string
		refused                      string
	}{
		"lambda":           {env: keys, region: "eu-north-1", key: "AK", token: "ST"},
		"empty endpoint":   {env: with(map[string]string{"AWS_ENDPOINT_URL_SQS": ""}), region: "eu-north-1", key: "AK", token: "ST"},
		"own endpoint":     {env: with(map[string]string{"AWS_ENDPOINT_URL_SQS": "http://a:1", "AWS_ENDPOINT_URL": "http://b:1"}), region: "eu-north-1", key: "AK", token: "ST", endpoint: "http://a:1"},
		"another's":        {env: with(map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": "http://a:1"}), region: "eu-north-1", key: "AK", token: "ST"},
		"common endpoint":  {env: map[string]string{"AWS_ENDPOINT_URL": "http://b:1"}, region: "us-east-1", key: "local", endpoint: "http://b:1"},
		"default region":   {env: map[string]string{"AWS_DEFAULT_REGION": "ap-east-1", "AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK"}, region: "ap-east-1", key: "AK"},
		"nothing":          {refused: "AWS_REGION"},
		"region alone":     {env: map[string]string{"AWS_DEFAULT_REGION": "eu-north-1"}, refused: "AWS_ACCESS_KEY_ID"},
		"half of the keys": {env: map[string]string{"AWS_REGION": "eu-north-1", "AWS_ACCESS_KEY_ID": "AK"}, refused: "AWS_SECRET_ACCESS_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := cloud.Find(func(k string) string { return c.env[k] }, "SQS")
			if c.refused != "" {
				if err == nil || !strings.Contains(err.Error(), c.refused) {
					t.Fatalf("error is %v, want one that names %s", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			found, err := s.Credentials.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if s.Region != c.region || found.AccessKeyID != c.key || found.SessionToken != c.token || aws.ToString(s.Endpoint) != c.endpoint {
				t.Errorf("found %s, %s, %q, %q", s.Region, found.AccessKeyID, found.SessionToken, aws.ToString(s.Endpoint))
			}
		})
	}
}

package local

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/oklog/ulid/v2"

	"github.com/manystall/manystall/infra/blob"
	"github.com/manystall/manystall/infra/cloud"
	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/local/engine"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// signinLife is how long a sign-in link works, once.
const signinLife = 24 * time.Hour

// clients speak to the endpoints of this run: our own, or those the
// environment names.
func (r *runner) clients() (engine.TableClient, engine.StreamClient, engine.QueueClient, error) {
	tables, err := cloud.Find(r.value, "DYNAMODB")
	if err != nil {
		return nil, nil, nil, err
	}
	queues, err := cloud.Find(r.value, "SQS")
	if err != nil {
		return nil, nil, nil, err
	}
	web := &http.Client{Timeout: 40 * time.Second}
	forTables, forQueues := r.transport(web, *tables.Endpoint), r.transport(web, *queues.Endpoint)
	return dynamodb.New(dynamodb.Options{Region: tables.Region, Credentials: tables.Credentials, BaseEndpoint: tables.Endpoint, HTTPClient: forTables}),
		dynamodbstreams.New(dynamodbstreams.Options{Region: tables.Region, Credentials: tables.Credentials, BaseEndpoint: tables.Endpoint, HTTPClient: forTables}),
		sqs.New(sqs.Options{Region: queues.Region, Credentials: queues.Credentials, BaseEndpoint: queues.Endpoint, HTTPClient: forQueues}), nil
}

// transport avoids the socket where the endpoint is in this process.
func (r *runner) transport(web *http.Client, endpoint string) *http.Client {
	if r.embedded(endpoint) {
		return &http.Client{Transport: r.aws.RoundTripper()}
	}
	return web
}

// embedded says whether an endpoint is our own.
func (r *runner) embedded(endpoint string) bool { return endpoint == "http://"+r.awsAddress }

func (r *runner) value(name string) string {
	v, _ := r.env(name)
	return v
}

func (r *runner) table() string { return r.template.Tables[0].LogicalID }

func (r *runner) store() (*dynamo.Store, error) {
	var transport http.RoundTripper
	if r.embedded(r.value("AWS_ENDPOINT_URL_DYNAMODB")) {
		transport = r.aws.RoundTripper()
	}
	client, err := dynamo.NewClient(r.value, transport)
	if err != nil {
		return nil, err
	}
	return dynamo.New(client, r.table(), dynamo.Options{}), nil
}

// owner makes the workspace of this machine and lets its key in.
func (r *runner) owner(ctx context.Context) error {
	var done progress
	if err := r.state.read("progress.json", &done); err != nil {
		return err
	}
	if done.Workspace == "" {
		done.Workspace = "ws_" + ulid.Make().String()
		if err := r.state.save("progress.json", done); err != nil {
			return err
		}
	}
	store, err := r.store()
	if err != nil {
		return err
	}
	keeper, err := vault.OpenKeyFile(r.state.path("master.key"))
	if err != nil {
		return err
	}
	defaults := startDefaults()
	defaults.ProductURL = r.base + "/sim/shop/products/{handle}"
	defaults.CheckoutURL = r.base + checkoutPath + "?items={items}&coupon={coupon}"
	return admit(ctx, store, vault.New(keeper, store), port.Workspace{ID: commerce.WorkspaceID(done.Workspace), Name: "My shop", TimeZone: "UTC", Currency: "USD", Defaults: defaults, CreatedAt: time.Now().UTC()}, r.key)
}

// startDefaults are the account defaults everybody begins with.
func startDefaults() commerce.Defaults {
	return commerce.Defaults{
		Currency: "USD", Grams: 500, LengthMM: 250, WidthMM: 200, HeightMM: 100, WhoMade: "i_did", WhenMade: "recent", Condition: "new",
		Brand: "Unbranded", Renew: "never", Publish: "draft",
	}
}

// admit makes a workspace, its data key and the credential of an owner's key,
// unless they are there.
func admit(ctx context.Context, store *dynamo.Store, v port.Vault, w port.Workspace, key string) error {
	if _, err := store.PutWorkspace(ctx, w); err != nil && !fault.Is(err, fault.Conflict) {
		return fmt.Errorf("make workspace: %w", err)
	}
	// The first use of a workspace's secrets makes its data key; functions that
	// only open secrets may not make one.
	if _, err := v.Digest(ctx, w.ID, "data key"); err != nil {
		return fmt.Errorf("make data key: %w", err)
	}
	hash := httpapi.HashKey(key)
	if _, err := store.Credential(ctx, hash); err == nil {
		return nil
	} else if !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("look up the owner's key: %w", err)
	}
	return store.PutCredential(ctx, port.Credential{Hash: hash, Space: w.ID, Kind: httpapi.KindOwner, Name: "owner", CreatedAt: time.Now().UTC()})
}

// signin is a link that signs a browser in, once.
func (r *runner) signin(ctx context.Context) (string, error) {
	var done progress
	if err := r.state.read("progress.json", &done); err != nil {
		return "", err
	}
	store, err := r.store()
	if err != nil {
		return "", err
	}
	token := random(32)
	now := time.Now().UTC()
	c := port.Credential{Hash: httpapi.HashKey(token), Space: commerce.WorkspaceID(done.Workspace), Kind: httpapi.KindSignin, Name: "owner", Parent: httpapi.HashKey(r.key), CreatedAt: now, ExpiresAt: now.Add(signinLife)}
	if err := store.PutCredential(ctx, c); err != nil {
		return "", fmt.Errorf("make sign-in link: %w", err)
	}
	return r.public() + "/signin?t=" + token, nil
}

// uploads is the folder that stands for S3, where files are PUT to.
func (r *runner) uploads() (http.Handler, bool) {
	dir, ok := r.blobs.(*blob.Dir)
	return dir, ok
}

// ownerKey makes the first key of a deployed stack with the developer's own
// AWS credentials, which the aws command knows, and prints it once.
func ownerKey(ctx context.Context, args []string, env config.Source, out io.Writer) error {
	flags := flag.NewFlagSet("owner-key", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	stack := flags.String("stack", "", "name of the CloudFormation stack")
	if err := flags.Parse(args); err != nil || *stack == "" {
		return errors.New("owner-key needs -stack NAME, the name the stack was deployed under")
	}
	outputs, err := stackOutputs(ctx, *stack)
	if err != nil {
		return err
	}
	get := func(name string) string { v, _ := env(name); return v }
	client, err := dynamo.NewClient(get, nil)
	if err != nil {
		return fmt.Errorf("%w (export your credentials first: eval \"$(aws configure export-credentials --format env)\")", err)
	}
	store := dynamo.New(client, outputs["TableName"], dynamo.Options{})
	keeper, err := stackKeeper(get, outputs["KeyId"])
	if err != nil {
		return err
	}
	key := "mso_" + random(32)
	w := port.Workspace{ID: commerce.WorkspaceID("ws_" + ulid.Make().String()), Name: *stack, TimeZone: "UTC", Currency: "USD", Defaults: startDefaults(), CreatedAt: time.Now().UTC()}
	if err := admit(ctx, store, vault.New(keeper, store), w, key); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n\nThis is the owner's key of %s. It is shown this once; keep it like a password.\n", key, *stack)
	return err
}

// stackOutputs asks the aws command, so that profiles and single sign-on work.
func stackOutputs(ctx context.Context, stack string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "aws", "cloudformation", "describe-stacks", "--stack-name", stack, "--query", "Stacks[0].Outputs[].[OutputKey,OutputValue]", "--output", "text") //nolint:gosec // no shell: the name is one argument
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("read the outputs of stack %q with the aws command: %w", stack, err)
	}
	outputs := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "\t")
		outputs[name] = value
	}
	if outputs["TableName"] == "" || outputs["KeyId"] == "" {
		return nil, fmt.Errorf("stack %q has no outputs TableName and KeyId: is it a Manystall stack?", stack)
	}
	return outputs, nil
}

func stackKeeper(get func(string) string, key string) (vault.Keeper, error) {
	where, err := cloud.Find(get, "KMS")
	if err != nil {
		return nil, err
	}
	return vault.NewKMS(kms.New(kms.Options{Region: where.Region, Credentials: where.Credentials, BaseEndpoint: where.Endpoint}), key), nil
}

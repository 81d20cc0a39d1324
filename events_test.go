package manystall_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/infra/localaws/localtest"
	"github.com/manystall/manystall/infra/vault"
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/infra/wire/dashboard"
	"github.com/manystall/manystall/infra/wire/webhook"
	"github.com/manystall/manystall/infra/wire/worker"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/ingest"
	"github.com/manystall/manystall/shared/port"
)

// sampled is when the sample events happened.
func sampled() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// away is the world outside: nothing can be reached.
type away struct{}

func (away) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("nothing can be reached")
}

// sampleGround is what the functions stand on: events/env.json, embedded AWS
// and the workspace the samples name.
func sampleGround(t *testing.T) (localtest.Ground, *wire.Ground) {
	t.Helper()
	var file struct{ Parameters map[string]string }
	raw, err := os.ReadFile("events/env.json")
	if err == nil {
		err = json.Unmarshal(raw, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	env := file.Parameters
	env["TABLE"], env["LOCAL_STATE"] = localtest.Table, t.TempDir()
	g := localtest.Open(t, sampled)
	makeQueues(t, g, env)
	seedSamples(t, g.Store, env["LOCAL_STATE"])
	w, err := wire.New(wire.Options{
		Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		AWS: g.Server.RoundTripper(), Web: away{}, Now: sampled, Log: localtest.Quiet(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return g, w
}

func makeQueues(t *testing.T, g localtest.Ground, env map[string]string) {
	t.Helper()
	client := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL_SQS"]), HTTPClient: &http.Client{Transport: g.Server.RoundTripper()},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
		}),
	})
	for name, address := range env {
		if !strings.HasSuffix(name, "_QUEUE_URL") {
			continue
		}
		if _, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(filepath.Base(address))}); err != nil {
			t.Fatal(err)
		}
	}
}

func seedSamples(t *testing.T, s *dynamo.Store, state string) {
	t.Helper()
	const w commerce.WorkspaceID = "ws_sample"
	keeper, err := vault.OpenKeyFile(filepath.Join(state, "master.key"))
	need(t, err)
	_, err = s.PutWorkspace(t.Context(), port.Workspace{ID: w, Name: "Sample", TimeZone: "UTC", Currency: "USD"})
	need(t, err)
	need(t, s.PutCredential(t.Context(), port.Credential{Hash: httpapi.HashKey("sample-key"), Space: w, Kind: httpapi.KindOwner}))
	secret, err := vault.New(keeper, s).Seal(t.Context(), w, "inbound#sample-inbound", []byte(`{"ours":["sample-inbound-secret"]}`))
	need(t, err)
	need(t, s.PutPublicKey(t.Context(), port.PublicKey{Key: "sample-inbound", Kind: "inbound", Space: w, Account: "acc_own", Sealed: secret}))
	need(t, s.PutPublicKey(t.Context(), port.PublicKey{Key: "sample-bridge", Kind: "checkout", Space: w, Account: "acc_own"}))
	for _, a := range []port.Account{
		{ID: "acc_own", Space: w, Channel: commerce.Own, Kind: "checkout", Remote: "sample-inbound", State: port.AccountActive},
		{ID: "acc_sample", Space: w, Channel: commerce.TikTok, Kind: "marketplace", Remote: "1", State: port.AccountActive, Settings: json.RawMessage(`{"shop_id":"1","cipher":"c","region":"US","currency":"USD"}`)},
	} {
		_, err = s.Connect(t.Context(), a, nil)
		need(t, err)
	}
	o := commerce.Order{ID: "ord_sample", Channel: commerce.TikTok, State: commerce.OrderPaid, FirstSeen: sampled(), PlacedAt: sampled(), Total: commerce.Money{Amount: 2500, Currency: "USD"},
		Lines: []commerce.OrderLine{{ID: "1", Variant: "var_sample", SKU: "MUG-BLUE", Quantity: 2}}}
	_, err = s.PutOrder(t.Context(), w, port.OrderWrite{Order: o})
	need(t, err)
	level := commerce.StockLevel{Variant: "var_sample", SKU: "MUG-BLUE", Location: commerce.LocationDefault, OnHand: 5}
	need(t, s.Move(t.Context(), w, port.LevelMove{Level: level, Move: commerce.StockMove{ID: "m", Variant: "var_sample", Location: level.Location, Anchor: sampled()}}))
}

func need(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// drive decodes an event as Lambda does and lets a function handle it.
func drive[F wire.Function[In, Out], In, Out any](t *testing.T, g *wire.Ground, raw []byte, build func(*wire.Ground) (F, error)) Out {
	t.Helper()
	var in In
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // a field Lambda's types do not know is a typing error
	need(t, d.Decode(&in))
	f, err := build(g)
	need(t, err)
	out, err := f.Handle(t.Context(), in)
	need(t, err)
	return out
}

func driveHTTP[F wire.Function[events.APIGatewayV2HTTPRequest, events.APIGatewayV2HTTPResponse]](t *testing.T, g *wire.Ground, name string, raw []byte, build func(*wire.Ground) (F, error)) {
	t.Helper()
	want := map[string]int{"webhook/unsigned.json": http.StatusUnauthorized, "webhook/inbound-order.json": http.StatusAccepted}[name]
	if want == 0 {
		want = http.StatusOK
	}
	if out := drive(t, g, raw, build); out.StatusCode != want {
		t.Errorf("answered %d %s, want %d", out.StatusCode, out.Body, want)
	}
}

func driveSQS[F wire.Function[events.SQSEvent, events.SQSEventResponse]](t *testing.T, g *wire.Ground, raw []byte, build func(*wire.Ground) (F, error)) {
	t.Helper()
	if out := drive(t, g, raw, build); len(out.BatchItemFailures) != 0 {
		t.Errorf("messages go back: %+v", out)
	}
}

// Every sample event goes through its function: the same files are for
// `sam local invoke -e`.
func TestSampleEvents(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("events/*/*.json")
	need(t, err)
	seen := map[string]bool{}
	for _, path := range files {
		name := filepath.ToSlash(strings.TrimPrefix(path, "events"+string(filepath.Separator)))
		seen[strings.Split(name, "/")[0]] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(path)
			need(t, err)
			ground, g := sampleGround(t)
			switch strings.Split(name, "/")[0] {
			case "dashboard":
				driveHTTP(t, g, name, raw, dashboard.New)
			case "webhook":
				driveHTTP(t, g, name, raw, webhook.New)
			case "ingest":
				driveSQS(t, g, raw, worker.Ingest)
			case "poll":
				driveSQS(t, g, raw, worker.Poll)
			case "publish":
				driveSQS(t, g, raw, worker.Publish)
			case "send":
				driveSQS(t, g, raw, worker.Send)
			case "importer":
				driveSQS(t, g, raw, worker.Importer)
			case "project":
				if out := drive(t, g, raw, worker.Project); len(out.BatchItemFailures) != 0 {
					t.Errorf("the stream comes again: %+v", out)
				}
			case "maintain":
				drive(t, g, raw, worker.Maintain)
			default:
				t.Error("there is no such function")
			}
			sampleEffects(t, ground.Store, name)
		})
	}
	functions, err := filepath.Glob("functions/*/bootstrap")
	need(t, err)
	for _, f := range functions {
		if name := filepath.Base(filepath.Dir(f)); !seen[name] {
			t.Errorf("the function %s has no sample event", name)
		}
	}
}

// sampleEffects looks at what an event has done.
func sampleEffects(t *testing.T, s *dynamo.Store, name string) {
	t.Helper()
	switch name {
	case "ingest/update.json":
		o, err := s.Order(t.Context(), "ws_sample", ingest.OrderIDOf("acc_sample", "576461413038785752"))
		if err != nil || o.State != commerce.OrderPaid || !o.Buyer.Masked {
			t.Errorf("stored %+v, %v", o, err)
		}
		c, err := s.Conversation(t.Context(), "ws_sample", ingest.ConversationIDOf("acc_sample", "7494560109732334234"))
		if err != nil || c.Unread != 1 {
			t.Errorf("stored %+v, %v", c, err)
		}
	case "project/order.json":
		level, err := s.Level(t.Context(), "ws_sample", "var_sample", commerce.LocationDefault)
		if err != nil || level.OnHand != 3 {
			t.Errorf("the level is %+v, %v", level, err)
		}
		totals, err := s.ListTotals(t.Context(), "ws_sample", "2026-11-22", "2026-11-22")
		if err != nil || len(totals) != 1 || totals[0].Amount != 2500 {
			t.Errorf("totals %+v, %v", totals, err)
		}
	}
}

// The env file names what the template names, and nothing else.
func TestSampleEnvironment(t *testing.T) {
	t.Parallel()
	template, err := os.ReadFile("template.yaml")
	need(t, err)
	var file struct{ Parameters map[string]string }
	raw, err := os.ReadFile("events/env.json")
	need(t, err)
	need(t, json.Unmarshal(raw, &file))
	for name, value := range file.Parameters {
		if !bytes.Contains(template, []byte(" "+name+": ")) {
			t.Errorf("the template knows no %s: `sam local` would leave it out", name)
		}
		if logical := filepath.Base(value); strings.HasSuffix(name, "_QUEUE_URL") && !bytes.Contains(template, []byte("\n  "+logical+":\n")) {
			t.Errorf("%s names %s, which the template does not have", name, logical)
		}
	}
}

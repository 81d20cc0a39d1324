package localaws_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A differential test sends one random sequence of operations to this package
// and to moto_server, another implementation, and compares the answers. Every
// difference either fails the test or is in the table of knownDifferences with
// the documentation that says who is right.

// party is one of the two endpoints.
type party struct {
	name, url string
	client    *http.Client
	// queue is the URL of the queue; receipts are the handles of the messages
	// in flight, by body: both differ between the parties.
	queue    string
	receipts map[string]string
}

// answer is what came back.
type answer struct {
	status int
	body   map[string]any
}

// code is the name of the error without its shape; empty for a success.
func (a answer) code() string {
	kind, _ := a.body["__type"].(string)
	return kind[strings.LastIndex(kind, "#")+1:]
}

// message are the words of an error, with those of cancellation reasons.
func (a answer) message() string {
	var words []string
	for _, name := range []string{"message", "Message"} {
		if text, ok := a.body[name].(string); ok {
			words = append(words, text)
		}
	}
	reasons, _ := a.body["CancellationReasons"].([]any)
	for _, r := range reasons {
		if text, ok := r.(map[string]any)["Message"].(string); ok {
			words = append(words, text)
		}
	}
	return strings.Join(words, "; ")
}

func (p *party) call(ctx context.Context, target string, in map[string]any) (answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	service := "dynamodb"
	if strings.HasPrefix(target, "AmazonSQS") {
		service = "sqs"
	}
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	out, err := p.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = out.Body.Close() }()
	raw, err := io.ReadAll(out.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: out.StatusCode, body: map[string]any{}}
	if len(raw) == 0 {
		return a, nil
	}
	if a.status >= http.StatusInternalServerError { // a page for people
		a.body["__type"] = "InternalServerError"
		return a, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&a.body); err != nil {
		return a, fmt.Errorf("%s answered %s with %.200s: %w", p.name, target, raw, err)
	}
	return a, nil
}

// pages calls an operation until there is no LastEvaluatedKey, and joins the
// items: the parties keep rows in different orders, so single pages differ.
func (p *party) pages(ctx context.Context, target string, in map[string]any) (answer, error) {
	var items []any
	count := int64(0)
	request := map[string]any{}
	for name, value := range in {
		request[name] = value
	}
	for range 1000 {
		a, err := p.call(ctx, target, request)
		if err != nil || a.status != http.StatusOK {
			return a, err
		}
		more, _ := a.body["Items"].([]any)
		items = append(items, more...)
		n, _ := a.body["Count"].(json.Number)
		i, _ := n.Int64()
		count += i
		last := a.body["LastEvaluatedKey"]
		if last == nil {
			return answer{a.status, map[string]any{"Items": items, "Count": count}}, nil
		}
		request["ExclusiveStartKey"] = last
	}
	return answer{}, fmt.Errorf("%s: %s does not come to an end", p.name, target)
}

// startMoto starts a server on a free port of this machine.
func startMoto(t *testing.T) *party {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not in PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, "-H", "127.0.0.1", "-p", strconv.Itoa(port))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed by then
	p := newParty("moto", fmt.Sprintf("http://127.0.0.1:%d/", port))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; <-tick.C {
		if _, err := p.call(ctx, dynamo+"ListTables", map[string]any{}); err == nil {
			tick.Stop()
			break
		} else if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(p.client.CloseIdleConnections)
	return p
}

func newParty(name, url string) *party {
	return &party{name: name, url: url, client: &http.Client{Transport: &http.Transport{}}, receipts: map[string]string{}}
}

// length is how many operations a run has, and seed where it begins.
func length(t *testing.T) (operations int, seed uint64) {
	t.Helper()
	if os.Getenv("DIFFERENTIAL") == "" {
		t.Skip("set DIFFERENTIAL=20000 (operations; SEED=1) to compare with moto_server")
	}
	operations, err := strconv.Atoi(os.Getenv("DIFFERENTIAL"))
	if err != nil || operations == 1 {
		operations = 20_000
	}
	seed, err = strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil {
		seed = 1
	}
	return operations, seed
}

// TestDifferential needs Python's moto_server and takes minutes, so it is
// asked for: DIFFERENTIAL=20000 go test -run Differential ./infra/localaws
func TestDifferential(t *testing.T) {
	operations, seed := length(t)
	server := httptest.NewServer(open(t, t.TempDir()))
	defer server.Close()
	ours := newParty("ours", server.URL)
	defer ours.client.CloseIdleConnections()
	theirs := startMoto(t)
	c := &comparison{t: t, ours: ours, theirs: theirs, known: map[string]int{}}
	c.prepare()
	g := &generator{rand.New(rand.NewPCG(seed, 0))}
	for i := range operations {
		if c.run(i, g.step()); c.unknown > 20 {
			t.Fatalf("seed %d: gave up after %d operations", seed, i+1)
		}
	}
	t.Logf("seed %d: %d operations, %d succeeded at both; known differences: %v", seed, operations, c.successes, c.known)
	for name, n := range c.known {
		if n > operations/10 {
			t.Errorf("%q explains %d of %d operations: too many to be what it says", name, n, operations)
		}
	}
	if c.successes < operations/3 {
		t.Errorf("only %d of %d operations succeeded: they show little", c.successes, operations)
	}
}

// comparison is a run.
type comparison struct {
	t            *testing.T
	ours, theirs *party
	known        map[string]int
	unknown      int
	successes    int
}

func (c *comparison) both(target string, in map[string]any, paged bool) (ours, theirs answer) {
	c.t.Helper()
	call := (*party).call
	if paged {
		call = (*party).pages
	}
	ours, err := call(c.ours, c.t.Context(), target, in)
	if err != nil {
		c.t.Fatal(err)
	}
	if theirs, err = call(c.theirs, c.t.Context(), target, in); err != nil {
		c.t.Fatal(err)
	}
	return ours, theirs
}

// prepare makes the table and the queue at both parties.
func (c *comparison) prepare() {
	c.t.Helper()
	ours, theirs := c.both(dynamo+"CreateTable", differentialTable(), false)
	if ours.status != http.StatusOK || theirs.status != http.StatusOK {
		c.t.Fatalf("create table: %v, %v", ours, theirs)
	}
	for _, p := range []*party{c.ours, c.theirs} {
		a, err := p.call(c.t.Context(), queues+"CreateQueue", map[string]any{"QueueName": "jobs"})
		if err != nil || a.status != http.StatusOK {
			c.t.Fatalf("create queue at %s: %v, %v", p.name, a, err)
		}
		p.queue = a.body["QueueUrl"].(string)
	}
}

// run sends one step to both and compares the answers, and of a write also
// what is then in the table. Items that differ are removed at both, so that
// one difference does not make others.
func (c *comparison) run(i int, s step) {
	c.t.Helper()
	var d seen
	if s.queue != nil {
		d.ours, d.theirs = c.queueStep(s)
	} else {
		d.ours, d.theirs = c.both(dynamo+s.op, s.in, s.paged)
	}
	d.step, d.a, d.b = s, s.normal(d.ours), s.normal(d.theirs)
	if d.a == d.b && d.ours.status == http.StatusOK {
		c.successes++
	}
	if d.a != d.b {
		c.differs(i, d)
	}
	for _, key := range s.keys {
		get := object{"TableName": "things", "Key": key, "ConsistentRead": true}
		ours, theirs := c.both(dynamo+"GetItem", get, false)
		if a, b := s.normal(ours), s.normal(theirs); a != b {
			if d.a == d.b { // otherwise it follows from what is noted already
				c.differs(i, seen{step: s, ours: d.ours, theirs: d.theirs, a: a, b: b, left: true})
			}
			c.both(dynamo+"DeleteItem", object{"TableName": "things", "Key": key}, false)
		}
	}
}

// seen is a difference: a and b are the normal forms of the answers or, when
// left is true, of what a write left in the table.
type seen struct {
	step         step
	ours, theirs answer
	a, b         string
	left         bool
}

func (c *comparison) differs(i int, d seen) {
	c.t.Helper()
	for _, k := range knownDifferences() {
		if k.is(d) {
			c.known[k.name]++
			return
		}
	}
	c.unknown++
	in, _ := json.Marshal(d.step.in)
	c.t.Errorf("operation %d, %s %s, left %v\n  ours %s %s\n  moto %s %s", i, d.step.op, in, d.left, d.a, d.ours.message(), d.b, d.theirs.message())
}

// queueStep sends a step whose request depends on the party.
func (c *comparison) queueStep(s step) (ours, theirs answer) {
	c.t.Helper()
	out := make([]answer, 0, 2)
	for _, p := range []*party{c.ours, c.theirs} {
		a, err := p.call(c.t.Context(), queues+s.op, s.queue(p))
		if err != nil {
			c.t.Fatal(err)
		}
		p.note(s.op, a)
		out = append(out, a)
	}
	return out[0], out[1]
}

// note remembers the handles of received messages.
func (p *party) note(op string, a answer) {
	if op != "ReceiveMessage" {
		return
	}
	messages, _ := a.body["Messages"].([]any)
	for _, raw := range messages {
		m := raw.(map[string]any)
		p.receipts[m["Body"].(string)] = m["ReceiptHandle"].(string)
	}
}

package local_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// startMoto runs moto_server behind a motoFront until the test ends and answers
// the address of the front.
func startMoto(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not here, and SECOND_DYNAMODB and SECOND_SQS do not name another implementation")
	}
	cmd := exec.Command(path, "-p", "0") //nolint:gosec // found in PATH
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(said)
	address := ""
	for address == "" {
		line, err := lines.ReadString('\n')
		if _, found, ok := strings.Cut(line, "Running on "); ok {
			address = strings.TrimSpace(found)
		}
		if err != nil {
			t.Fatalf("moto_server ended before it told its address: %v", err)
		}
	}
	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(io.Discard, lines) })
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		reading.Wait()
		_ = cmd.Wait()
	})
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(newMotoFront(target))
	t.Cleanup(front.Close)
	return front.URL
}

// motoFront stands before moto (5.2.1) and keeps it from losing what it has
// acknowledged. Its TransactWriteItems copies the whole table, and puts the copy
// back when the transaction is cancelled: what others wrote meanwhile is gone,
// and an iterator made earlier reads a stream that does not grow any more. On
// AWS transactions and single writes are serializable
// (docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html,
// "Isolation levels", 2026-11), and an iterator that has become useless says so
// with an ExpiredIteratorException
// (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html,
// 2026-11). So requests to DynamoDB go one at a time, and iterators from before
// a transaction that was cancelled are expired.
type motoFront struct {
	moto http.Handler

	mu    sync.Mutex // one request to DynamoDB at a time
	fresh map[string]bool
}

func newMotoFront(target *url.URL) *motoFront {
	f := &motoFront{fresh: map[string]bool{}}
	f.moto = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = target.Host },
		ModifyResponse: f.learn,
		ErrorLog:       log.New(io.Discard, "", 0), // long polls are cut off when a test ends
	}
	return f
}

// ServeHTTP passes a request on.
func (f *motoFront) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	operation := r.Header.Get("X-Amz-Target")
	if !strings.HasPrefix(operation, "DynamoDB") {
		f.moto.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.HasSuffix(operation, ".GetRecords") && !f.fresh[iterators(body).ShardIterator] {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#ExpiredIteratorException","message":"Iterator expired."}`)
		return
	}
	f.moto.ServeHTTP(w, r)
}

// learn notes which iterators are good. It runs while mu is held, except for
// requests to SQS, of which it wants nothing.
func (f *motoFront) learn(resp *http.Response) error {
	_, operation, _ := strings.Cut(resp.Request.Header.Get("X-Amz-Target"), ".")
	switch {
	case operation == "TransactWriteItems" && resp.StatusCode >= 400:
		clear(f.fresh)
	case operation == "GetShardIterator", operation == "GetRecords":
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
		found := iterators(body)
		f.fresh[found.ShardIterator], f.fresh[found.NextShardIterator] = true, true
		delete(f.fresh, "")
	}
	return nil
}

type shardIterators struct{ ShardIterator, NextShardIterator string }

func iterators(body []byte) shardIterators {
	var found shardIterators
	_ = json.Unmarshal(body, &found) // without one there is nothing to note
	return found
}

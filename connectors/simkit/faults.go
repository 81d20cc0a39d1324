package simkit

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
)

// The kinds of faults that can be injected.
const (
	FaultTimeoutAfterApply = "timeout_after_apply" // done, but the answer is lost
	FaultServerError       = "server_error"        // 500 before anything is done
	FaultRateLimited       = "rate_limited"        // the marketplace's own throttling answer
	FaultTokenExpired      = "token_expired"       // the access token is refused
	FaultRejected          = "rejected"            // the marketplace refuses the content
	FaultWebhookLost       = "webhook_lost"        // a webhook is never sent
	FaultWebhookTwice      = "webhook_twice"       // a webhook is sent twice
	FaultWebhookLate       = "webhook_late"        // a webhook is sent a minute late
)

var apiFaults = []string{FaultTimeoutAfterApply, FaultServerError, FaultRateLimited, FaultTokenExpired, FaultRejected}

var webhookFaults = []string{FaultWebhookLost, FaultWebhookTwice, FaultWebhookLate}

// Faults is a queue of faults for the next calls. Safe for concurrent use; it
// does not outlive the process.
type Faults struct {
	mu   sync.Mutex
	left map[string]int
}

// Add queues count faults of a kind.
func (f *Faults) Add(kind string, count int) error {
	if !slices.Contains(apiFaults, kind) && !slices.Contains(webhookFaults, kind) {
		return fmt.Errorf("unknown fault kind %q", kind)
	}
	if count < 1 || count > 10_000 {
		return fmt.Errorf("fault count %d is not in 1..10000", count)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == nil {
		f.left = map[string]int{}
	}
	f.left[kind] += count
	return nil
}

func (f *Faults) take(kinds []string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range kinds {
		if f.left[kind] > 0 {
			f.left[kind]--
			return kind
		}
	}
	return ""
}

// Around runs one API call under the next queued fault. refuse writes the
// marketplace's own answer for a fault kind other than timeout_after_apply.
func (f *Faults) Around(w http.ResponseWriter, r *http.Request, call http.Handler, refuse func(kind string, w http.ResponseWriter, r *http.Request)) {
	switch kind := f.take(apiFaults); kind {
	case "":
		call.ServeHTTP(w, r)
	case FaultTimeoutAfterApply:
		call.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // the connection closes without an answer
	default:
		refuse(kind, w, r)
	}
}

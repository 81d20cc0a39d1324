package simkit_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	var f simkit.Faults
	for _, tc := range []struct {
		kind  string
		count int
		good  bool
	}{
		{simkit.FaultServerError, 1, true}, {simkit.FaultWebhookLate, 10_000, true},
		{"earthquake", 1, false}, {"", 1, false}, {simkit.FaultServerError, 0, false}, {simkit.FaultServerError, -1, false}, {simkit.FaultServerError, 10_001, false},
	} {
		if err := f.Add(tc.kind, tc.count); (err == nil) != tc.good {
			t.Errorf("%s %d: %v", tc.kind, tc.count, err)
		}
	}
}

// around runs one call and says what was answered and whether it was applied.
func around(f *simkit.Faults) (status int, kind string, applied, aborted bool) {
	w := httptest.NewRecorder()
	call := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		applied = true
		w.WriteHeader(http.StatusCreated)
	})
	refuse := func(k string, w http.ResponseWriter, _ *http.Request) {
		kind = k
		w.WriteHeader(http.StatusTeapot)
	}
	func() {
		defer func() { aborted = recover() == http.ErrAbortHandler }()
		f.Around(w, httptest.NewRequest(http.MethodGet, "/", nil), call, refuse)
	}()
	return w.Code, kind, applied, aborted
}

func TestFaultsAround(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{simkit.FaultServerError, simkit.FaultRateLimited, simkit.FaultTokenExpired, simkit.FaultRejected} {
		var f simkit.Faults
		must(t, f.Add(kind, 2))
		for range 2 {
			if status, got, applied, aborted := around(&f); status != http.StatusTeapot || got != kind || applied || aborted {
				t.Errorf("%s: %d %s %v %v", kind, status, got, applied, aborted)
			}
		}
		if status, _, applied, _ := around(&f); status != http.StatusCreated || !applied {
			t.Errorf("after %s: %d %v", kind, status, applied)
		}
	}
}

func TestLostAnswerIsApplied(t *testing.T) {
	t.Parallel()
	var f simkit.Faults
	must(t, f.Add(simkit.FaultTimeoutAfterApply, 1))
	if status, kind, applied, aborted := around(&f); status == http.StatusCreated || kind != "" || !applied || !aborted {
		t.Errorf("%d %q %v %v", status, kind, applied, aborted)
	}
}

func TestWebhookFaultsLeaveCallsAlone(t *testing.T) {
	t.Parallel()
	var f simkit.Faults
	must(t, f.Add(simkit.FaultWebhookLost, 1))
	if status, _, applied, _ := around(&f); status != http.StatusCreated || !applied {
		t.Errorf("%d %v", status, applied)
	}
}

func TestFaultsStrikeOnceEach(t *testing.T) {
	t.Parallel()
	var f simkit.Faults
	must(t, f.Add(simkit.FaultServerError, 10))
	var wg sync.WaitGroup
	var mu sync.Mutex
	struck := 0
	for range 50 {
		wg.Go(func() {
			if status, _, _, _ := around(&f); status == http.StatusTeapot {
				mu.Lock()
				defer mu.Unlock()
				struck++
			}
		})
	}
	if wg.Wait(); struck != 10 {
		t.Errorf("%d of 50 calls struck, want 10", struck)
	}
}

package port

import (
	"context"
	"maps"
	"sync"
)

// Meter counts calls by bucket, while they are made with a context that
// carries it. Safe for concurrent use.
type Meter struct {
	mu    sync.Mutex
	calls map[string]int64
}

type meterKey struct{}

// WithMeter answers a context whose calls m counts.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// Metered counts a call that was paid from a bucket, where ctx carries a meter.
func Metered(ctx context.Context, bucket string) {
	m, ok := ctx.Value(meterKey{}).(*Meter)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[string]int64{}
	}
	m.calls[bucket]++
}

// Calls is what was counted so far.
func (m *Meter) Calls() map[string]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.calls)
}

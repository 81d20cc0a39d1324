package ddb

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// What one partition key can take in a second (AWS Developer Guide, "Best
// practices for designing and using partition keys effectively", 2026).
const (
	partitionWrites = 1000
	partitionReads  = 3000
)

// adversity decides, by seed, when the service does what AWS allows itself to
// do and a kind stand-in would not. It does nothing until it is turned on.
type adversity struct {
	mu     sync.Mutex
	on     bool
	random *rand.Rand
	second int64
	load   map[string]float64
}

func newAdversity(seed uint64) *adversity {
	return &adversity{random: rand.New(rand.NewPCG(seed, 0x64796e616d6f)), load: map[string]float64{}}
}

// SetAdverse turns adverse mode on or off. While it is on, reads that are not
// consistent, and all of global indexes, see a state up to 2 s old; a
// partition key takes 1,000 write and 3,000 read units a second and is
// throttled above; batches leave a part unprocessed; some writes and some
// transactional reads conflict with a transaction that is not there; the shards
// of streams split, and reading them fails, finds iterators expired or brings
// less than there is. All times are those of Config.Now. Requests that come one
// after the other meet the same with the same Config.Seed.
func (s *Service) SetAdverse(on bool) {
	s.adverse.mu.Lock()
	s.adverse.on = on
	s.adverse.mu.Unlock()
	s.db.SetLag(on)
}

// once in n times says yes.
func (a *adversity) once(n int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.on && a.random.IntN(n) == 0
}

// lag is how old the state is that an eventually consistent read sees: the
// present for half of the reads.
func (a *adversity) lag() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.on || a.random.IntN(2) == 0 {
		return 0
	}
	return time.Duration(a.random.Int64N(int64(store.MaxLag)))
}

// upTo is a number from 1 to n: n itself for half of the calls, and always
// while adverse mode is off.
func (a *adversity) upTo(n int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.on || a.random.IntN(2) == 0 {
		return n
	}
	return 1 + a.random.IntN(n)
}

// spend takes units from what a place can give in this second; false if there
// is not enough left.
func (a *adversity) spend(now time.Time, place string, amount, most float64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.on {
		return true
	}
	if now.Unix() != a.second {
		a.second, a.load = now.Unix(), map[string]float64{}
	}
	if a.load[place] > 0 && a.load[place]+amount > most {
		return false
	}
	a.load[place] += amount
	return true
}

func place(kind, table, index string, v attr.Value) string {
	return strings.Join([]string{kind, table, index, string(attr.AppendKey(nil, v))}, "\x00")
}

// admit throttles and disturbs a write that is ready to be made.
func (s *Service) admit(tx *store.Tx, p *plan, factor float64) error {
	if s.adverse.once(40) {
		return ongoing()
	}
	if err := s.splitAtTimes(tx, p.table); err != nil {
		return err
	}
	hash := p.write.item[p.table.Key.Hash]
	cost := factor * units(max(p.before.Size(), p.after.Size()), writeUnit)
	if !s.adverse.spend(tx.Now, place("w", p.table.Name, "", hash), cost, partitionWrites) {
		return throttled(p.table)
	}
	for _, x := range p.table.Indexes {
		entry, ok := p.table.Entry(x, p.after)
		if x.Local || !ok {
			continue
		}
		if !s.adverse.spend(tx.Now, place("w", p.table.Name, x.Name, entry[x.Key.Hash]), factor*units(entry.Size(), writeUnit), partitionWrites) {
			return throttled(p.table)
		}
	}
	return nil
}

func ongoing() *fault {
	return refused("TransactionConflictException", "Transaction is ongoing for the item")
}

// maxSplit is how many shards a stream may have before no more are split at
// will.
const maxSplit = 16

// splitAtTimes splits an open shard of the table's stream, as AWS does when it
// sees fit.
func (s *Service) splitAtTimes(tx *store.Tx, t *store.Table) error {
	st, ok := tx.Stream(t.Name, t.Stream)
	if t.Stream == "" || !ok || len(st.Shards) >= maxSplit || !s.adverse.once(100) {
		return nil
	}
	open := slices.DeleteFunc(slices.Clone(st.Shards), func(sh store.Shard) bool { return !sh.Open() })
	return tx.Split(st, open[s.adverse.upTo(len(open))-1].Serial)
}

// disturb refuses to read a stream, or says how many records at most it gives.
func (a *adversity) disturb(limit int) (int, *fault) {
	switch {
	case a.once(20):
		return 0, &fault{status: http.StatusInternalServerError, kind: shapeDynamo + "InternalServerError", message: "Internal server error"}
	case a.once(20):
		return 0, refused("ExpiredIteratorException", "Iterator expired.")
	case a.once(20):
		return 0, nil
	}
	return a.upTo(limit), nil
}

// admitRead throttles a read of a partition key.
func (s *Service) admitRead(tx *store.Tx, t *store.Table, index string, hash attr.Value) error {
	if !s.adverse.spend(tx.Now, place("r", t.Name, index, hash), 1, partitionReads) {
		return throttled(t)
	}
	return nil
}

// throttled is the refusal of a partition that is too busy.
func throttled(t *store.Table) *fault {
	if t.OnDemand {
		return refused("ThrottlingException", "Throughput exceeds the current capacity of your table or index. "+
			"DynamoDB is automatically scaling your table or index so please try again shortly.")
	}
	return refused("ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded. "+
		"Consider increasing your provisioning level with the UpdateTable API.")
}

// isThrottled says whether an error is the refusal of a busy partition.
func isThrottled(err error) bool {
	f, ok := asFault(err)
	return ok && (strings.HasSuffix(f.kind, "#ThrottlingException") || strings.HasSuffix(f.kind, "#ProvisionedThroughputExceededException"))
}

// isConflict says whether an error is a conflict with a transaction.
func isConflict(err error) bool {
	f, ok := asFault(err)
	return ok && strings.HasSuffix(f.kind, "#TransactionConflictException")
}

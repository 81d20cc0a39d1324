package ddb

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/manystall/manystall/infra/localaws/ddb/store"
)

// Limits of transactions (AWS Developer Guide, "Amazon DynamoDB transactions:
// how it works", 2026).
const (
	maxTransaction      = 100
	maxTransactionBytes = 4 << 20
	tokenLife           = 10 * time.Minute
)

// transactItems reads the list of a transaction.
func transactItems(p params) []params {
	items := p.objects("TransactItems")
	switch {
	case !p.has("TransactItems"):
		p.unmet("TransactItems", nil, "Member must not be null")
	case len(items) == 0:
		p.unmet("TransactItems", "[]", "Member must have length greater than or equal to 1")
	case len(items) > maxTransaction:
		p.unmet("TransactItems", "[...]", "Member must have length less than or equal to 100")
	}
	return items
}

func (s *Service) transactWriteItems(ctx context.Context, p params) (object, error) {
	capacity := capacityMode(p)
	p.choice("ReturnItemCollectionMetrics", "NONE", "SIZE", "NONE")
	token := p.text("ClientRequestToken")
	if p.has("ClientRequestToken") && (token == "" || len(token) > 36) {
		p.unmet("ClientRequestToken", token, "Member must have length less than or equal to 36, Member must have length greater than or equal to 1")
	}
	items := transactItems(p)
	if err := p.verdict(); err != nil {
		return nil, err
	}
	t := &transaction{service: s, token: token}
	for _, item := range items {
		w, err := transactWrite(item)
		if err != nil {
			return nil, err
		}
		t.writes = append(t.writes, w)
	}
	if token != "" {
		t.fingerprint = fingerprint(p.fields["TransactItems"])
	}
	if err := s.db.Update(ctx, t.run); err != nil {
		return nil, err
	}
	var out object
	addCapacities(&out, capacity, t.meters)
	return out, nil
}

func transactWrite(item params) (*write, error) {
	var (
		name  string
		kind  writeKind
		found int
	)
	for i, n := range []string{"Put", "Update", "Delete", "ConditionCheck"} {
		if item.has(n) {
			name, kind = n, writeKind(i)
			found++
		}
	}
	if found != 1 {
		return nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	inner := item.object(name)
	if kind == writeUpdate {
		inner.required("UpdateExpression")
	}
	return parseWrite(inner, kind)
}

// fingerprint identifies the content of a transaction.
func fingerprint(items any) string {
	canonical, err := json.Marshal(items) // maps are written in order
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(canonical)
	return string(sum[:])
}

// transaction is a TransactWriteItems request.
type transaction struct {
	service     *Service
	token       string
	fingerprint string
	writes      []*write
	meters      map[string]*meter
}

func (t *transaction) meter(table string) *meter {
	m := meterFor(t.meters, table)
	if m.transaction == "" {
		m.transaction = "write"
	}
	return m
}

// run makes all writes or none.
func (t *transaction) run(tx *store.Tx) error {
	t.meters = map[string]*meter{}
	if t.token != "" {
		if done, err := t.repeated(tx); done || err != nil {
			return err
		}
	}
	plans, err := t.prepare(tx)
	if err != nil {
		return err
	}
	for _, pl := range plans {
		if err := pl.make(tx, t.meter(pl.write.table)); err != nil {
			return err
		}
	}
	if t.token == "" {
		return nil
	}
	return tx.PutToken(t.token, store.Token{Fingerprint: t.fingerprint, Until: tx.Now.Add(tokenLife)})
}

// repeated says whether the same request was done before under its token. A
// repetition costs what reading the items costs.
func (t *transaction) repeated(tx *store.Tx) (bool, error) {
	known, ok := tx.Token(t.token)
	if !ok {
		return false, nil
	}
	if known.Fingerprint != t.fingerprint {
		return false, refused("IdempotentParameterMismatchException",
			"DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token that was already used.")
	}
	for _, w := range t.writes {
		m := meterFor(t.meters, w.table)
		m.transaction = "read"
		tab, err := table(tx, w.table)
		if err != nil {
			return false, err
		}
		it, _, err := tx.Item(tab, w.item)
		if err != nil {
			return false, err
		}
		m.base += 2 * units(it.Size(), readUnit)
	}
	return true, nil
}

// prepare checks every write and gathers the reasons against the transaction.
func (t *transaction) prepare(tx *store.Tx) ([]*plan, error) {
	if err := t.distinct(tx); err != nil {
		return nil, err
	}
	plans := make([]*plan, len(t.writes))
	reasons := make([]reason, len(t.writes))
	cancelled, size := false, 0
	for i, w := range t.writes {
		pl, err := w.prepare(tx)
		if err == nil {
			err = t.service.admit(tx, pl, 2)
		}
		reasons[i] = reason{code: "None"}
		if err == nil {
			plans[i] = pl
			size += max(pl.before.Size(), pl.after.Size())
			continue
		}
		code := reasonCode(err)
		if code == "" {
			return nil, err
		}
		f, _ := asFault(err)
		reasons[i] = reason{code: code, message: f.message, item: f.item}
		cancelled = true
	}
	if cancelled {
		return nil, cancellation(reasons)
	}
	if size > maxTransactionBytes {
		return nil, invalid(fmt.Sprintf("Transaction request size exceeds the limit of %d bytes", maxTransactionBytes))
	}
	return plans, nil
}

// reasonCode is the code under which an error cancels a transaction; empty if
// it is an error of the whole request.
func reasonCode(err error) string {
	f, known := asFault(err)
	switch {
	case !known:
		return ""
	case isThrottled(err):
		return "ThrottlingError"
	case isConflict(err):
		return "TransactionConflict"
	case strings.HasSuffix(f.kind, "#ConditionalCheckFailedException"):
		return "ConditionalCheckFailed"
	case strings.HasSuffix(f.kind, "#ValidationException"):
		return "ValidationError"
	}
	return ""
}

// distinct refuses two actions on one item.
func (t *transaction) distinct(tx *store.Tx) error {
	seen := map[string]bool{}
	for _, w := range t.writes {
		tab, err := table(tx, w.table)
		if err != nil {
			return err
		}
		if !tab.Key.In(w.item) || w.check(tab) != nil {
			continue // reported as a reason
		}
		id := identity(tab, w.item)
		if seen[id] {
			return invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[id] = true
	}
	return nil
}

func cancellation(reasons []reason) error {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.code
	}
	f := refused("TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons ["+strings.Join(codes, ", ")+"]")
	f.reasons = reasons
	return f
}

package dynamo_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/port/porttest"
)

// adverse does what DynamoDB allows itself to do: it throttles, cancels
// transactions for conflicts, leaves parts of batches over, and loses answers
// of transactions that were done.
type adverse struct {
	dynamo.API
	mu   sync.Mutex
	rand *rand.Rand
}

func (a *adverse) chance(percent int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rand.IntN(100) < percent
}

func (a *adverse) throttled() error {
	if a.chance(10) {
		return &types.ProvisionedThroughputExceededException{Message: aws.String("slow down")}
	}
	return nil
}

func (a *adverse) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if err := a.throttled(); err != nil {
		return nil, err
	}
	return a.API.GetItem(ctx, in, o...)
}

func (a *adverse) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if err := a.throttled(); err != nil {
		return nil, err
	}
	if a.chance(10) {
		return nil, &types.TransactionConflictException{Message: aws.String("Transaction is ongoing for the item")}
	}
	return a.API.PutItem(ctx, in, o...)
}

func (a *adverse) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if err := a.throttled(); err != nil {
		return nil, err
	}
	if in.Limit != nil && *in.Limit > 1 && a.chance(30) {
		short := *in // pages may end before the limit
		short.Limit = aws.Int32(1)
		in = &short
	}
	return a.API.Query(ctx, in, o...)
}

func (a *adverse) BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	if !a.chance(50) {
		return a.API.BatchGetItem(ctx, in, o...)
	}
	now, later := map[string]types.KeysAndAttributes{}, map[string]types.KeysAndAttributes{}
	for table, keys := range in.RequestItems {
		half := (len(keys.Keys) + 1) / 2
		now[table] = types.KeysAndAttributes{Keys: keys.Keys[:half], ConsistentRead: keys.ConsistentRead}
		if half < len(keys.Keys) {
			later[table] = types.KeysAndAttributes{Keys: keys.Keys[half:], ConsistentRead: keys.ConsistentRead}
		}
	}
	out, err := a.API.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: now}, o...)
	if err == nil {
		out.UnprocessedKeys = later
	}
	return out, err
}

func (a *adverse) BatchWriteItem(ctx context.Context, in *dynamodb.BatchWriteItemInput, o ...func(*dynamodb.Options)) (*dynamodb.BatchWriteItemOutput, error) {
	if a.chance(20) { // nothing at all
		return &dynamodb.BatchWriteItemOutput{UnprocessedItems: in.RequestItems}, nil
	}
	now, later := map[string][]types.WriteRequest{}, map[string][]types.WriteRequest{}
	for table, writes := range in.RequestItems {
		half := (len(writes) + 1) / 2
		now[table] = writes[:half]
		if half < len(writes) {
			later[table] = writes[half:]
		}
	}
	out, err := a.API.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: now}, o...)
	if err == nil {
		out.UnprocessedItems = later
	}
	return out, err
}

func (a *adverse) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if a.chance(20) {
		reasons := make([]types.CancellationReason, len(in.TransactItems))
		for i := range reasons {
			reasons[i].Code = aws.String("None")
		}
		reasons[len(reasons)-1].Code = aws.String("TransactionConflict")
		return nil, &types.TransactionCanceledException{CancellationReasons: reasons}
	}
	out, err := a.API.TransactWriteItems(ctx, in, o...)
	if err == nil && a.chance(10) {
		return nil, lost{}
	}
	return out, err
}

// lost is an answer that did not arrive.
type lost struct{}

func (lost) Error() string   { return "connection reset by peer" }
func (lost) Timeout() bool   { return true }
func (lost) Temporary() bool { return true }

// TestStoreInBadWeather runs the whole suite against an adverse server.
func TestStoreInBadWeather(t *testing.T) {
	t.Parallel()
	porttest.RunStore(t, func(t *testing.T) porttest.StoreBench {
		clock := newClock()
		client, table := open(t, clock)
		bad := &adverse{API: client, rand: rand.New(rand.NewPCG(1, 2))}
		return porttest.StoreBench{Store: dynamo.New(bad, table, options(clock)), Clock: clock}
	})
}

// script fails chosen requests.
type script struct {
	dynamo.API
	put      func(*dynamodb.PutItemInput) error
	transact func(*dynamodb.TransactWriteItemsInput) error
	query    func() error
	after    bool // fail after the request was done
}

func (s *script) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	var err error
	if s.put != nil {
		err = s.put(in)
	}
	if err != nil && !s.after {
		return nil, err
	}
	out, done := s.API.PutItem(ctx, in, o...)
	if err != nil && done == nil {
		return nil, err
	}
	return out, done
}

func (s *script) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	if s.transact != nil {
		if err := s.transact(in); err != nil {
			return nil, err
		}
	}
	return s.API.TransactWriteItems(ctx, in, o...)
}

func (s *script) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if s.query != nil {
		if err := s.query(); err != nil {
			return nil, err
		}
	}
	return s.API.Query(ctx, in, o...)
}

// once answers an error the first time.
func once[T any](err error) func(T) error {
	var mu sync.Mutex
	done := false
	return func(T) error {
		mu.Lock()
		defer mu.Unlock()
		if done {
			return nil
		}
		done = true
		return err
	}
}

func TestALostAnswerIsNotSomeoneElses(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, table := open(t, clock)
	for name, act := range map[string]func(*dynamo.Store) error{
		"lock": func(s *dynamo.Store) error {
			_, err := s.Lock(t.Context(), "k", time.Minute)
			return err
		},
		"claim": func(s *dynamo.Store) error {
			_, mine, err := s.Claim(t.Context(), "w", port.Remembered{Key: "k", ExpiresAt: clock.Now().Add(time.Hour)})
			if err == nil && !mine {
				return errors.New("the claim was taken for another's")
			}
			return err
		},
	} {
		s := dynamo.New(&script{API: client, put: once[*dynamodb.PutItemInput](lost{}), after: true}, table, options(clock))
		if err := act(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatStaysBusyIsTemporary(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, table := open(t, clock)
	busy := &types.ProvisionedThroughputExceededException{}
	conflict := &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{{Code: aws.String("TransactionConflict")}, {Code: aws.String("None")}}}
	tries, waits := 0, []time.Duration{}
	o := options(clock)
	o.Rand = func() float64 { return 1 }
	o.Sleep = func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		return nil
	}
	s := dynamo.New(&script{API: client, put: func(*dynamodb.PutItemInput) error { tries++; return busy },
		transact: func(*dynamodb.TransactWriteItemsInput) error { return conflict }}, table, o)
	err := s.PutReview(t.Context(), "w", commerce.Review{ID: "1", Channel: commerce.Etsy})
	if !fault.Is(err, fault.Temporary) || tries != 8 || len(waits) != 7 {
		t.Errorf("after %d tries and %d waits: %v", tries, len(waits), err)
	}
	for i := range waits[1:] {
		if waits[i+1] < waits[i] || waits[i+1] > time.Second {
			t.Errorf("waits do not grow up to a second: %v", waits)
		}
	}
	_, err = s.PutGrant(t.Context(), port.Grant{ID: "g", Space: "w", Channel: commerce.Etsy, Principal: "p"})
	if !fault.Is(err, fault.Temporary) {
		t.Errorf("a transaction in conflict: %v", err)
	}
}

func TestEndedContextsEndTheWait(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, table := open(t, clock)
	ctx, cancel := context.WithCancel(t.Context())
	o := options(clock)
	o.Sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	tries := 0
	s := dynamo.New(&script{API: client, query: func() error { tries++; return lost{} }}, table, o)
	_, err := s.ListAccounts(ctx, "w")
	if !fault.Is(err, fault.Temporary) || !errors.Is(err, context.Canceled) || tries != 1 {
		t.Errorf("after %d tries: %v", tries, err)
	}
	if _, err = dynamo.New(client, table, o).Workspace(ctx, "w"); !fault.Is(err, fault.Temporary) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestRefusalsAreNotRepeated(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, _ := open(t, clock)
	s := dynamo.New(client, "no-such-table", options(clock))
	if _, err := s.ListAccounts(t.Context(), "w"); !fault.Is(err, fault.Internal) {
		t.Errorf("without a table: %v", err)
	}
}

// large is a product whose SKUs are claimed ahead.
func large(id, sku string) (commerce.Product, []commerce.SKU) {
	p := commerce.Product{ID: commerce.ProductID(id)}
	var skus []commerce.SKU
	for i := range 150 {
		v := commerce.Variant{ID: commerce.VariantID(id + strings.Repeat("v", i+1)), SKU: commerce.SKU(sku + strings.Repeat("s", i))}
		p.Variants, skus = append(p.Variants, v), append(skus, v.SKU)
	}
	return p, skus
}

// TestClaimsOfACrashLapse: a worker dies between its claims and its product.
func TestClaimsOfACrashLapse(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, table := open(t, clock)
	dead := &script{API: client, put: func(in *dynamodb.PutItemInput) error {
		if kind, ok := in.Item["t"].(*types.AttributeValueMemberS); ok && kind.Value == "product" {
			return errors.New("killed")
		}
		return nil
	}}
	p, skus := large("p", "x")
	if _, err := dynamo.New(dead, table, options(clock)).PutProduct(t.Context(), "w", port.ProductWrite{Product: p, Claims: skus}); !fault.Is(err, fault.Internal) {
		t.Fatalf("killed: %v", err)
	}
	s := dynamo.New(client, table, options(clock))
	if _, err := s.ProductBySKU(t.Context(), "w", "xs"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a claim without its product: %v", err)
	}
	small := commerce.Product{ID: "q", Variants: []commerce.Variant{{ID: "v", SKU: "xs"}}}
	write := port.ProductWrite{Product: small, Claims: []commerce.SKU{"xs"}}
	clock.Advance(10*time.Minute - time.Second)
	if _, err := s.PutProduct(t.Context(), "w", write); fault.Of(err) == nil || fault.Of(err).Code != "sku_taken" {
		t.Fatalf("within ten minutes: %v", err)
	}
	clock.Advance(2 * time.Second)
	if _, err := s.PutProduct(t.Context(), "w", write); err != nil {
		t.Fatalf("after ten minutes: %v", err)
	}
	q, more := large("r", "xss") // lapsed claims are in its way, too
	if _, err := s.PutProduct(t.Context(), "w", port.ProductWrite{Product: q, Claims: more}); err != nil {
		t.Fatalf("a large product over lapsed claims: %v", err)
	}
	if _, err := s.PutProduct(t.Context(), "w", port.ProductWrite{Product: p, Claims: skus}); fault.Of(err) == nil || fault.Of(err).Code != "sku_taken" {
		t.Fatalf("the first product, too late: %v", err)
	}
	ref, err := s.ProductBySKU(t.Context(), "w", "xs")
	if err != nil || ref.Product != "q" {
		t.Fatalf("xs belongs to %+v, %v", ref, err)
	}
}

// TestSKUsGivenUpInACrashAreFree: a worker dies between a large product and
// the SKUs it gave up.
func TestSKUsGivenUpInACrashAreFree(t *testing.T) {
	t.Parallel()
	clock := newClock()
	client, table := open(t, clock)
	s := dynamo.New(client, table, options(clock))
	p := commerce.Product{ID: "p", Variants: []commerce.Variant{{ID: "v", SKU: "old"}}}
	p, err := s.PutProduct(t.Context(), "w", port.ProductWrite{Product: p, Claims: []commerce.SKU{"old"}})
	if err != nil {
		t.Fatal(err)
	}
	next, skus := large("p", "n")
	next.Version = p.Version
	keep := &noDelete{client}
	_, _ = dynamo.New(keep, table, options(clock)).PutProduct(t.Context(), "w", port.ProductWrite{Product: next, Claims: skus, Frees: []commerce.SKU{"old"}})
	if _, err := s.ProductBySKU(t.Context(), "w", "old"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a SKU given up: %v", err)
	}
	clock.Advance(11 * time.Minute)
	q := commerce.Product{ID: "q", Variants: []commerce.Variant{{ID: "v", SKU: "old"}}}
	if _, err := s.PutProduct(t.Context(), "w", port.ProductWrite{Product: q, Claims: []commerce.SKU{"old"}}); err != nil {
		t.Errorf("take over: %v", err)
	}
}

// noDelete dies before any delete.
type noDelete struct{ dynamo.API }

func (noDelete) DeleteItem(context.Context, *dynamodb.DeleteItemInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteItemOutput, error) {
	return nil, errors.New("killed")
}

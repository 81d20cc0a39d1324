package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/manystall/manystall/infra/sam"
)

// maxPayload is what Lambda takes and gives in one synchronous call
// (docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, 2026-11).
const maxPayload = 6 << 20

// errTimeout means that a function did not answer within its timeout.
var errTimeout = errors.New("no answer within the timeout")

// errTooLarge means that an event or an answer is larger than Lambda allows.
var errTooLarge = errors.New("larger than the 6 MB of a Lambda call")

// call hands one event to a function. A panic, a timeout and an answer beyond
// the limit are errors, as they are on AWS. An answer that comes after the
// deadline is lost, since Lambda would have stopped the function.
func (e *Engine) call(work context.Context, f sam.Function, payload []byte) ([]byte, error) {
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("call %s: event of %d bytes: %w", f.Name, len(payload), errTooLarge)
	}
	ctx, cancel := context.WithTimeout(work, f.Timeout)
	defer cancel()
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{
		AwsRequestID: e.NewID(), InvokedFunctionArn: e.resourceARN("lambda", "function:"+f.LogicalID),
	})
	out, err := e.guarded(ctx, f.Name, payload)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("call %s: %w of %s", f.Name, errTimeout, f.Timeout)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("call %s: %w", f.Name, ctx.Err())
	case err != nil:
		return nil, fmt.Errorf("call %s: %w", f.Name, err)
	case len(out) > maxPayload:
		return nil, fmt.Errorf("call %s: answer of %d bytes: %w", f.Name, len(out), errTooLarge)
	}
	return out, nil
}

func (e *Engine) guarded(ctx context.Context, name string, payload []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			e.Log.ErrorContext(ctx, "function panicked", "function", name, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return e.Invoke(ctx, name, payload)
}

// callWith is call with an event still to be encoded.
func (e *Engine) callWith(work context.Context, f sam.Function, event any) ([]byte, error) {
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("encode event for %s: %w", f.Name, err)
	}
	return e.call(work, f, payload)
}

func (e *Engine) resourceARN(service, rest string) string {
	return "arn:aws:" + service + ":" + e.Region + ":" + e.AccountID + ":" + rest
}

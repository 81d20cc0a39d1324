package dynamo

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/manystall/manystall/shared/fault"
)

const (
	tries     = 8
	firstWait = 25 * time.Millisecond
	longest   = time.Second
)

// retry repeats what DynamoDB refuses for a moment, with growing waits and
// full jitter. What stays refused is a fault of kind Temporary; what will not
// pass is returned as it is.
func (s *Store) retry(ctx context.Context, attempt func(context.Context) error) error {
	for n := 0; ; n++ {
		err := attempt(ctx)
		if err == nil || ctx.Err() != nil || !passing(err) {
			return outcome(err)
		}
		if n == tries-1 {
			return fault.Wrap(err, fault.Temporary, "storage_busy", "Storage is busy; try again in a moment.")
		}
		if stopped := s.sleep(ctx, s.backoff(n)); stopped != nil {
			return fault.Wrap(errors.Join(stopped, err), fault.Temporary, "storage_busy", "Storage did not answer in time; try again in a moment.")
		}
	}
}

func (s *Store) backoff(n int) time.Duration {
	return time.Duration(float64(min(longest, firstWait<<n)) * s.rand())
}

// passing says whether an error may be gone with the next try.
func passing(err error) bool {
	if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return passingReasons(cancelled.CancellationReasons)
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		switch api.ErrorCode() {
		case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "LimitExceededException",
			"InternalServerError", "ServiceUnavailable", "TransactionConflictException", "TransactionInProgressException":
			return true
		}
		return api.ErrorFault() == smithy.FaultServer
	}
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && answer.HTTPStatusCode() >= 300 {
		return answer.HTTPStatusCode() >= 500
	}
	_, network := errors.AsType[net.Error](err)
	_, sent := errors.AsType[*smithyhttp.RequestSendError](err)
	return network || sent || errors.Is(err, io.ErrUnexpectedEOF) // cut off within an answer
}

// passingReasons: one failed condition decides, whatever else was in the way.
func passingReasons(reasons []types.CancellationReason) bool {
	busy := false
	for _, r := range reasons {
		switch code(r) {
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			busy = true
		case "None":
		default:
			return false
		}
	}
	return busy
}

func code(r types.CancellationReason) string {
	if r.Code == nil {
		return "None"
	}
	return *r.Code
}

// conditionFailed says whether a single write met a condition that is not so.
func conditionFailed(err error) (*types.ConditionalCheckFailedException, bool) {
	return errors.AsType[*types.ConditionalCheckFailedException](err)
}

// outcome gives a kind to what is left: faults and failed conditions are for
// the caller to read.
func outcome(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if _, ok := conditionFailed(err); ok {
		return err
	}
	if _, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Temporary, "storage_late", "Storage did not answer in time; try again in a moment.")
	}
	return fault.Wrap(err, fault.Internal, "storage_refused", "Storage refused a request.")
}

package queue

import (
	"errors"
	"slices"

	"github.com/aws/smithy-go"

	"github.com/manystall/manystall/shared/fault"
)

// refusal is SQS's answer about one entry of a batch.
type refusal struct {
	code, text string
	ours       bool
}

func (r *refusal) Error() string { return r.code + ": " + r.text }

// kindOf says whether trying later helps: yes for the network, throttling and
// SQS's own trouble, no for what we did wrong.
func kindOf(err error) fault.Kind {
	if r, ok := errors.AsType[*refusal](err); ok {
		if r.ours {
			return fault.Internal
		}
		return fault.Temporary
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || api.ErrorFault() == smithy.FaultServer || slices.Contains(laterCodes(), api.ErrorCode()) {
		return fault.Temporary
	}
	return fault.Internal
}

// laterCodes are refusals that pass (API reference, common errors, 2025-11).
func laterCodes() []string {
	return []string{
		"RequestThrottled", "ThrottlingException", "Throttling", "OverLimit", "ServiceUnavailable",
		"InternalFailure", "InternalError", "KmsThrottled", "KMS.ThrottlingException", "RequestTimeout",
		"RequestExpired", "ExpiredTokenException", "ExpiredToken",
	}
}

package vault

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// KMSAPI is the part of the KMS client that is used.
type KMSAPI interface {
	GenerateDataKey(context.Context, *kms.GenerateDataKeyInput, ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error)
	Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
}

// KMS is a Keeper whose master key never leaves AWS. It needs the rights
// kms:GenerateDataKey, where workspaces begin, and kms:Decrypt. It is safe for
// concurrent use.
type KMS struct {
	api KMSAPI
	key string
}

var _ Keeper = (*KMS)(nil)

// NewKMS wraps with the key of that id, ARN or alias.
func NewKMS(api KMSAPI, key string) *KMS { return &KMS{api, key} }

// seal binds a wrapped key to its workspace; it also shows in CloudTrail.
func (k *KMS) seal(w commerce.WorkspaceID) map[string]string {
	return map[string]string{"manystall:workspace": string(w)}
}

// NewKey implements Keeper.
func (k *KMS) NewKey(ctx context.Context, w commerce.WorkspaceID) (plain, wrapped []byte, err error) {
	out, err := k.api.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: &k.key, KeySpec: types.DataKeySpecAes256, EncryptionContext: k.seal(w),
	})
	if err != nil {
		return nil, nil, kmsFault(err, w, "made")
	}
	return out.Plaintext, out.CiphertextBlob, nil
}

// Unwrap implements Keeper.
func (k *KMS) Unwrap(ctx context.Context, w commerce.WorkspaceID, wrapped []byte) ([]byte, error) {
	out, err := k.api.Decrypt(ctx, &kms.DecryptInput{
		KeyId: &k.key, CiphertextBlob: wrapped, EncryptionContext: k.seal(w),
	})
	_, wrong := errors.AsType[*types.InvalidCiphertextException](err)
	_, other := errors.AsType[*types.IncorrectKeyException](err)
	if wrong || other {
		return nil, wrongKey(w, err)
	}
	if err != nil {
		return nil, kmsFault(err, w, "unwrapped")
	}
	return out.Plaintext, nil
}

// kmsFault tells what passes (network, throttling, KMS's own trouble) from
// what a person must put right (rights, a disabled key). Names are from the
// KMS API reference, 2025-11.
func kmsFault(err error, w commerce.WorkspaceID, verb string) error {
	kind := fault.Temporary
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		switch api.ErrorCode() {
		case "ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException",
			"LimitExceededException", "ServiceUnavailableException", "InternalFailure", "ExpiredTokenException", "RequestExpired":
		default:
			kind = fault.Internal
		}
	}
	return fault.Wrap(err, kind, "data_key_unavailable", "The data key of workspace %s can't be %s now.", w, verb)
}

package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// patched decodes a thing with a JSON merge patch (RFC 7396) applied into the
// body it may come in as. Numbers keep all their digits.
func patched(thing any, patch []byte, into any) error {
	raw, err := json.Marshal(thing)
	if err != nil {
		return fmt.Errorf("encode what is to be patched: %w", err)
	}
	base, err := tree(raw)
	if err != nil {
		return fmt.Errorf("read back what is to be patched: %w", err)
	}
	var check json.RawMessage
	if err := httpapi.DecodeJSON(patch, &check); err != nil {
		return err
	}
	change, err := tree(patch)
	if err != nil {
		return err
	}
	if _, ok := change.(map[string]any); !ok {
		return fault.Refused(fault.Invalid, commerce.Problem{Rule: "wrong_type", Field: "body", Fix: "A merge patch is an object with what is to change."})
	}
	merged, err := json.Marshal(merge(base, change))
	if err != nil {
		return fmt.Errorf("encode what is patched: %w", err)
	}
	return httpapi.DecodeJSON(merged, into)
}

func tree(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// merge is MergePatch of RFC 7396, section 2.
func merge(target, patch any) any {
	change, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	merged, ok := target.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	for name, value := range change {
		if value == nil {
			delete(merged, name)
		} else {
			merged[name] = merge(merged[name], value)
		}
	}
	return merged
}

// pause stops or starts a connection. One that needs a new consent can't be
// started by a wish.
func pause(a *port.Account, paused bool) error {
	switch {
	case paused && a.State == port.AccountActive:
		a.State, a.Reason = port.AccountPaused, "Paused by hand."
	case !paused && a.State == port.AccountPaused:
		a.State, a.Reason = port.AccountActive, ""
	case paused == (a.State == port.AccountPaused):
	default:
		return fault.New(fault.Conflict, "not_active", "%s", stateWords(a.State))
	}
	return nil
}

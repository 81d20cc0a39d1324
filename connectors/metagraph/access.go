package metagraph

import (
	"github.com/manystall/manystall/shared/fault"
)

// denied says what a refusal is that is about the access to the catalog and not
// about what was sent: code 200 and its kin, and 100/33, with which Meta hides
// what the token may not see. Nothing an edit could change, and no number of
// repeats.
func denied(err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Denied && f.Kind != fault.NotFound {
		return err
	}
	return fault.Wrap(err, fault.Denied, "needs_permission", "Meta does not let this connection write to the catalog: a permission or the access to the catalog is missing. Connect again, leave every permission switched on, and see that the catalog is shared with the person who connects.")
}

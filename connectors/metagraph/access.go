package metagraph

import (
	"time"

	"github.com/manystall/manystall/shared/fault"
)

// askAgain is how long work on a catalog waits that Meta does not allow.
const askAgain = time.Hour

// shut makes a wait of a refusal that is about the access to the catalog and
// not about what was sent: code 200 and its kin, and 100/33, with which Meta
// hides what the token may not see. Nothing an edit could change, and no number
// of repeats: the work keeps, the seller is told at once, and a new consent or
// the next hour goes on with it. Messages have their own permission and go on.
func shut(err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Denied && f.Kind != fault.NotFound {
		return err
	}
	wait := fault.New(fault.RateLimited, "needs_permission", "Meta does not let this connection write to the catalog: a permission or the access to the catalog is missing. Connect again, leave every permission switched on, and see that the catalog is shared with the person who connects.")
	wait.RetryAfter, wait.Err = askAgain, err
	return wait
}

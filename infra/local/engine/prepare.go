package engine

import (
	"context"
	"fmt"
)

// Prepare creates the tables and queues that are missing. It may be repeated,
// also after it failed halfway. A table whose keys, indexes or stream differ
// from the template is an error, since changing it could lose data.
func (e *Engine) Prepare(ctx context.Context) error {
	for _, t := range e.Template.Tables {
		if err := e.prepareTable(ctx, t); err != nil {
			return fmt.Errorf("prepare table %s: %w", t.Name, err)
		}
	}
	return e.prepareQueues(ctx)
}

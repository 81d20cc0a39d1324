package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// Job implements port.Catalog.
func (s *Store) Job(ctx context.Context, w commerce.WorkspaceID, id commerce.JobID) (port.Job, error) {
	return load[port.Job](ctx, s, jobKey(w, id), "job", string(id))
}

// ListJobs implements port.Catalog: newest first.
func (s *Store) ListJobs(ctx context.Context, w commerce.WorkspaceID, p port.Page) (port.List[port.Job], error) {
	l := list{name: "jobs", space: w, index: indexG1, sources: []source{{pk: in(w, "job")}}}
	return recordPage[port.Job](ctx, s, l, p)
}

// PutJob implements port.Catalog.
func (s *Store) PutJob(ctx context.Context, j port.Job) (port.Job, error) {
	read := j.Version
	j.Version++
	r := row{key: jobKey(j.Space, j.ID), entity: "job", version: j.Version, quiet: true, record: j, g1: jobEntry(j.Space, j)}
	return j, s.write(ctx, put(r).ifVersion(read, moved("job", string(j.ID))))
}

// PutStep implements port.Catalog. A step that is there already is a fault of
// kind Conflict and code step_exists.
func (s *Store) PutStep(ctx context.Context, w commerce.WorkspaceID, st port.JobStep) error {
	return s.write(ctx, stepPut(w, st))
}

func stepPut(w commerce.WorkspaceID, st port.JobStep) op {
	exists := fault.New(fault.Conflict, "step_exists", "The step %s of job %s is done already.", st.Key, st.Job)
	return put(row{key: stepKey(w, st), entity: "step", record: st}).ifAbsent(exists)
}

// ListSteps implements port.Catalog: by key.
func (s *Store) ListSteps(ctx context.Context, w commerce.WorkspaceID, id commerce.JobID) ([]port.JobStep, error) {
	items, err := s.query(ctx, prefixed(jobPartition(w, id), "s#"))
	if err != nil {
		return nil, err
	}
	return decodeAll[port.JobStep](items)
}

package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/report"
)

func (h *Handler) rebuildRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/rebuilds", Status: http.StatusAccepted}, h.createRebuild),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/rebuilds/{id}", Status: http.StatusOK}, h.oneRebuild),
	}
}

// rebuild is how far stock and totals are derived anew.
type rebuild struct {
	ID        commerce.JobID   `json:"id"`
	State     string           `json:"state"`
	Phase     string           `json:"phase,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Checked   int              `json:"checked"`
	Corrected int              `json:"corrected"`
	Failed    int              `json:"failed"`
	Problems  []rebuildProblem `json:"problems"`
	CreatedAt time.Time        `json:"created_at"`
	EndedAt   time.Time        `json:"ended_at,omitzero"`
	fresh     bool
}

type rebuildProblem struct {
	Field   string `json:"field"`
	Value   string `json:"value"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Head says where a new rebuild can be followed.
func (v *rebuild) Head(header http.Header) {
	if v.fresh {
		header.Set("Location", "/v1/rebuilds/"+string(v.ID))
	}
}

func viewRebuild(j port.Job) *rebuild {
	v := &rebuild{
		ID: j.ID, State: j.State, Reason: j.Reason, Checked: j.Rows, Corrected: j.Updated, Failed: j.Failed,
		Problems: make([]rebuildProblem, 0, len(j.Problems)), CreatedAt: j.CreatedAt.UTC(), EndedAt: j.EndedAt.UTC(),
	}
	if j.State == port.JobRunning {
		v.Phase = j.Params["phase"]
	}
	for _, p := range j.Problems {
		v.Problems = append(v.Problems, rebuildProblem{Field: p.Field, Value: p.Value, Code: p.Code, Message: p.Message})
	}
	return v
}

func (h *Handler) createRebuild(ctx context.Context, req *meRequest) (*rebuild, error) {
	job, err := h.Rebuilds.Start(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	v := viewRebuild(job)
	v.fresh = true
	return v, nil
}

type rebuildRequest struct {
	httpapi.Call
	ID commerce.JobID `path:"id" validate:"id"`
}

func (h *Handler) oneRebuild(ctx context.Context, req *rebuildRequest) (*rebuild, error) {
	j, err := h.Store.Job(ctx, req.Space, req.ID)
	if err != nil {
		return nil, err
	}
	if j.Kind != report.KindRebuild {
		return nil, fault.New(fault.NotFound, "not_found", "There is no rebuild %s.", req.ID)
	}
	return viewRebuild(j), nil
}

package dashboard

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

func (h *Handler) queueRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/queues", Status: http.StatusOK}, h.listQueues),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/queues/{name}/redrive", Status: http.StatusAccepted}, h.redrive),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/failures", Status: http.StatusOK}, h.listFailures),
	}
}

func (h *Handler) listQueues(ctx context.Context, _ *meRequest) (*httpapi.List[port.QueueCount], error) {
	counts, err := h.Queues.QueueCounts(ctx)
	return httpapi.All(counts), err
}

type redriveRequest struct {
	httpapi.Call
	Name string `path:"name" validate:"id"`
}

type redriven struct {
	Queue string `json:"queue"`
	State string `json:"state"`
}

func (h *Handler) redrive(ctx context.Context, req *redriveRequest) (*redriven, error) {
	if req.Name == port.ProjectQueue {
		_, err := h.Rebuilds.Repair(ctx, req.Space)
		return &redriven{Queue: req.Name, State: "started"}, err
	}
	if !slices.Contains(port.Queues(), req.Name) {
		return nil, fault.New(fault.NotFound, "not_found", "There is no queue %s.", req.Name)
	}
	return &redriven{Queue: req.Name, State: "started"}, h.Queues.Redrive(ctx, req.Name)
}

// failure is something that did not work. It holds no body and no buyer's data.
type failure struct {
	ID      string             `json:"id"`
	Queue   string             `json:"queue"`
	Kind    string             `json:"kind"`
	Code    string             `json:"code"`
	Account commerce.AccountID `json:"account,omitempty"`
	Message string             `json:"message"`
	Entity  port.Entity        `json:"entity,omitempty"`
	Ref     string             `json:"ref,omitempty"`
	Count   int                `json:"count"`
	At      time.Time          `json:"at"`
}

func (h *Handler) listFailures(ctx context.Context, req *listRequest) (*httpapi.List[failure], error) {
	items, err := h.Store.ListFailures(ctx, req.Space, req.Page())
	return httpapi.Listed(items, func(f port.Failure) failure {
		return failure{ID: f.ID, Queue: f.Queue, Kind: f.Kind, Code: f.Code, Account: f.Account, Message: f.Message, Entity: f.Entity, Ref: f.Ref, Count: f.Count, At: f.At.UTC()}
	}), err
}

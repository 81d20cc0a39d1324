package dashboard

import (
	"context"
	"net/http"
	"slices"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/inbox"
	"github.com/manystall/manystall/shared/port"
)

func (h *Handler) inboxRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/conversations", Status: http.StatusOK}, h.listConversations),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/conversations/{id}", Status: http.StatusOK}, h.oneConversation),
		httpapi.Handle(httpapi.Endpoint{Pattern: "PATCH /v1/conversations/{id}", Status: http.StatusOK, Patch: true}, h.updateConversation),
		httpapi.Handle(httpapi.Endpoint{Pattern: "DELETE /v1/conversations/{id}", Status: http.StatusNoContent}, h.eraseConversation),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/conversations/{id}/messages", Status: http.StatusOK}, h.listMessages),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/conversations/{id}/messages/{message}/attachments/{n}", Status: http.StatusOK}, h.attachment),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/conversations/{id}/messages", Status: http.StatusAccepted}, h.reply),
	}
}

type conversationList struct {
	httpapi.Call
	httpapi.Paging
	Channel string                     `query:"channel" validate:"max=100,line"`
	State   commerce.ConversationState `query:"state" validate:"omitempty,oneof=open pending solved"`
}

func (h *Handler) listConversations(ctx context.Context, req *conversationList) (*httpapi.List[commerce.Conversation], error) {
	channels, err := channelsOf(req.Channel)
	if err != nil {
		return nil, err
	}
	items, err := h.Store.ListConversations(ctx, req.Space, port.ConversationFilter{Channels: channels, State: req.State}, req.Page())
	if err != nil {
		return nil, err
	}
	accounts, err := h.Store.ListAccounts(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	return httpapi.Listed(items, func(c commerce.Conversation) commerce.Conversation {
		i := slices.IndexFunc(accounts, func(a port.Account) bool { return a.ID == c.Account })
		if i < 0 {
			return c
		}
		return inbox.WithAccount(c, accounts[i])
	}), nil
}

// conversation is one thread.
type conversation struct{ commerce.Conversation }

// Head sets the ETag.
func (c *conversation) Head(header http.Header) { httpapi.SetTag(header, c.Version) }

type conversationRequest struct {
	httpapi.Call
	ID commerce.ConversationID `path:"id" validate:"id"`
}

func (h *Handler) oneConversation(ctx context.Context, req *conversationRequest) (*conversation, error) {
	return h.answerable(ctx, req.Call)(h.Store.Conversation(ctx, req.Space, req.ID))
}

// answerable says of a conversation whether its account lets it be answered.
func (h *Handler) answerable(ctx context.Context, call httpapi.Call) func(commerce.Conversation, error) (*conversation, error) {
	return func(c commerce.Conversation, err error) (*conversation, error) {
		if err != nil {
			return nil, err
		}
		a, err := h.Store.Account(ctx, call.Space, c.Account)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		return &conversation{inbox.WithAccount(c, a)}, nil
	}
}

type conversationPatch struct {
	httpapi.Call
	ID   commerce.ConversationID `path:"id" validate:"id"`
	Body struct {
		State commerce.ConversationState `json:"state" validate:"omitempty,oneof=open pending solved"`
		Read  bool                       `json:"read"`
	} `body:"json"`
}

func (h *Handler) updateConversation(ctx context.Context, req *conversationPatch) (*conversation, error) {
	if req.Body.State == "" && !req.Body.Read {
		return nil, nothingGiven("state or read")
	}
	c, err := edit(req.Match, func() (commerce.Conversation, error) { return h.Store.Conversation(ctx, req.Space, req.ID) },
		func(c commerce.Conversation) int64 { return c.Version },
		func(c commerce.Conversation) (commerce.Conversation, error) {
			if req.Body.State == "" {
				return c, nil
			}
			return h.Inbox.SetState(ctx, req.Space, req.ID, c.Version, req.Body.State)
		})
	if err == nil && req.Body.Read {
		c, err = h.Inbox.MarkRead(ctx, req.Space, req.ID)
	}
	return h.answerable(ctx, req.Call)(c, err)
}

// eraseConversation deletes what a buyer wrote and who they are, who asked the
// seller for it.
func (h *Handler) eraseConversation(ctx context.Context, req *conversationRequest) (*httpapi.None, error) {
	if _, err := h.Store.Conversation(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	return &httpapi.None{}, h.Eraser.Erase(ctx, req.Space, req.ID)
}

type messageList struct {
	httpapi.Call
	httpapi.Paging
	ID commerce.ConversationID `path:"id" validate:"id"`
}

func (h *Handler) listMessages(ctx context.Context, req *messageList) (*httpapi.List[commerce.Message], error) {
	if _, err := h.Store.Conversation(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	items, err := h.Store.ListMessages(ctx, req.Space, req.ID, req.Page())
	return httpapi.Listed(items, httpapi.Same), err
}

type replyRequest struct {
	httpapi.Call
	ID   commerce.ConversationID `path:"id" validate:"id"`
	Body struct {
		Text string `json:"text" validate:"required,max=10000,text"`
	} `body:"json"`
}

func (h *Handler) reply(ctx context.Context, req *replyRequest) (*commerce.Message, error) {
	if _, err := h.Store.Conversation(ctx, req.Space, req.ID); err != nil {
		return nil, err
	}
	m, err := h.Inbox.Reply(ctx, req.Space, req.ID, inbox.Answer{Text: req.Body.Text, By: req.Who(), Key: req.Key})
	return &m, err
}

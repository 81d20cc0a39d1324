package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"

	"github.com/manystall/manystall/shared/port"
)

const (
	// Page sizes of the customer-service API (2025-12).
	conversationPage = 20
	messagePage      = 10
)

// ListConversations reads a page of chats.
func (c *Client) ListConversations(ctx context.Context, token string) (list []Conversation, next string, err error) {
	query := url.Values{"page_size": {strconv.Itoa(conversationPage)}}
	if token != "" {
		query.Set("page_token", token)
	}
	var data struct {
		Conversations []Conversation `json:"conversations"`
		Next          string         `json:"next_page_token"`
	}
	err = c.do(ctx, get("GetConversations", "/customer_service/202309/conversations", port.LaneOrders, query), &data)
	return data.Conversations, data.Next, err
}

// ListMessages reads a page of a chat, newest first.
func (c *Client) ListMessages(ctx context.Context, conversation, token string) (list []Message, next string, err error) {
	id, err := segment(conversation)
	if err != nil {
		return nil, "", err
	}
	query := url.Values{"page_size": {strconv.Itoa(messagePage)}, "sort_order": {"DESC"}, "sort_field": {"create_time"}}
	if token != "" {
		query.Set("page_token", token)
	}
	var data struct {
		Messages []Message `json:"messages"`
		Next     string    `json:"next_page_token"`
	}
	err = c.do(ctx, get("GetConversationMessages", "/customer_service/202309/conversations/"+id+"/messages", port.LaneOrders, query), &data)
	return data.Messages, data.Next, err
}

// SendText writes to the buyer. There is no idempotency key.
func (c *Client) SendText(ctx context.Context, conversation, text string) (message string, err error) {
	id, err := segment(conversation)
	if err != nil {
		return "", err
	}
	content, err := json.Marshal(map[string]string{"content": text})
	if err != nil {
		return "", fmt.Errorf("encode message: %w", err)
	}
	r, err := post("SendMessage", "/customer_service/202309/conversations/"+id+"/messages", port.LaneReply, map[string]string{"type": "TEXT", "content": string(content)})
	if err != nil {
		return "", err
	}
	var data struct {
		ID ID `json:"message_id"`
	}
	err = c.do(ctx, r, &data)
	return string(data.ID), err
}

// MarkRead tells that the buyer's messages of a chat were read.
func (c *Client) MarkRead(ctx context.Context, conversation string) error {
	id, err := segment(conversation)
	if err != nil {
		return err
	}
	r := request{op: "ReadMessage", method: "POST", path: "/customer_service/202309/conversations/" + id + "/messages/read", query: url.Values{}, lane: port.LaneReply, safe: true}
	return c.do(ctx, r, nil)
}

// AcceptsChat says whether chats are assigned to the shop's agent at all.
func (c *Client) AcceptsChat(ctx context.Context) (bool, error) {
	var data struct {
		Accepts bool `json:"can_accept_chat"`
	}
	err := c.do(ctx, get("GetAgentSettings", "/customer_service/202309/agents/settings", port.LaneCheck, nil), &data)
	return data.Accepts, err
}

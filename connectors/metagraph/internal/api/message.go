package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/manystall/manystall/shared/port"
)

// Ask says which conversations to read.
type Ask struct {
	Page     string
	Platform string // messenger or instagram
	Person   string // one person's thread only
	After    string // cursor
	Limit    int
}

// Conversations reads conversations, the last changed first, with their newest
// 20 messages: older ones have no content (Conversations API, 2026-11).
func (c *Client) Conversations(ctx context.Context, token string, a Ask) (Threads, error) {
	q := url.Values{
		"platform": {a.Platform}, "limit": {strconv.Itoa(max(1, a.Limit))},
		"fields": {"id,updated_time,participants,messages.limit(20){id,created_time,from,message,attachments,sticker,is_unsupported}"},
	}
	if a.Person != "" {
		q.Set("user_id", a.Person)
	}
	if a.After != "" {
		q.Set("after", a.After)
	}
	var p page[Thread]
	in := call{op: "list_conversations", method: http.MethodGet, path: segment(a.Page) + "/conversations", query: q, token: token, bucket: messageBucket(a.Page), lane: port.LaneOrders, safe: true}
	err := c.do(ctx, in, &p)
	return Threads{Threads: p.Data, After: p.after()}, err
}

// Send writes to a person. Nothing makes it safe to repeat.
func (c *Client) Send(ctx context.Context, token, page string, s Sending) (SentMessage, error) {
	var out SentMessage
	in := call{op: "send_message", method: http.MethodPost, path: segment(page) + "/messages", body: s, token: token, bucket: messageBucket(page), lane: port.LaneReply}
	return out, c.do(ctx, in, &out)
}

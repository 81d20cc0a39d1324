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
	// Bare leaves the content of messages out: Instagram Login tells it one by
	// one only.
	Bare bool
}

const messageFields = "id,created_time,from,message,attachments,sticker,is_unsupported"

// Conversations reads conversations, the last changed first, with their newest
// 20 messages: older ones have no content (Conversations API, 2026-11).
func (c *Client) Conversations(ctx context.Context, token string, a Ask) (Threads, error) {
	q := url.Values{
		"platform": {a.Platform}, "limit": {strconv.Itoa(max(1, a.Limit))},
	}
	fields := messageFields
	if a.Bare {
		fields = "id,created_time"
	}
	q.Set("fields", "id,updated_time,participants,messages.limit(20){"+fields+"}")
	if a.Person != "" {
		q.Set("user_id", a.Person)
	}
	if a.After != "" {
		q.Set("after", a.After)
	}
	var p page[Thread]
	in := call{op: "list_conversations", method: http.MethodGet, path: c.owner(a.Page) + "/conversations", query: q, token: token, bucket: readBucket(a.Page), lane: port.LaneOrders, safe: true}
	err := c.do(ctx, in, &p)
	return Threads{Threads: p.Data, After: p.after()}, err
}

// Message reads one message of an account's threads; one that is older than the
// newest 20 of its thread, or was taken back, is NotFound.
func (c *Client) Message(ctx context.Context, token, account, id string) (Message, error) {
	var m Message
	in := call{op: "read_message", method: http.MethodGet, path: segment(id), query: url.Values{"fields": {messageFields}}, token: token, bucket: readBucket(account), lane: port.LaneOrders, safe: true}
	return m, c.do(ctx, in, &m)
}

// Person reads the profile of somebody who has written. Not every app may
// (Business Asset User Profile Access).
func (c *Client) Person(ctx context.Context, token, account, id string) (Person, error) {
	var p Person
	in := call{op: "read_person", method: http.MethodGet, path: segment(id), query: url.Values{"fields": {"name"}}, token: token, bucket: messageBucket(account), lane: port.LaneOrders, safe: true}
	return p, c.do(ctx, in, &p)
}

// Send writes to a person. Nothing makes it safe to repeat.
func (c *Client) Send(ctx context.Context, token, page string, s Sending) (SentMessage, error) {
	var out SentMessage
	in := call{op: "send_message", method: http.MethodPost, path: c.owner(page) + "/messages", body: s, token: token, bucket: messageBucket(page), lane: port.LaneReply}
	return out, c.do(ctx, in, &out)
}

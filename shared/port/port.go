// Package port is what the product needs from the ground it stands on:
// storage, queues, blobs, secrets, budgets, and the records that go through
// them. The adapters are in infra; porttest holds the suite each must pass.
//
// All methods are safe for concurrent use. A thing that is not there is a
// fault of kind NotFound, a write that met another version one of kind
// Conflict; what the ground refuses for a moment is Temporary.
package port

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Page asks for a part of a list.
type Page struct {
	Limit  int    // 1..100
	Cursor string // opaque; empty for the first
}

// List is a part of a list; Next is empty at its end.
type List[T any] struct {
	Items []T
	Next  string
}

// Lane orders work: lower goes first.
type Lane int

// The lanes of a budget and of marks. A mark is in lane LaneStock to
// LaneImages.
const (
	LaneStock    Lane = 1
	LanePrice    Lane = 2
	LaneText     Lane = 3
	LaneImages   Lane = 4
	LaneOrders   Lane = 5 // polls and reads of orders
	LaneShipment Lane = 6
	LaneReply    Lane = 7
	LaneCheck    Lane = 8 // health, taxonomies, read-backs
)

// LaneOf is the lane of a group of a listing.
func LaneOf(g commerce.Group) Lane {
	switch g {
	case commerce.GroupStock:
		return LaneStock
	case commerce.GroupPrice:
		return LanePrice
	case commerce.GroupText:
		return LaneText
	default:
		return LaneImages
	}
}

// Group is the group of a mark's lane.
func (l Lane) Group() commerce.Group {
	switch l {
	case LaneStock:
		return commerce.GroupStock
	case LanePrice:
		return commerce.GroupPrice
	case LaneText:
		return commerce.GroupText
	default:
		return commerce.GroupImages
	}
}

// Reserved says whether a lane may use the 30 % of a day's budget that is kept
// for stock, orders, shipments and replies.
func (l Lane) Reserved() bool {
	return l == LaneStock || l == LaneOrders || l == LaneShipment || l == LaneReply
}

// Quota is what a marketplace's answer said about a bucket.
type Quota struct {
	Bucket string
	Window time.Duration // 0: until Until only
	Limit  int64         // calls per window; 0 is unknown
	Left   int64         // calls left in it; -1 is unknown
	Until  time.Time     // the bucket is shut until then; zero is open
}

// Budgets hands out calls.
type Budgets interface {
	// Take pays one call from a bucket. A spent bucket is a fault of kind
	// RateLimited with RetryAfter and Scope.
	Take(ctx context.Context, bucket string, lane Lane) error
	// Learn corrects a bucket by what an answer said.
	Learn(ctx context.Context, q Quota) error
}

// Forecast is how one window of a budget stands, and how it goes on if calls
// are made as in the last hours.
type Forecast struct {
	Window      time.Duration
	Limit, Left int64
	// Spent is when nothing is left, and Kept when nothing is left but the
	// 30 % that urgent lanes keep; zero is not within the next window.
	Spent, Kept time.Time
}

// Forecaster is what Budgets may also be able to do.
type Forecaster interface {
	// Forecasts reads a bucket's windows of a day and longer; none when
	// nothing is known of it.
	Forecasts(ctx context.Context, bucket string) ([]Forecast, error)
}

// Booked says up to when the polls' part of a bucket is given away.
type Booked struct {
	Until   time.Time `json:"until"`
	Version int64     `json:"version"`
}

// Bookings keeps what is booked, across all processes.
type Bookings interface {
	// Booked answers the zero Booked when nothing is.
	Booked(ctx context.Context, bucket string) (Booked, error)
	// PutBooked stores b over its version.
	PutBooked(ctx context.Context, bucket string, b Booked) (Booked, error)
}

// Locks are held by one worker at a time, across all processes.
type Locks interface {
	// Lock takes key for ttl; a held lock is a fault of kind Conflict. The
	// token releases it.
	Lock(ctx context.Context, key string, ttl time.Duration) (token string, err error)
	// Unlock releases a lock if token still holds it.
	Unlock(ctx context.Context, key, token string) error
}

// Wakes keeps nudges from piling up where many ask for the same.
type Wakes interface {
	// Arrange notes that key is going to be looked at, at a time ahead. False
	// is that it will be, by then or sooner, since somebody has arranged that
	// before: who is told true has to see to it.
	Arrange(ctx context.Context, key string, at time.Time) (bool, error)
}

// Blobs keeps what is too large for a row or a message. Keys are paths of
// letters, digits, dot, dash, underscore and slash; tmp/ goes after a week.
type Blobs interface {
	PutBlob(ctx context.Context, key, contentType string, data []byte) error
	// Blob answers at most limit bytes; more is a fault of kind TooLarge.
	Blob(ctx context.Context, key string, limit int64) ([]byte, error)
	DeleteBlob(ctx context.Context, key string) error
	// UploadURL is an address the holder may PUT one object to until it ends.
	UploadURL(ctx context.Context, key, contentType string, limit int64, ttl time.Duration) (string, error)
	// DownloadURL is an address the holder may GET a blob from until it ends.
	DownloadURL(ctx context.Context, key string, ttl time.Duration) (string, error)
}

// Vault seals secrets at rest. What is sealed for one workspace and purpose
// opens for the same only.
type Vault interface {
	Seal(ctx context.Context, w commerce.WorkspaceID, purpose string, plain []byte) ([]byte, error)
	Open(ctx context.Context, w commerce.WorkspaceID, purpose string, sealed []byte) ([]byte, error)
	// Digest is a keyed HMAC-SHA256 of a personal value, for lookups.
	Digest(ctx context.Context, w commerce.WorkspaceID, value string) (string, error)
}

// Queue names. They are the logical ids of template.yaml.
const (
	InboundQueue  = "InboundQueue"
	NudgeQueue    = "NudgeQueue"
	OutboundQueue = "OutboundQueue"
	PollQueue     = "PollQueue"
	ImportQueue   = "ImportQueue"
)

// ProjectQueue stands for the table's stream in failure records; what is on
// its list is tried again by a repair.
const ProjectQueue = "project"

// Queues lists the names of all work queues.
func Queues() []string {
	return []string{InboundQueue, NudgeQueue, OutboundQueue, PollQueue, ImportQueue}
}

// Sender puts messages on queues.
type Sender interface {
	// Send encodes and sends messages, each after its delay (at most 15
	// minutes). All are accepted or an error says which were not.
	Send(ctx context.Context, queue string, messages ...Outgoing) error
}

// Outgoing is a message on its way to a queue.
type Outgoing struct {
	Body  any // one of the message types of this package
	Delay time.Duration
}

// QueueDesk is what the dashboard may do with queues.
type QueueDesk interface {
	QueueCounts(ctx context.Context) ([]QueueCount, error)
	// Bury moves a message to the dead-letter queue of its queue by sending
	// body there; the caller acknowledges the original.
	Bury(ctx context.Context, queue string, body []byte, reason string) error
	// Redrive moves the dead letters of a queue back to it.
	Redrive(ctx context.Context, queue string) error
}

// QueueCount is how full a queue is; the numbers are approximate.
type QueueCount struct {
	Name     string `json:"name"`
	Ready    int64  `json:"ready"`
	InFlight int64  `json:"in_flight"`
	Delayed  int64  `json:"delayed"`
	Dead     int64  `json:"dead"`
}

// MessageVersion is the version of all queue messages; a reader refuses a
// higher one for later.
const MessageVersion = 1

// Inbound is a message of InboundQueue: an event or an update of a
// marketplace. A body over 200 KB lies in a blob.
type Inbound struct {
	V       int                  `json:"v"`
	Kind    string               `json:"kind"` // event (channel.Event), update (channel.Update) or erase (Erasure)
	Channel commerce.Channel     `json:"channel"`
	Remote  commerce.RemoteID    `json:"remote"`              // account at the marketplace, of an event
	Space   commerce.WorkspaceID `json:"workspace,omitempty"` // of an update
	Account commerce.AccountID   `json:"account,omitempty"`   // of an update
	Body    json.RawMessage      `json:"body,omitempty"`
	Blob    string               `json:"blob,omitempty"`
	// FetchedAt is when we began to fetch an update, or received an event.
	FetchedAt time.Time `json:"fetched_at"`
}

// Erasure asks to delete what came through accounts: a person who had connected
// them wants it so. Code names the public key that holds its state.
type Erasure struct {
	Code     string       `json:"code"`
	Accounts []AccountRef `json:"accounts"` // still to be done
	Cursor   string       `json:"cursor,omitempty"`
}

// AccountRef names an account of any workspace.
type AccountRef struct {
	Space   commerce.WorkspaceID `json:"workspace"`
	ID      commerce.AccountID   `json:"account"`
	Channel commerce.Channel     `json:"channel"`
}

// ErasureState is where the key of an erasure says how far it is.
const (
	ErasureState   = "state"
	ErasureRunning = "running"
	ErasureDone    = "done"
)

// inboundInline is the largest body that travels inside a message; SQS takes
// 1 MiB and a batch of ten shares it.
const inboundInline = 90 << 10

// Carry gives a message its body: inside it, or in a blob named by newID when
// it is large.
func (m Inbound) Carry(ctx context.Context, blobs Blobs, newID func() string, body any) (Inbound, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return m, fmt.Errorf("encode what came in: %w", err)
	}
	if len(raw) <= inboundInline {
		m.Body = raw
		return m, nil
	}
	m.Blob = "tmp/inbound/" + newID()
	if err := blobs.PutBlob(ctx, m.Blob, "application/json", raw); err != nil {
		return m, fmt.Errorf("keep what came in: %w", err)
	}
	return m, nil
}

// Nudge is a message of NudgeQueue and OutboundQueue: look at this key.
type Nudge struct {
	V     int                  `json:"v"`
	Space commerce.WorkspaceID `json:"workspace"`
	Key   string               `json:"key"` // a target; a conversation or an order
	Hops  int                  `json:"hops,omitempty"`
}

// The tasks of PollQueue.
const (
	TaskPoll  = "poll"  // read what changed at an account
	TaskToken = "token" // renew the consent of a grant, which Account then names
)

// PollTask is a message of PollQueue: look after this account.
type PollTask struct {
	V       int                  `json:"v"`
	Space   commerce.WorkspaceID `json:"workspace"`
	Account commerce.AccountID   `json:"account"`
	Task    string               `json:"task"`
}

// JobTask is a message of ImportQueue: take the next step of this job.
type JobTask struct {
	V     int                  `json:"v"`
	Space commerce.WorkspaceID `json:"workspace"`
	Job   commerce.JobID       `json:"job"`
	Hops  int                  `json:"hops,omitempty"`
}

package commerce

import (
	"slices"
	"time"
)

// RequestKind says what is asked of an order that is placed.
type RequestKind string

// The kinds of requests.
const (
	RequestCancel  RequestKind = "cancel"
	RequestRefund  RequestKind = "refund"      // money back, the goods stay with the buyer
	RequestReturn  RequestKind = "return"      // goods back, then money
	RequestReplace RequestKind = "replacement" // other goods
)

// RequestState says how far a request has come.
type RequestState string

// The states of a request.
const (
	RequestOpen      RequestState = "open"      // the seller has to answer
	RequestWaiting   RequestState = "waiting"   // somebody else has to act
	RequestApproved  RequestState = "approved"  // granted, not yet carried out
	RequestRejected  RequestState = "rejected"  // by the seller
	RequestWithdrawn RequestState = "withdrawn" // by the buyer or the marketplace
	RequestClosed    RequestState = "closed"    // rejected or withdrawn: the marketplace does not say
	RequestDone      RequestState = "done"      // cancelled, refunded or replaced
	RequestOther     RequestState = "other"     // a state we do not know yet; see RawState
)

// Verdict is how a seller answers a request.
type Verdict string

// The verdicts. What a request takes just now stands in its Answers.
const (
	VerdictApprove Verdict = "approve"
	VerdictReject  Verdict = "reject"
	VerdictKeep    Verdict = "keep"   // refund a return, the buyer keeps the goods
	VerdictRefund  Verdict = "refund" // money instead of the replacement
	VerdictOffer   Verdict = "offer"  // part of the money, the buyer keeps the goods
	VerdictCancel  Verdict = "cancel" // the seller's own wish
)

// Request is a wish to undo a placed order, or part of it. It changes no stock:
// what is cancelled gives its pieces back when the order's lines say so, and
// what comes back in a parcel is counted by a person.
type Request struct {
	ID       string        `json:"id"`                  // stable within the order
	Remote   RemoteID      `json:"remote_id,omitempty"` // empty until the marketplace knows of it
	Kind     RequestKind   `json:"kind"`
	By       Party         `json:"by"` // who asks
	State    RequestState  `json:"state"`
	RawState string        `json:"raw_state,omitempty"` // the marketplace's own word
	Reason   string        `json:"reason,omitempty"`    // why, in words
	Lines    []RequestLine `json:"lines,omitempty"`     // empty means all
	Amount   Money         `json:"amount,omitzero"`     // to be refunded
	Tracking string        `json:"tracking,omitempty"`  // of the parcel that comes back
	AskedAt  time.Time     `json:"asked_at,omitzero"`
	// AnswerBy is when the marketplace decides by itself; zero when it does not
	// say, or nothing is to be answered.
	AnswerBy time.Time `json:"answer_by,omitzero"`
	// Answers are the verdicts the marketplace takes now.
	Answers []Verdict `json:"answers,omitempty"`
	// Reasons are what a rejection has to choose from; empty where words do.
	Reasons []Reason `json:"reasons,omitempty"`
	// Answer is the last one given here.
	Answer *Answer `json:"answer,omitempty"`
	// When it changed at the marketplace, and the start of the fetch that
	// brought it: newer wins.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	FetchedAt time.Time `json:"fetched_at,omitzero"`
}

// RequestLine is how many pieces of an order's line are meant.
type RequestLine struct {
	Line     string `json:"line"`
	Quantity int64  `json:"quantity"`
}

// Reason is one of the marketplace's own reasons.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Answer is what the seller decided here, and how far it has come on its way.
type Answer struct {
	ID      OutboundID `json:"id"`
	Verdict Verdict    `json:"verdict"`
	// To is the RawState it answers: a request that moved on may ask again.
	To      string    `json:"to,omitempty"`
	Reason  string    `json:"reason,omitempty"` // a code of Reasons, or words
	Comment string    `json:"comment,omitempty"`
	Amount  Money     `json:"amount,omitzero"` // of an offer
	State   SendState `json:"state"`
	Problem string    `json:"problem,omitempty"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at"`
}

// Asks says whether a request waits for the seller: it is open and has no
// answer that is on its way or was taken.
func (r Request) Asks() bool {
	return r.State == RequestOpen && (r.Answer == nil || r.Answer.State == SendFailed || r.Answer.To != r.RawState)
}

// Request finds a request of an order by its id; nil when there is none.
func (o *Order) Request(id string) *Request {
	i := slices.IndexFunc(o.Requests, func(r Request) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	return &o.Requests[i]
}

// Asked counts the requests that wait for the seller, and answers when the
// first of them is decided without one.
func (o Order) Asked() (n int64, by time.Time) {
	for _, r := range o.Requests {
		if !r.Asks() {
			continue
		}
		if n++; by.IsZero() || (!r.AnswerBy.IsZero() && r.AnswerBy.Before(by)) {
			by = r.AnswerBy
		}
	}
	return n, by
}

package simkit

import "context"

// Asker is a simulator whose buyers ask for something once they have ordered.
type Asker interface {
	// Ask lets the buyer of an order ask; it answers the id of the request.
	Ask(ctx context.Context, a Ask) (remoteID string, err error)
	// Withdraw lets the buyer take a request back.
	Withdraw(ctx context.Context, remoteID string) error
	// SendBack lets the buyer of an approved return send the goods.
	SendBack(ctx context.Context, remoteID, tracking string) error
	// Deliver lets the carrier deliver an order that was sent.
	Deliver(ctx context.Context, order string) error
}

// What a buyer can ask for.
const (
	AskCancel      = "cancel"
	AskRefund      = "refund"
	AskReturn      = "return"
	AskReplacement = "replacement"
)

// Ask is what a buyer asks for.
type Ask struct {
	Order string // remote id
	Kind  string
	Units []string // remote ids of its units; none means all
}

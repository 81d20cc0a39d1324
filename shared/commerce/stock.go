package commerce

import "time"

// LocationDefault is the location every workspace begins with.
const LocationDefault = "default"

// StockLevel is how many of a variant lie at a location. OnHand is the opening
// quantity plus the sum of all moves, and never below zero.
type StockLevel struct {
	Variant  VariantID `json:"variant"`
	Product  ProductID `json:"product"`
	SKU      SKU       `json:"sku"`
	Location string    `json:"location"`
	OnHand   int64     `json:"on_hand"`
	Version  int64     `json:"version"`
	// LastTarget is the target whose marketplace already shows this level by
	// itself, because the sale that caused it happened there.
	LastTarget TargetID `json:"last_target,omitempty"`
	// LastSale is when that sale was made: what was written there later has to
	// be written again.
	LastSale time.Time `json:"last_sale,omitzero"`
	// Import is the last import or edit that stated a quantity, and Stated that
	// quantity: the next one moves the level by the difference to it.
	Import    JobID     `json:"import,omitempty"`
	Stated    *int64    `json:"stated,omitempty"`
	UpdatedAt time.Time `json:"updated_at"`
}

// MoveReason says why a level changed.
type MoveReason string

// The reasons of a stock move.
const (
	MoveOpening MoveReason = "opening"
	MoveSale    MoveReason = "sale"
	MoveReturn  MoveReason = "cancel" // a cancelled unit gives back what it had been allocated
	MoveCount   MoveReason = "count"  // an import or a person counted
	MoveManual  MoveReason = "manual"
)

// StockMove is one entry of a variant's ledger.
type StockMove struct {
	ID       string     `json:"id"` // the same for the same cause: a replay writes nothing new
	Variant  VariantID  `json:"variant"`
	Location string     `json:"location"`
	Quantity int64      `json:"quantity"`        // signed change of on hand
	Short    int64      `json:"short,omitempty"` // demanded but not there: an oversell
	Reason   MoveReason `json:"reason"`
	Source   string     `json:"source"` // who or what: an order, an import, a person
	Channel  Channel    `json:"channel,omitempty"`
	Note     string     `json:"note,omitempty"`
	At       time.Time  `json:"at"`
	// Anchor is the time the ledger is sorted by. All moves of an order line
	// have the order's first sight, so that they stand, and are found, together.
	Anchor    time.Time `json:"anchor"`
	OnHand    int64     `json:"on_hand"` // the level after it
	OrderLine string    `json:"order_line,omitempty"`
}

package channel

import (
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// Rules are the limits of a marketplace that can be checked before a call.
// Zero means no limit. Lengths are in code points unless said otherwise.
type Rules struct {
	TitleMin, TitleMax             int
	DescriptionMin, DescriptionMax int
	TagsMax, TagMax                int
	MaterialsMax                   int
	ImagesMin, ImagesMax           int
	VariantsMax                    int
	OptionsMax                     int
	OptionNameMax, OptionValueMax  int
	SKUMax                         int
	// SKUForbidden lists characters a SKU must not contain.
	SKUForbidden string
	QuantityMax  int64
	PriceMin     map[string]int64 // per currency, in minor units
	PriceMax     map[string]int64
	// Values lists what an attribute may be: attribute -> allowed values.
	Values map[string][]string
	// SellsDown says that a sale lowers the quantity at the marketplace itself.
	SellsDown bool
	// Gather is the shortest time between two writes of one listing (Target
	// false) or of one target (Target true).
	Gather       time.Duration
	GatherTarget bool
	// Batch is how many listings are worth giving to one Apply, 1 at least, and
	// BatchVariants how many variants they may have together; 0 is no limit.
	Batch, BatchVariants int
	// Feed says that the marketplace can fetch a file instead of being called.
	Feed bool
	// PublishCosts says that going live costs money, so draft is the default.
	PublishCosts bool
	// Poll is the shortest time between two polls.
	Poll  time.Duration
	Reply ReplyRules
	// Check finds what the fields above can't say. now is for rules that roll
	// with the calendar.
	Check func(p commerce.Product, d commerce.Defaults, now time.Time) []commerce.Problem
}

// ReplyRules limit what may be sent to a buyer.
type ReplyRules struct {
	MaxRunes int
	MaxBytes int
	// Window is how long after the buyer's last message a reply is allowed;
	// HumanWindow is the longer one for text a person typed.
	Window      time.Duration
	HumanWindow time.Duration
}

package commerce

// Channel is where a buyer meets the seller.
type Channel string

// The channels. Meta means that an order came through a Meta shop whose
// surface is unknown; Own is the seller's own shop without Meta evidence.
const (
	Etsy      Channel = "etsy"
	TikTok    Channel = "tiktok"
	Facebook  Channel = "facebook"
	Instagram Channel = "instagram"
	Meta      Channel = "meta"
	Own       Channel = "own"
)

// Problem is a refusal a seller can act on. It never holds buyers' data.
type Problem struct {
	Channel Channel `json:"channel,omitempty"`
	Rule    string  `json:"rule"`              // stable, e.g. "title_too_long"
	Field   string  `json:"field,omitempty"`   // path in our product, e.g. "variants[2].sku"
	Value   string  `json:"value,omitempty"`   // what was found, cut to 200 characters
	Allowed string  `json:"allowed,omitempty"` // what would be accepted
	Fix     string  `json:"fix"`               // one sentence that says what to do
	Raw     string  `json:"raw,omitempty"`     // the marketplace's own answer, cut to 500 characters
}

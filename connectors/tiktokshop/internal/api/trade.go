package api

// Order is one order. Amounts are decimal strings in the order's currency,
// times Unix seconds.
type Order struct {
	ID           ID         `json:"id"`
	Status       string     `json:"status"`
	User         ID         `json:"user_id"`
	Email        string     `json:"buyer_email"`
	Message      string     `json:"buyer_message"`
	Created      Int        `json:"create_time"`
	Updated      Int        `json:"update_time"`
	ShippingType string     `json:"shipping_type"` // TIKTOK, SELLER
	Delivery     ID         `json:"delivery_option_id"`
	ReadyBy      Int        `json:"rts_sla_time"`
	HandOverBy   Int        `json:"tts_sla_time"`
	DueBy        Int        `json:"shipping_due_time"`
	CancelAsked  bool       `json:"is_buyer_request_cancel"`
	Payment      Payment    `json:"payment"`
	Recipient    *Recipient `json:"recipient_address"`
	Lines        []Line     `json:"line_items"`
}

// Payment is what the buyer pays.
type Payment struct {
	Currency         string `json:"currency"`
	Subtotal         string `json:"sub_total"`
	Shipping         string `json:"shipping_fee"`
	Tax              string `json:"tax"`
	Total            string `json:"total_amount"`
	SellerDiscount   string `json:"seller_discount"`
	PlatformDiscount string `json:"platform_discount"`
}

// Line is one unit: there is no quantity.
type Line struct {
	ID           ID     `json:"id"`
	SKU          ID     `json:"sku_id"`
	Product      ID     `json:"product_id"`
	SellerSKU    string `json:"seller_sku"`
	Name         string `json:"product_name"`
	Variant      string `json:"sku_name"`
	Price        string `json:"sale_price"`
	Currency     string `json:"currency"`
	Status       string `json:"display_status"`
	Package      ID     `json:"package_id"`
	Tracking     string `json:"tracking_number"`
	ProviderID   ID     `json:"shipping_provider_id"`
	ProviderName string `json:"shipping_provider_name"`
	Shipped      Int    `json:"rts_time"`
}

// Recipient is where to send it; anything may be masked with asterisks.
type Recipient struct {
	Name      string `json:"name"`
	First     string `json:"first_name"`
	Last      string `json:"last_name"`
	Phone     string `json:"phone_number"`
	Line1     string `json:"address_line1"`
	Line2     string `json:"address_line2"`
	Line3     string `json:"address_line3"`
	Line4     string `json:"address_line4"`
	Detail    string `json:"address_detail"`
	Postal    string `json:"postal_code"`
	Region    string `json:"region_code"`
	PostTown  string `json:"post_town"`
	Districts []struct {
		Level string `json:"address_level"`
		Kind  string `json:"address_level_name"`
		Name  string `json:"address_name"`
	} `json:"district_info"`
}

// OrderSearch is the filter of an order search; times are Unix seconds.
type OrderSearch struct {
	UpdatedGE int64 `json:"update_time_ge,omitempty"`
	UpdatedLT int64 `json:"update_time_lt,omitempty"`
}

// Provider is a carrier.
type Provider struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

// Parcel is what a seller ships with a carrier of their own.
type Parcel struct {
	Lines    []string `json:"order_line_item_ids,omitempty"`
	Tracking string   `json:"tracking_number"`
	Provider string   `json:"shipping_provider_id"`
}

// Conversation is one chat.
type Conversation struct {
	ID           ID            `json:"id"`
	CanSend      bool          `json:"can_send_message"`
	Participants []Participant `json:"participants"`
	Latest       *Message      `json:"latest_message"`
}

// Participant is who takes part in a chat.
type Participant struct {
	Role     string `json:"role"`
	User     ID     `json:"user_id"`
	IMUser   ID     `json:"im_user_id"`
	Nickname string `json:"nickname"`
}

// Message is one message of a chat. Content is JSON inside a string.
type Message struct {
	ID      ID          `json:"id"`
	Type    string      `json:"type"`
	Content string      `json:"content"`
	Created Int         `json:"create_time"`
	Visible *bool       `json:"is_visible"`
	Index   ID          `json:"index"`
	Sender  Participant `json:"sender"`
}

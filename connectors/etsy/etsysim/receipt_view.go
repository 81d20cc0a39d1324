package etsysim

import (
	"strings"
	"time"
)

// receiptView is Etsy's ShopReceipt.
type receiptView struct {
	ReceiptID        int64      `json:"receipt_id"`
	Type             int        `json:"receipt_type"`
	SellerUserID     int64      `json:"seller_user_id"`
	SellerEmail      *string    `json:"seller_email"`
	BuyerUserID      int64      `json:"buyer_user_id"`
	BuyerEmail       *string    `json:"buyer_email"`
	Name             string     `json:"name"`
	FirstLine        *string    `json:"first_line"`
	SecondLine       *string    `json:"second_line"`
	City             *string    `json:"city"`
	State            *string    `json:"state"`
	Zip              *string    `json:"zip"`
	Status           string     `json:"status"`
	FormattedAddress *string    `json:"formatted_address"`
	Country          *string    `json:"country_iso"`
	PaymentMethod    string     `json:"payment_method"`
	PaymentEmail     *string    `json:"payment_email"`
	FromSeller       *string    `json:"message_from_seller"`
	FromBuyer        *string    `json:"message_from_buyer"`
	FromPayment      *string    `json:"message_from_payment"`
	Paid             bool       `json:"is_paid"`
	Shipped          bool       `json:"is_shipped"`
	CreateTimestamp  int64      `json:"create_timestamp"`
	CreatedTimestamp int64      `json:"created_timestamp"`
	UpdateTimestamp  int64      `json:"update_timestamp"`
	UpdatedTimestamp int64      `json:"updated_timestamp"`
	Gift             bool       `json:"is_gift"`
	GiftMessage      string     `json:"gift_message"`
	GiftSender       string     `json:"gift_sender"`
	GrandTotal       money      `json:"grandtotal"`
	Subtotal         money      `json:"subtotal"`
	TotalPrice       money      `json:"total_price"`
	TotalShipping    money      `json:"total_shipping_cost"`
	TotalTax         money      `json:"total_tax_cost"`
	TotalVAT         money      `json:"total_vat_cost"`
	Discount         money      `json:"discount_amt"`
	GiftWrap         money      `json:"gift_wrap_price"`
	Shipments        []shipment `json:"shipments"`
	Transactions     []lineView `json:"transactions"`
	Refunds          []refund   `json:"refunds"`
}

// lineView is Etsy's ShopReceiptTransaction.
type lineView struct {
	TransactionID    int64           `json:"transaction_id"`
	Title            string          `json:"title"`
	Description      string          `json:"description"`
	SellerUserID     int64           `json:"seller_user_id"`
	BuyerUserID      int64           `json:"buyer_user_id"`
	CreateTimestamp  int64           `json:"create_timestamp"`
	CreatedTimestamp int64           `json:"created_timestamp"`
	Paid             *int64          `json:"paid_timestamp"`
	Shipped          *int64          `json:"shipped_timestamp"`
	Quantity         int64           `json:"quantity"`
	ImageID          *int64          `json:"listing_image_id"`
	ReceiptID        int64           `json:"receipt_id"`
	Digital          bool            `json:"is_digital"`
	FileData         string          `json:"file_data"`
	ListingID        int64           `json:"listing_id"`
	Type             string          `json:"transaction_type"`
	ProductID        int64           `json:"product_id"`
	SKU              string          `json:"sku"`
	Price            money           `json:"price"`
	ShippingCost     money           `json:"shipping_cost"`
	Variations       []variationView `json:"variations"`
	ProductData      []propertyValue `json:"product_data"`
	ShippingProfile  *int64          `json:"shipping_profile_id"`
	MinDays          int64           `json:"min_processing_days"`
	MaxDays          int64           `json:"max_processing_days"`
	Method           *string         `json:"shipping_method"`
	Upgrade          *string         `json:"shipping_upgrade"`
	ExpectedShip     int64           `json:"expected_ship_date"`
	BuyerCoupon      int64           `json:"buyer_coupon"`
	ShopCoupon       int64           `json:"shop_coupon"`
}

// variationView is Etsy's TransactionVariations.
type variationView struct {
	PropertyID int64  `json:"property_id"`
	ValueID    *int64 `json:"value_id"`
	Name       string `json:"formatted_name"`
	Value      string `json:"formatted_value"`
	QuestionID *int64 `json:"question_id"`
}

// refund is Etsy's ShopRefund.
type refund struct {
	Amount  money   `json:"amount"`
	Created int64   `json:"created_timestamp"`
	Reason  *string `json:"reason"`
	Note    *string `json:"note_from_issuer"`
	Status  *string `json:"status"`
}

func (s *Sim) receiptView(r *receipt) receiptView {
	subtotal := r.subtotal()
	v := receiptView{
		ReceiptID: r.ID, SellerUserID: s.shop.UserID, BuyerUserID: r.BuyerID, Name: r.Buyer,
		Status: s.Doubts.status(r.Status), PaymentMethod: "cc", Paid: r.Paid, Shipped: r.Shipped,
		CreateTimestamp: r.Created, CreatedTimestamp: r.Created, UpdateTimestamp: r.Updated, UpdatedTimestamp: r.Updated,
		GrandTotal: usd(subtotal + shippingCost), Subtotal: usd(subtotal), TotalPrice: usd(subtotal),
		TotalShipping: usd(shippingCost), TotalTax: usd(0), TotalVAT: usd(0), Discount: usd(0), GiftWrap: usd(0),
		Shipments: list(r.Parcels), Transactions: []lineView{}, Refunds: []refund{},
	}
	if r.Note != "" {
		v.FromBuyer = &r.Note
	}
	if !s.Restricted {
		v.address(r.Buyer)
	}
	for i := range r.Lines {
		v.Transactions = append(v.Transactions, s.lineView(r, &r.Lines[i]))
	}
	for _, p := range r.Refunded {
		v.Refunds = append(v.Refunds, refund{Amount: usd(p.Amount), Created: p.At, Reason: ptr(p.Reason), Status: ptr("success")})
	}
	v.Gift, v.GiftMessage = r.Gift != "", r.Gift
	return v
}

// address is where every buyer of the demo shop lives.
func (v *receiptView) address(buyer string) {
	v.FirstLine, v.City, v.State, v.Zip, v.Country = ptr("19 Elm Street"), ptr("Brooklyn"), ptr("NY"), ptr("11201"), ptr("US")
	v.FormattedAddress = ptr(strings.Join([]string{buyer, "19 Elm Street", "BROOKLYN, NY 11201", "United States"}, "\n"))
}

func (s *Sim) lineView(r *receipt, l *line) lineView {
	v := lineView{
		TransactionID: l.ID, Title: l.Title, Description: l.About, SellerUserID: s.shop.UserID, BuyerUserID: r.BuyerID,
		CreateTimestamp: r.Created, CreatedTimestamp: r.Created, Shipped: l.Shipped, Quantity: l.Quantity,
		ImageID: l.ImageID, ReceiptID: r.ID, ListingID: l.ListingID, Type: "listing", ProductID: l.ProductID, SKU: l.SKU,
		Price: s.Doubts.price(l), ShippingCost: usd(shippingCost), Variations: []variationView{}, ProductData: list(l.Values),
		ShippingProfile: l.Profile, MinDays: l.MinDays, MaxDays: l.MaxDays,
		ExpectedShip: r.Created + l.MaxDays*int64(24*time.Hour/time.Second),
	}
	if r.Paid {
		v.Paid = ptr(r.Created)
	}
	for _, value := range l.Values {
		v.Variations = append(v.Variations, variationView{
			PropertyID: value.PropertyID, ValueID: ptr(value.ValueIDs[0]), Name: *value.PropertyName, Value: value.Values[0],
		})
	}
	for _, a := range l.Answers {
		v.Variations = append(v.Variations, variationView{PropertyID: personalizationID, Name: a.Name, Value: a.Value, QuestionID: ptr(a.Question)})
	}
	return v
}

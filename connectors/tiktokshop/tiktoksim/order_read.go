package tiktoksim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

type orderFilter struct {
	Status     string   `json:"order_status"`
	CreatedGE  int64    `json:"create_time_ge"`
	CreatedLT  int64    `json:"create_time_lt"`
	UpdatedGE  int64    `json:"update_time_ge"`
	UpdatedLT  int64    `json:"update_time_lt"`
	Shipping   string   `json:"shipping_type"`
	Buyer      string   `json:"buyer_user_id"`
	Request    *bool    `json:"is_buyer_request_cancel"`
	Warehouses []string `json:"warehouse_ids"`
}

func searchOrders(c *call) (any, error) {
	size, err := pageSize(c, 1, 100, 20)
	if err != nil {
		return nil, err
	}
	field, down, err := sorting(c, true, "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	in, err := decode[orderFilter](c)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	found := []*order{}
	err = simkit.Each(c.tx, "order", "", func(_ string, o order) bool {
		if in.match(&o) {
			found = append(found, &o)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, found, size, down, func(o *order) string {
		if field == "update_time" {
			return timeKey(o.Updated, o.ID)
		}
		return timeKey(o.Created, o.ID)
	})
	list := []object{}
	for _, o := range rows {
		list = append(list, c.orderView(o))
	}
	return object{"orders": list, "total_count": len(found), "next_page_token": next}, err
}

func timeKey(at int64, id string) string { return fmt.Sprintf("%012d/%020s", at, id) }

func sortAndPage[T any](c *call, rows []T, size int, down bool, key func(T) string) ([]T, string, error) {
	after := ascending
	if down {
		after = descending
	}
	slices.SortFunc(rows, func(a, b T) int {
		if down {
			a, b = b, a
		}
		return strings.Compare(key(a), key(b))
	})
	return page(c, rows, size, key, after)
}

func (f orderFilter) check() error {
	statuses := []string{unpaid, onHold, awaitingShipment, partiallyShipping, awaitingCollection, inTransit, delivered, completed, cancelled}
	if f.Status != "" && !slices.Contains(statuses, f.Status) {
		return invalid("param body.order_status is invalid")
	}
	if len(f.Warehouses) > 100 {
		return invalid("param body.warehouse_ids is invalid: at most 100 are accepted")
	}
	return nil
}

func (f orderFilter) match(o *order) bool {
	switch {
	case f.Status != "" && o.Status != f.Status,
		f.Shipping != "" && o.Shipping != f.Shipping,
		f.Buyer != "" && o.Buyer.UserID != f.Buyer,
		f.Request != nil && o.Request != *f.Request,
		f.Warehouses != nil && !slices.Contains(f.Warehouses, o.Warehouse):
		return false
	}
	return within(o.Created, f.CreatedGE, f.CreatedLT) && within(o.Updated, f.UpdatedGE, f.UpdatedLT)
}

func within(at, from, until int64) bool {
	return (from == 0 || at >= from) && (until == 0 || at < until)
}

// orderDetail answers for at most 50 ids; unknown ones are left out.
func orderDetail(c *call) (any, error) {
	text := c.query.Get("ids")
	if text == "" {
		return nil, invalid("param query.ids is missing")
	}
	ids := strings.Split(text, ",")
	if len(ids) > 50 {
		return nil, invalid("param query.ids is invalid: at most 50 are accepted")
	}
	list := []object{}
	for _, id := range ids {
		var o order
		known, err := c.tx.Find("order", strings.TrimSpace(id), &o)
		if err != nil {
			return nil, err
		}
		if known {
			list = append(list, c.orderView(&o))
		}
	}
	if len(list) == 0 {
		return nil, reject(21008111, "The order does not belong to the current seller.")
	}
	return object{"orders": list}, nil
}

func (c *call) orderView(o *order) object {
	lines, packages, total := []object{}, []object{}, int64(0)
	for _, l := range o.Lines {
		lines = append(lines, l.view())
		total += l.Cents
		if id := (object{"id": l.Package}); l.Package != "" && !slices.ContainsFunc(packages, func(p object) bool { return p["id"] == id["id"] }) {
			packages = append(packages, id)
		}
	}
	out := object{
		"id": o.ID, "user_id": o.Buyer.UserID, "status": o.Status, "buyer_message": o.Note, "create_time": o.Created, "update_time": o.Updated,
		"fulfillment_type": "FULFILLMENT_BY_SELLER", "shipping_type": o.Shipping, "delivery_type": "HOME_DELIVERY", "delivery_option_id": c.shop.Delivery,
		"delivery_option_name": deliveryName, "warehouse_id": o.Warehouse, "line_items": lines, "packages": packages, "payment": payment(total),
		"is_cod": false, "is_sample_order": false, "is_replacement_order": false, "is_exchange_order": false, "is_on_hold_order": o.Held,
		"is_buyer_request_cancel": o.Request, "has_updated_recipient_address": false, "buyer_email": o.Buyer.relay(), "order_type": "NORMAL",
		"payment_method_name": "Credit card", "commerce_platform": "TIKTOK_SHOP",
	}
	for name, at := range map[string]int64{
		"paid_time": o.Paid, "rts_time": o.Shipped, "collection_time": o.Collected, "delivery_time": o.Delivered, "cancel_time": o.Cancelled,
	} {
		if at > 0 {
			out[name] = at
		}
	}
	if o.Paid > 0 {
		out["rts_sla_time"], out["tts_sla_time"], out["shipping_due_time"] = o.Paid+2*86400, o.Paid+3*86400, o.Paid+4*86400
		out["cancel_order_sla_time"] = o.Paid + 4*86400
	}
	if last := o.Lines[len(o.Lines)-1]; last.Tracking != "" {
		name, _ := providerName(last.Provider)
		out["tracking_number"], out["shipping_provider_id"], out["shipping_provider"] = last.Tracking, last.Provider, name
	}
	if o.Initiator != "" {
		out["cancellation_initiator"], out["cancel_reason"] = o.Initiator, o.Reason
	}
	if o.Status != unpaid && o.Status != onHold {
		out["recipient_address"] = o.recipient(c.now)
	}
	return out
}

// payment: the simulator knows neither discounts nor taxes and ships for free.
func payment(total int64) object {
	sum := printCents(total)
	return object{
		"currency": "USD", "sub_total": sum, "total_amount": sum, "original_total_product_price": sum, "shipping_fee": "0.00",
		"original_shipping_fee": "0.00", "seller_discount": "0.00", "platform_discount": "0.00", "shipping_fee_seller_discount": "0.00",
		"shipping_fee_platform_discount": "0.00", "shipping_fee_cofunded_discount": "0.00", "tax": "0.00", "product_tax": "0.00",
		"shipping_fee_tax": "0.00", "retail_delivery_fee": "0.00",
	}
}

func (l line) view() object {
	amount := printCents(l.Cents)
	out := object{
		"id": l.ID, "sku_id": l.SKU, "product_id": l.Product, "seller_sku": l.SellerSKU, "product_name": l.Title, "sku_name": l.Variant,
		"sku_image": l.Image, "original_price": amount, "sale_price": amount, "seller_discount": "0.00", "platform_discount": "0.00",
		"currency": "USD", "display_status": l.Status, "is_gift": false, "package_status": l.packageStatus(),
	}
	if l.Package != "" {
		out["package_id"] = l.Package
	}
	if l.Tracking != "" {
		name, _ := providerName(l.Provider)
		out["tracking_number"], out["shipping_provider_id"], out["shipping_provider_name"], out["rts_time"] = l.Tracking, l.Provider, name, l.Shipped
	}
	if l.Canceller != "" {
		out["cancel_user"], out["cancel_reason"] = l.Canceller, l.Reason
	}
	return out
}

func (l line) packageStatus() string {
	switch l.Status {
	case awaitingCollection:
		return "PROCESSING"
	case inTransit:
		return "FULFILLING"
	case delivered, completed:
		return "COMPLETED"
	case cancelled:
		return "CANCELLED"
	}
	return "TO_FULFILL"
}

// recipient masks what the US rules mask: everything personal once the order is
// cancelled or completed for 30 days (since 2025-07-21), and always when the
// platform ships (announced 2026-07-02).
func (o *order) recipient(now time.Time) object {
	old := o.Completed > 0 && now.Sub(time.Unix(o.Completed, 0)) >= 30*24*time.Hour
	hide := o.Status == cancelled || old || o.Shipping == "TIKTOK"
	mask := func(text string) string {
		if !hide || text == "" {
			return text
		}
		return text[:1] + strings.Repeat("*", 5)
	}
	first, last, _ := strings.Cut(o.Buyer.Name, " ")
	address := o.Buyer.address()
	return object{
		"name": mask(o.Buyer.Name), "first_name": mask(first), "last_name": mask(last), "phone_number": maskPhone(o.Buyer.phone(), hide),
		"region_code": "US", "postal_code": mask("97209"), "address_line1": mask(address), "address_line2": "",
		"address_detail": mask(address), "full_address": mask(address + ", Portland, Multnomah, Oregon 97209, United States"),
		"district_info": []object{
			{"address_level": "L0", "address_level_name": "Country", "address_name": "United States"},
			{"address_level": "L1", "address_level_name": "State", "address_name": "Oregon"},
			{"address_level": "L2", "address_level_name": "County", "address_name": "Multnomah"},
			{"address_level": "L3", "address_level_name": "City", "address_name": mask("Portland")},
		},
	}
}

func maskPhone(phone string, hide bool) string {
	if !hide {
		return phone
	}
	return phone[:6] + "*****" + phone[len(phone)-2:]
}

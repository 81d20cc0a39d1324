package tiktoksim

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

type cancelFilter struct {
	IDs       []string `json:"cancel_ids"`
	Orders    []string `json:"order_ids"`
	Statuses  []string `json:"cancel_status"`
	CreatedGE int64    `json:"create_time_ge"`
	CreatedLT int64    `json:"create_time_lt"`
	UpdatedGE int64    `json:"update_time_ge"`
	UpdatedLT int64    `json:"update_time_lt"`
}

func (f cancelFilter) match(id, order, status string, created, updated int64) bool {
	return (f.IDs == nil || slices.Contains(f.IDs, id)) && (f.Orders == nil || slices.Contains(f.Orders, order)) &&
		(f.Statuses == nil || slices.Contains(f.Statuses, status)) &&
		within(created, f.CreatedGE, f.CreatedLT) && within(updated, f.UpdatedGE, f.UpdatedLT)
}

func searchCancellations(c *call) (any, error) {
	size, err := pageSize(c, 1, 50, 10)
	if err != nil {
		return nil, err
	}
	field, down, err := sorting(c, false, "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	in, err := decode[cancelFilter](c)
	if err != nil {
		return nil, err
	}
	found := []cancellation{}
	err = simkit.Each(c.tx, "cancel", "", func(_ string, n cancellation) bool {
		if in.match(n.ID, n.Order, n.Status, n.Created, n.Updated) {
			found = append(found, n)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, found, size, down, func(n cancellation) string {
		if field == "update_time" {
			return timeKey(n.Updated, n.ID)
		}
		return timeKey(n.Created, n.ID)
	})
	if err != nil {
		return nil, err
	}
	list := []object{}
	for _, n := range rows {
		view, err := c.cancelView(n)
		if err != nil {
			return nil, err
		}
		list = append(list, view)
	}
	return object{"cancellations": list, "total_count": len(found), "next_page_token": next}, nil
}

func (c *call) cancelView(n cancellation) (object, error) {
	o, err := loadOrder(c.tx, n.Order)
	if err != nil {
		return nil, err
	}
	lines, total := []object{}, int64(0)
	for _, l := range o.Lines {
		if !slices.Contains(n.Lines, l.ID) {
			continue
		}
		total += l.Cents
		lines = append(lines, object{
			"cancel_line_item_id": l.ID, "order_line_item_id": l.ID, "sku_id": l.SKU, "sku_name": l.Variant, "product_name": l.Title,
			"seller_sku": l.SellerSKU, "refund_amount": refund(l.Cents),
		})
	}
	kind := "CANCEL"
	actions := []object{}
	if n.Role == "BUYER" {
		kind = "BUYER_CANCEL"
	}
	if n.Status == cancelPending {
		actions = append(actions, object{"action": "SELLER_RESPOND_CANCEL", "deadline": n.Created + cancelDays*86400})
	}
	return object{
		"cancel_id": n.ID, "order_id": n.Order, "cancel_type": kind, "cancel_status": n.Status, "role": n.Role, "cancel_reason": n.Reason,
		"cancel_reason_text": reasonText(n.Reason), "create_time": n.Created, "update_time": n.Updated,
		"seller_next_action_response": actions, "refund_amount": refund(total), "cancel_line_items": lines,
	}, nil
}

func refund(total int64) object {
	sum := printCents(total)
	return object{"currency": "USD", "refund_total": sum, "refund_subtotal": sum, "refund_shipping_fee": "0.00", "refund_tax": "0.00"}
}

// reasonText is a reason's name in words.
func reasonText(name string) string {
	if _, after, ok := strings.Cut(name, "_reason_"); ok {
		name = after
	}
	words := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}

package tiktoksim

import (
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

type parcelFilter struct {
	Status    string `json:"package_status"`
	CreatedGE int64  `json:"create_time_ge"`
	CreatedLT int64  `json:"create_time_lt"`
	UpdatedGE int64  `json:"update_time_ge"`
	UpdatedLT int64  `json:"update_time_lt"`
}

func searchPackages(c *call) (any, error) {
	size, err := pageSize(c, 1, 50, 0)
	if err != nil {
		return nil, err
	}
	field, down, err := sorting(c, true, "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	in, err := decode[parcelFilter](c)
	if err != nil {
		return nil, err
	}
	if in.Status != "" && !slices.Contains([]string{"PROCESSING", "FULFILLING", "COMPLETED", "CANCELLED"}, in.Status) {
		return nil, invalid("param body.package_status is invalid")
	}
	found := []parcel{}
	err = simkit.Each(c.tx, "package", "", func(_ string, p parcel) bool {
		if (in.Status == "" || p.Status == in.Status) && within(p.Created, in.CreatedGE, in.CreatedLT) && within(p.Updated, in.UpdatedGE, in.UpdatedLT) {
			found = append(found, p)
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	rows, next, err := sortAndPage(c, found, size, down, func(p parcel) string {
		if field == "update_time" {
			return timeKey(p.Updated, p.ID)
		}
		return timeKey(p.Created, p.ID)
	})
	list := []object{}
	for _, p := range rows {
		name, _ := providerName(p.Provider)
		list = append(list, object{
			"id": p.ID, "orders": []object{{"id": p.Order}}, "create_time": p.Created, "update_time": p.Updated, "status": p.Status,
			"tracking_number": p.Tracking, "shipping_provider_name": name, "shipping_provider_id": p.Provider, "order_line_item_ids": p.Lines,
		})
	}
	return object{"packages": list, "total_count": len(found), "next_page_token": next}, err
}

func onePackage(c *call) (any, error) {
	p, err := c.loadParcel()
	if err != nil {
		return nil, err
	}
	o, err := loadOrder(c.tx, p.Order)
	if err != nil {
		return nil, err
	}
	skus := set(nil)
	for _, l := range o.Lines {
		if slices.Contains(p.Lines, l.ID) {
			skus[l.SKU] = true
		}
	}
	tag := "BUYER_UNNOTED"
	if o.Note != "" {
		tag = "BUYER_NOTED"
	}
	recipient := o.recipient(c.now)
	for _, name := range []string{"first_name", "last_name", "district_info"} {
		delete(recipient, name) // a package prints the short form
	}
	name, _ := providerName(p.Provider)
	out := object{
		"package_id": p.ID, "orders": []object{{"id": p.Order}}, "package_status": p.Status, "split_and_combine_tag": "DEFAULT",
		"has_multi_skus": len(skus) > 1, "note_tag": tag, "shipping_provider_name": name, "shipping_provider_id": p.Provider,
		"shipping_type": p.Shipping, "delivery_option_name": deliveryName, "delivery_option_id": c.shop.Delivery, "tracking_number": p.Tracking,
		"create_time": p.Created, "update_time": p.Updated, "order_line_item_ids": p.Lines, "recipient_address": recipient,
	}
	if p.Handover != "" {
		out["handover_method"] = p.Handover
	}
	return out, nil
}

// orderTracking tells the journey; its times are in milliseconds, unlike all
// others.
func orderTracking(c *call) (any, error) {
	o, err := loadOrder(c.tx, c.req.PathValue("order_id"))
	if err != nil {
		return nil, err
	}
	list := []object{}
	add := func(what string, at int64) {
		if at > 0 {
			list = append(list, object{"description": what, "update_time_millis": at * 1000})
		}
	}
	add("The package has been delivered.", o.Delivered)
	add("The carrier has picked up the package.", o.Collected)
	add("The seller has prepared the package.", o.Shipped)
	return object{"tracking": list}, nil
}

// trackings lists what a buyer would see, as "carrier code".
func (o *order) trackings() []string {
	list := []string{}
	for _, l := range o.Lines {
		if l.Tracking == "" {
			continue
		}
		name, _ := providerName(l.Provider)
		if text := strings.TrimSpace(name + " " + l.Tracking); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

package etsysim

import "slices"

// variationImage ties an image to a value of one property.
type variationImage struct {
	PropertyID int64   `json:"property_id"`
	ValueID    int64   `json:"value_id"`
	Value      *string `json:"value"`
	ImageID    int64   `json:"image_id"`
}

type variationImagesBody struct {
	All *[]struct {
		PropertyID *int64 `json:"property_id"`
		ValueID    *int64 `json:"value_id"`
		ImageID    *int64 `json:"image_id"`
	} `json:"variation_images"`
}

func variationImages(c *call) (reply, error) {
	l, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	return ok(page{len(l.VariationImages), list(l.VariationImages)})
}

// putVariationImages replaces all of them.
func putVariationImages(c *call) (reply, error) {
	old, err := c.ownListing()
	if err != nil {
		return reply{}, err
	}
	var body variationImagesBody
	if err := c.decode(&body, false); err != nil {
		return reply{}, err
	}
	if body.All == nil {
		return reply{}, invalid("Missing required parameter: 'variation_images'")
	}
	l := old
	l.VariationImages = nil
	for _, b := range *body.All {
		if b.PropertyID == nil || b.ValueID == nil || b.ImageID == nil {
			return reply{}, invalid("variation_images: property_id, value_id and image_id are required")
		}
		v := variationImage{PropertyID: *b.PropertyID, ValueID: *b.ValueID, ImageID: *b.ImageID}
		if err := l.link(v); err != nil {
			return reply{}, err
		}
	}
	l.Modified = c.unix()
	if err := saveListing(c.tx, &old, &l); err != nil {
		return reply{}, err
	}
	return ok(page{len(l.VariationImages), list(l.VariationImages)})
}

func (l *listing) link(v variationImage) error {
	for _, other := range l.VariationImages {
		if other.PropertyID != v.PropertyID {
			return invalid("variation_images: images can be tied to one property only")
		}
		if other.ValueID == v.ValueID {
			return invalid("variation_images: value %d is listed twice", v.ValueID)
		}
	}
	if !slices.ContainsFunc(l.Images, func(p placedImage) bool { return p.ID == v.ImageID }) {
		return invalid("variation_images: image %d is not on this listing", v.ImageID)
	}
	for _, p := range l.Inventory.Products {
		for _, value := range p.Values {
			if value.PropertyID == v.PropertyID && value.ValueIDs[0] == v.ValueID {
				v.Value = &value.Values[0]
				l.VariationImages = append(l.VariationImages, v)
				return nil
			}
		}
	}
	return invalid("variation_images: property %d with value %d is not on this listing", v.PropertyID, v.ValueID)
}

package etsy

import (
	"context"
	"fmt"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// What a product, or else its account, may name by Etsy's number. The names are
// those of the attributes.
const (
	shippingProfile   = "shipping_profile"
	returnPolicy      = "return_policy"
	processingProfile = "processing_profile"
)

// chosen is the profile a product has, or else its account; field says where it
// is named. It is empty where nobody chose.
func chosen(p commerce.Product, d commerce.Defaults, name string) (id commerce.RemoteID, field string) {
	if own := p.Attributes[name]; own != "" {
		return commerce.RemoteID(own), "attributes." + name
	}
	byAccount := map[string]commerce.RemoteID{shippingProfile: d.ShippingProfile, returnPolicy: d.ReturnPolicy, processingProfile: d.Processing}
	return byAccount[name], "defaults." + name
}

// profileFields name the profiles as a form of a listing does. The processing
// profile belongs to the inventory.
func profileFields() map[string]string {
	return map[string]string{"shipping_profile_id": shippingProfile, "return_policy_id": returnPolicy}
}

// checkChosen wants numbers: Etsy knows profiles by nothing else.
func checkChosen(p commerce.Product, d commerce.Defaults) []commerce.Problem {
	var found []commerce.Problem
	for _, kind := range []struct{ attribute, name string }{
		{shippingProfile, "shipping profile"}, {returnPolicy, "return policy"}, {processingProfile, "processing profile"},
	} {
		if id, field := chosen(p, d, kind.attribute); id != "" && numeric(id) == 0 {
			found = append(found, commerce.Problem{Rule: kind.attribute + "_not_allowed", Field: field, Value: channel.Cut(string(id)), Allowed: "the number Etsy has for a " + kind.name + " of the shop",
				Fix: fmt.Sprintf("Name the %s by its number on Etsy, or leave it empty: then the shop's first one is used.", kind.name)})
		}
	}
	return found
}

// ownProfile is the processing profile that was chosen here; 0 is none.
func (w *work) ownProfile() int64 {
	id, _ := chosen(w.p, w.change.Defaults, processingProfile)
	return numeric(id)
}

// profile is the processing profile: the one chosen, the one remembered, or the
// shop's first.
func (w *work) profile(ctx context.Context) (int64, error) {
	if id := w.ownProfile(); id != 0 {
		w.memo.Readiness = id
		return id, nil
	}
	if w.memo.Readiness != 0 {
		return w.memo.Readiness, nil
	}
	id, err := w.readiness(ctx)
	if err != nil {
		return 0, fmt.Errorf("find a processing profile: %w", err)
	}
	w.memo.Readiness = id
	return id, nil
}

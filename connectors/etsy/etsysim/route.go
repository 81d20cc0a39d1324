package etsysim

import (
	"net/http"

	"github.com/manystall/manystall/connectors/simkit"
)

const (
	listingsRead   = "listings_r"
	listingsWrite  = "listings_w"
	listingsDelete = "listings_d"
	shopsRead      = "shops_r"
	shopsWrite     = "shops_w"
	salesRead      = "transactions_r"
	salesWrite     = "transactions_w"
)

// operations is the part of Etsy's API that is served; all else is not found.
func operations() []operation {
	return append(append(shopOperations(), listingOperations()...), saleOperations()...)
}

func shopOperations() []operation {
	return []operation{
		{"ping", "GET", "/openapi-ping", "", noBody, false, ping},
		{"tokenScopes", "POST", "/scopes", "", formBody, false, tokenScopes},
		{"getMe", "GET", "/users/me", shopsRead, noBody, false, me},
		{"getShop", "GET", "/shops/{shop_id}", "", noBody, false, oneShop},
		{"getShopByOwnerUserId", "GET", "/users/{user_id}/shops", "", noBody, false, shopOfUser},
		{"getSellerTaxonomyNodes", "GET", "/seller-taxonomy/nodes", "", noBody, false, taxonomyNodes},
		{"getPropertiesByTaxonomyId", "GET", "/seller-taxonomy/nodes/{taxonomy_id}/properties", "", noBody, false, taxonomyProperties},
		{"getShippingCarriers", "GET", "/shipping-carriers", "", noBody, false, shippingCarriers},
		{"getShopShippingProfiles", "GET", "/shops/{shop_id}/shipping-profiles", shopsRead, noBody, false, shippingProfiles},
		{"getShopReturnPolicies", "GET", "/shops/{shop_id}/policies/return", "", noBody, false, returnPolicies},
		{"getShopReadinessStateDefinitions", "GET", "/shops/{shop_id}/readiness-state-definitions", shopsRead, noBody, false, readinessStates},
		{"getShopReadinessStateDefinition", "GET", "/shops/{shop_id}/readiness-state-definitions/{readiness_state_definition_id}", shopsRead, noBody, false, readinessState},
		{"createShopReadinessStateDefinition", "POST", "/shops/{shop_id}/readiness-state-definitions", shopsWrite, formBody, true, createReadinessState},
	}
}

func listingOperations() []operation {
	return []operation{
		{"createDraftListing", "POST", "/shops/{shop_id}/listings", listingsWrite, formBody, true, createDraft},
		{"updateListing", "PATCH", "/shops/{shop_id}/listings/{listing_id}", listingsWrite, formBody, true, updateListing},
		{"getListing", "GET", "/listings/{listing_id}", "", noBody, false, oneListing},
		{"getListingsByShop", "GET", "/shops/{shop_id}/listings", listingsRead, noBody, false, shopListings},
		{"findAllActiveListingsByShop", "GET", "/shops/{shop_id}/listings/active", "", noBody, false, activeListings},
		{"getListingsByListingIds", "GET", "/listings/batch", "", noBody, false, batchListings},
		{"getListingsInventoryByListingIds", "GET", "/listings/batch/inventory", listingsRead, noBody, false, batchInventory},
		{"deleteListing", "DELETE", "/listings/{listing_id}", listingsDelete, noBody, true, deleteListing},
		{"getListingInventory", "GET", "/listings/{listing_id}/inventory", listingsRead, noBody, false, oneInventory},
		{"updateListingInventory", "PUT", "/listings/{listing_id}/inventory", listingsWrite, jsonBody, true, putInventory},
		{"uploadListingImage", "POST", "/shops/{shop_id}/listings/{listing_id}/images", listingsWrite, multipartBody, true, uploadImage},
		{"getListingImages", "GET", "/listings/{listing_id}/images", "", noBody, false, listingImages},
		{"getListingImage", "GET", "/listings/{listing_id}/images/{listing_image_id}", "", noBody, false, listingImage},
		{"deleteListingImage", "DELETE", "/shops/{shop_id}/listings/{listing_id}/images/{listing_image_id}", listingsWrite, noBody, true, deleteImage},
		{"getListingVariationImages", "GET", "/shops/{shop_id}/listings/{listing_id}/variation-images", "", noBody, false, variationImages},
		{"getListingProperties", "GET", "/shops/{shop_id}/listings/{listing_id}/properties", "", noBody, false, listingProperties},
		{"updateListingProperty", "PUT", "/shops/{shop_id}/listings/{listing_id}/properties/{property_id}", listingsWrite, formBody, true, putProperty},
		{"deleteListingProperty", "DELETE", "/shops/{shop_id}/listings/{listing_id}/properties/{property_id}", listingsWrite, noBody, true, deleteProperty},
		{"getListingPersonalization", "GET", "/listings/{listing_id}/personalization", "", noBody, false, personalization},
		{"updateListingPersonalization", "POST", "/shops/{shop_id}/listings/{listing_id}/personalization", listingsWrite, jsonBody, true, putPersonalization},
		{"deleteListingPersonalization", "DELETE", "/shops/{shop_id}/listings/{listing_id}/personalization", listingsWrite, noBody, true, deletePersonalization},
		{"updateVariationImages", "POST", "/shops/{shop_id}/listings/{listing_id}/variation-images", listingsWrite, jsonBody, true, putVariationImages},
	}
}

func saleOperations() []operation {
	return []operation{
		{"getShopReceipts", "GET", "/shops/{shop_id}/receipts", salesRead, noBody, false, shopReceipts},
		{"getShopReceipt", "GET", "/shops/{shop_id}/receipts/{receipt_id}", salesRead, noBody, false, oneReceipt},
		{"updateShopReceipt", "PUT", "/shops/{shop_id}/receipts/{receipt_id}", salesWrite, formBody, true, updateReceipt},
		{"createReceiptShipment", "POST", "/shops/{shop_id}/receipts/{receipt_id}/tracking", salesWrite, jsonBody, true, createShipment},
		{"getReviewsByShop", "GET", "/shops/{shop_id}/reviews", "", noBody, false, shopReviews},
		{"getReviewsByListing", "GET", "/listings/{listing_id}/reviews", "", noBody, false, listingReviews},
	}
}

func (s *Sim) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, op := range operations() {
		mux.Handle(op.method+" /v3/application"+op.path, s.handler(op))
	}
	mux.HandleFunc("POST /v3/public/oauth/token", s.serveToken)
	mux.HandleFunc("GET /oauth/connect", s.serveConsent)
	mux.HandleFunc("POST /oauth/connect", s.serveConsent)
	mux.HandleFunc("GET /il/{image_id}/{size}", s.servePicture)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		s.write(w, reply{}, refuse(http.StatusNotFound, "Resource not found"))
	})
	return mux
}

// handler counts a call, lets a queued fault have it, and answers it.
func (s *Sim) handler(op operation) http.Handler {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rep, err := s.answer(w, r, op)
		s.write(w, rep, err)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.meter(op, w.Header()); err != nil {
			s.write(w, reply{}, err)
			return
		}
		s.faults.Around(w, r, answer, s.refuseForFault)
	})
}

func (s *Sim) refuseForFault(kind string, w http.ResponseWriter, _ *http.Request) {
	var err error
	switch kind {
	case simkit.FaultTokenExpired:
		err = unauthorized("access token is expired")
	case simkit.FaultRateLimited:
		for _, name := range []string{"X-Limit-Per-Second", "X-Remaining-This-Second", "X-Limit-Per-Day", "X-Remaining-Today"} {
			w.Header().Del(name)
		}
		err = s.tooMany("Has exceeded the per second rate limit", 0)
	case simkit.FaultRejected:
		err = invalid("The request was rejected: the content does not meet Etsy's listing requirements")
	default:
		err = refuse(http.StatusInternalServerError, "Server Error")
	}
	s.write(w, reply{}, err)
}

// answer runs an operation: key, token and body first, then one transaction.
func (s *Sim) answer(w http.ResponseWriter, r *http.Request, op operation) (rep reply, err error) {
	if err := s.checkKey(r); err != nil {
		return reply{}, err
	}
	c := &call{sim: s, now: s.env.Now(), r: r, query: &form{values: r.URL.Query()}}
	if c.grant, err = s.authorize(r, op.scope); err != nil {
		return reply{}, err
	}
	if c.query.brackets(); c.query.err != nil {
		return reply{}, c.query.err
	}
	if err := c.readBody(w, op.body); err != nil {
		return reply{}, err
	}
	run := func(tx *simkit.Tx) error {
		c.tx = tx
		rep, err = op.run(c)
		if err == nil && op.write {
			_, err = bump(tx, tableMeter, "writes")
		}
		return err
	}
	if op.write {
		err = s.env.Store.Update(run)
	} else {
		err = s.env.Store.View(run)
	}
	return rep, err
}

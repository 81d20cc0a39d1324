package api

import (
	"strconv"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// refusal is what a documented code tells a seller (x-error-codes of the
// reference copy, 2025-12).
type refusal struct {
	code                      int64
	rule, field, allowed, fix string
}

// refused is the fault of a refused content.
func refused(code int64) *fault.Error {
	for _, table := range [][]refusal{textRefusals(), skuRefusals(), shopRefusals(), tradeRefusals()} {
		for _, r := range table {
			if r.code == code {
				return fault.Refused(fault.Rejected, commerce.Problem{Rule: r.rule, Field: r.field, Allowed: r.allowed, Fix: r.fix})
			}
		}
	}
	return fault.Refused(fault.Rejected, commerce.Problem{
		Rule: "tiktok_" + strconv.FormatInt(code, 10), Fix: "TikTok refuses this. See its own words for what to change.",
	})
}

func textRefusals() []refusal {
	return []refusal{
		{12052261, "title_missing", "title", "1 to 255 characters", "Write a title."},
		{12052051, "title_too_long", "title", "at most 255 characters", "Shorten the title."},
		{12052931, "title_character", "title", "no HTML, emoji, control characters, nor a character more than 9 times in a row", "Take the forbidden characters out of the title."},
		{12052262, "title_language", "title", "the language of the market", "Write the title in the language of the market."},
		{12052015, "description_missing", "description", "at least 1 character", "Write a description."},
		{12052013, "description_too_long", "description", "at most 10000 characters as HTML", "Shorten the description."},
		{12052932, "description_character", "description", "no HTML entities, emoji, control characters, nor a character more than 9 times in a row", "Take the forbidden characters out of the description."},
		{12052344, "description_html", "description", "valid HTML", "Take signs that look like HTML out of the description."},
		{12052346, "description_language", "description", "the language of the market", "Write the description in the language of the market."},
		{12019006, "description_invalid", "description", "", "Rewrite the description: TikTok's own words say what it does not take."},
		{12052023, "category_unknown", "category", "a leaf of the category tree v2", "Choose another TikTok category."},
		{12052024, "category_not_leaf", "category", "a leaf of the category tree v2", "Choose a more exact TikTok category."},
		{12052025, "category_invalid", "category", "a leaf of the category tree v2", "Choose another TikTok category."},
		{12052217, "category_tree", "category", "a leaf of the category tree v2", "Choose a category of the tree of this market."},
		{12052230, "category_tree", "category", "a leaf of the category tree v2", "Choose a category of the tree of this market."},
		{12052220, "category_prohibited", "category", "", "This category is prohibited on TikTok Shop. Choose another one."},
		{12052221, "category_restricted", "category", "", "Apply for this category in Seller Center, or choose another one."},
		{12052223, "category_restricted", "category", "", "Apply for this category in Seller Center's Qualification Center, or choose another one."},
		{12052225, "category_restricted", "category", "", "This category is outside of the shop's main category. Ask your account manager, or choose another one."},
		{12052226, "category_restricted", "category", "", "Apply for this category in Seller Center's Qualification Center, or choose another one."},
		{12052913, CodeNoCategory, "category", "a leaf of the category tree v2", "TikTok finds no category for this title. Give the product a category in the connection's settings."},
		{12052104, "attribute_missing", "attributes", "", "Give the attribute that TikTok's answer names."},
		{12052182, "attribute_missing", "attributes", "", "Give the attribute that TikTok's answer names."},
		{12052240, "attribute_unknown", "attributes", "", "Take the attribute out that TikTok's answer names."},
		{12052247, "attribute_value", "attributes", "one of TikTok's own values", "Choose one of TikTok's values for the attribute its answer names."},
		{12052529, "attribute_value", "attributes", "one of TikTok's own values", "Choose one of TikTok's values for the attribute its answer names."},
		{12052935, "attribute_character", "attributes", "no HTML, emoji or control characters", "Take the forbidden characters out of the attribute."},
		{12019013, "brand_unknown", "brand", "", "TikTok does not know this brand any more: take it out, or choose another one."},
		{12052026, "brand_unknown", "brand", "", "TikTok does not know this brand any more: take it out, or choose another one."},
		{12052200, "brand_not_authorized", "brand", "", "The authorization for the brand has ended: renew it in Seller Center's Qualification Center."},
		{12052201, "brand_not_authorized", "brand", "", "Apply for the brand in Seller Center's Qualification Center."},
		{12052208, "brand_not_authorized", "brand", "", "Apply for the brand in Seller Center's Qualification Center."},
		{12052673, "size_chart_missing", "attributes.Size chart", "the address of a picture, or the id of a template", "This category wants a size chart: give the product the attribute “Size chart” with the address of its picture."},
		{12052670, "size_chart_refused", "attributes.Size chart", "a picture of at least 1024 points on the shorter side", "Give the size chart as a larger picture."},
		{12052671, "size_chart_refused", "attributes.Size chart", "at most 10 MB", "Give the size chart as a smaller file."},
		{12052128, "size_chart_unknown", "attributes.Size chart", "a template of this shop", "Choose a size chart template that is in Seller Center."},
		{12052105, "certificate_missing", "attributes", "the address of its picture", "This category wants a certificate: give the product an attribute of its name with the address of its picture."},
		{12052385, "certificate_date", "attributes", "a day to come", "Give the last day on which the certificate is good, in the attribute of its name with “expires” behind it."},
		{12052650, "certificate_refused", "attributes", "JPG, PNG, WEBP, HEIC or BMP of at most 10 MB", "Give the certificate as another picture."},
		{12052655, "certificate_unknown", "attributes", "", "Take the certificate out that the category does not know."},
		{12052657, "certificates_many", "attributes", "at most 10", "Give fewer pictures of certificates."},
		{12052282, "manufacturer_missing", "attributes.Manufacturer", "TikTok's id", "Give the product the attribute “Manufacturer” with TikTok's id of it."},
		{12052284, "manufacturer_unknown", "attributes.Manufacturer", "TikTok's id", "Take the id of the manufacturer from Seller Center."},
		{12052285, "manufacturer_unknown", "attributes.Manufacturer", "TikTok's id", "Take the id of the manufacturer from this shop's Seller Center."},
		{12052287, "responsible_person_missing", "attributes.Responsible person", "TikTok's id", "Give the product the attribute “Responsible person” with TikTok's id of it."},
		{12052289, "responsible_person_unknown", "attributes.Responsible person", "TikTok's id", "Take the id of the responsible person from Seller Center."},
		{12052290, "responsible_person_unknown", "attributes.Responsible person", "TikTok's id", "Take the id of the responsible person from this shop's Seller Center."},
		{12052282, "manufacturer_missing", "category", "", "This category needs a manufacturer: add it in Seller Center."},
		{12052287, "responsible_person_missing", "category", "", "This category needs a responsible person: add it in Seller Center."},
	}
}

func skuRefusals() []refusal {
	return []refusal{
		{12052028, "images_missing", "images", "1 to 9 pictures", "Add a picture."},
		{12052306, "too_many_images", "images", "at most 9", "Remove pictures."},
		{12052300, "image_unknown", "images", "", "Save the product again, so that its pictures are uploaded anew."},
		{12052301, "image_size", "images", "300 × 300 to 4000 × 4000 pixels", "Use a larger picture."},
		{12038014, "image_size", "images", "300 × 300 to 4000 × 4000 pixels", "Use a picture of an allowed size."},
		{12038005, "image_too_large", "images", "at most 10 MB", "Use a smaller picture."},
		{12038015, "image_format", "images", "JPEG, PNG, WEBP, HEIC or BMP", "Use a picture in another format."},
		{12052305, "image_shape", "images", "", "Use a picture that is less wide or less tall."},
		{12052050, "too_many_variants", "variants", "at most 300", "Use fewer variants, or split the product."},
		{12052054, "sku_too_long", "variants.sku", "at most 50 characters", "Shorten the SKU."},
		{12019059, "sku_character", "variants.sku", "no spaces", "Take the spaces out of the SKU."},
		{12052055, CodeZero, "variants.stock", "1 to 99999", "Change the quantity to one between 1 and 99999."},
		{12019024, CodeZero, "variants.stock", "1 to 99999", "Change the quantity to one between 1 and 99999."},
		{12019028, CodeWarehouses, "variants.stock", "", "The product lies in a warehouse we do not know. Try again; if this stays, look at the product's warehouses in Seller Center."},
		{12052037, CodeWarehouses, "variants.stock", "", "TikTok distributes this stock itself, or misses a warehouse. Look at the product's warehouses in Seller Center."},
		{12052084, "price_currency", "variants.price", "the shop's currency", "Give a price in the shop's currency."},
		{12052012, "price_invalid", "variants.price", "", "Correct the price: TikTok's own words say what it does not take."},
		{12052073, "price_invalid", "variants.price", "", "Correct the price: TikTok's own words say what it does not take."},
		{12052570, "price_out_of_range", "variants.price", "0.01 to 7600 in the US", "Change the price."},
		{12052038, "price_locked", "variants.price", "", "A promotion holds the price: end it in Seller Center, then try again."},
		{12019045, "price_locked", "variants.price", "", "A promotion holds the price: end it in Seller Center, then try again."},
		{12052393, "stock_locked", "variants.stock", "", "A promotion holds the stock: end it in Seller Center, then try again."},
		{12052242, "option_too_long", "options", "at most 20 characters", "Shorten the option's name."},
		{12052249, "option_too_long", "variants.options", "at most 50 characters", "Shorten the option's value."},
		{12052933, "option_character", "options", "no HTML, emoji or control characters", "Take the forbidden characters out of the option's name."},
		{12052934, "option_character", "variants.options", "no HTML, emoji or control characters", "Take the forbidden characters out of the option's value."},
		{12052525, "too_many_options", "options", "at most 3", "Use fewer options."},
		{12052550, "option_missing", "variants.options", "", "Give every variant a value of every option."},
		{12052560, "variant_twice", "variants.options", "", "Two variants have the same values: change one of them."},
		{12052591, "barcode_invalid", "variants.barcode", "EAN, UPC, GTIN, ISBN or JAN", "Correct the barcode, or leave it out."},
		{12052592, "barcode_twice", "variants.barcode", "", "Give each variant its own barcode."},
		{12052593, "barcode_fixed", "variants.barcode", "", "TikTok does not let a barcode change once the product was submitted."},
	}
}

func shopRefusals() []refusal {
	return []refusal{
		{12052181, "weight_missing", "variants.grams", "more than zero", "Give the product a weight, or set one in the connection's settings."},
		{12052006, "weight_invalid", "variants.grams", "more than zero", "Correct the weight."},
		{12019011, "weight_invalid", "variants.grams", "more than zero", "Correct the weight."},
		{12052116, "package_size_missing", "defaults.length_mm", "", "This category needs a package size: set it in the connection's settings."},
		{12052003, "package_size_invalid", "defaults.height_mm", "", "Correct the package height in the connection's settings."},
		{12052004, "package_size_invalid", "defaults.width_mm", "", "Correct the package width in the connection's settings."},
		{12052005, "package_size_invalid", "defaults.length_mm", "", "Correct the package length in the connection's settings."},
		{12052915, "package_units", "defaults.length_mm", "", "TikTok wants weight and size of the package in one system of units. This is a fault of Manystall: please report it."},
		{12019022, "warehouse_missing", "variants.stock", "", "Set up a sales warehouse in Seller Center."},
		{12052115, "warehouse_missing", "variants.stock", "", "Set up a sales warehouse in Seller Center."},
		{12052097, "warehouse_unknown", "defaults.warehouse", "", "Choose another warehouse in the connection's settings."},
		{12052530, "warehouse_unknown", "defaults.warehouse", "", "Choose another warehouse in the connection's settings."},
		{12052531, "warehouse_disabled", "defaults.warehouse", "", "Switch the warehouse on in Seller Center, or choose another one."},
		{12052532, "warehouse_unknown", "defaults.warehouse", "", "Choose a sales warehouse in the connection's settings."},
		{12052535, "return_warehouse_missing", "variants.stock", "", "Set up a return warehouse in Seller Center."},
		{12052402, "shipping_template_missing", "", "", "Set up a shipping template in Seller Center."},
		{12052704, "seller_unknown", "", "", "Finish the shop's registration in Seller Center."},
		{12052703, "tax_number", "", "", "Correct the shop's tax number in Seller Center."},
		{12052995, "onboarding_open", "", "", "Finish the shop's registration in Seller Center."},
		{12052332, "shop_locked", "", "", "TikTok lets only stock and price change while the shop is being integrated. Try again later."},
		{12052308, "appeal_open", "", "", "An appeal is open for this product: withdraw it in Seller Center before editing."},
		{12052488, "already_submitted", "", "", "A product that was submitted can't become a draft again."},
		{12052910, "parameter_refused", "", "", "TikTok refuses a value. See its own words and correct the product."},
	}
}

func tradeRefusals() []refusal {
	return []refusal{
		{21011022, "carrier_unknown", "carrier", "", "Check carrier and tracking number."},
		{21004012, "tracking_character", "tracking", "letters, digits and dashes", "Correct the tracking number."},
		{21004015, "tracking_mismatch", "tracking", "", "This tracking number is not one of that carrier's."},
		{21004016, "carrier_unknown", "carrier", "", "Check carrier and tracking number."},
		{11028006, "tracking_mismatch", "tracking", "", "No carrier knows this tracking number: check it."},
		{21011025, "tracking_twice", "tracking", "", "Another order has this tracking number: check it."},
		{21034012, "tracking_twice", "tracking", "", "Another order has this tracking number: check it."},
		{21011004, "shipped_by_tiktok", "carrier", "", "TikTok ships this order itself: print its label in Seller Center."},
		{21008025, "shipped_by_tiktok", "carrier", "", "TikTok ships this order itself."},
		{21011007, "request_open", "", "", "Answer the buyer's request for this order first."},
		{21011044, "order_on_hold", "", "", "The buyer may still change their mind: ship when the order is ready, in about an hour."},
		{21011041, "order_cancelled", "", "", "The order is cancelled: do not ship it."},
		{21011029, "unit_unknown", "", "", "A piece does not belong to the order: read the order again."},
		{21004019, "invoice_missing", "", "", "Upload the invoice in Seller Center first."},
		{25001045, "too_late", "", "", "The order is with the carrier: it can't be cancelled any more."},
		{25001046, "risk_control", "", "", "TikTok's risk control stopped this. Cancel in Seller Center."},
		{25005005, "amount_too_high", "amount", "less than what can be refunded", "Offer less."},
		{25007007, "offer_open", "", "", "An offer to the buyer is open: wait for the answer."},
		{25011010, "decided_by_tiktok", "", "", "TikTok decides this request itself: see the case in Seller Center."},
		{25011023, "decided_by_tiktok", "", "", "TikTok checks this order's goods itself: see the case in Seller Center."},
		{25011025, "decided_by_tiktok", "", "", "TikTok has refunded the buyer already: appeal in Seller Center."},
		{25011026, "decided_by_tiktok", "", "", "TikTok's warehouse takes this return: nothing is to be answered."},
		{25011032, "offer_too_late", "", "", "No part can be offered in the request's state: approve or reject it."},
		{25011035, "too_early", "", "", "The parcel can't be rejected yet: wait until it has arrived."},
		{25005010, "lines_not_cancellable", "lines", "the whole order", "Single lines can't be cancelled here: cancel the whole order."},
		{25005011, "lines_not_cancellable", "lines", "", "Some of these pieces are cancelled already: read the order again."},
		{45101006, "message_sensitive", "text", "", "TikTok finds sensitive words in the message: write it differently."},
		{45109001, "window_closed", "", "", "TikTok lets a shop write within 30 days of the last contact or 60 days of an order."},
		{45109003, "window_closed", "", "", "TikTok lets a shop write within 30 days of the last contact or 60 days of an order."},
		{45102007, "conversation_denied", "", "", "TikTok denies access to this conversation: answer it in Seller Center."},
		{45111001, "message_kind", "text", "", "TikTok does not take messages of this kind."},
	}
}

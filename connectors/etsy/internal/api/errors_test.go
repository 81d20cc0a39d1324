package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/shared/fault"
)

// The answers are those of Etsy's OpenAPI file, its developer pages and the
// issues of etsy/open-api named in the fact sheet; read 2026-11-22.
func TestFault(t *testing.T) {
	t.Parallel()
	const (
		rejected = fault.Rejected
		list     = "createDraftListing"
	)
	for _, c := range []struct {
		name   string
		op     string
		once   bool
		status int
		body   string
		kind   fault.Kind
		code   string
		field  string
	}{
		{"repeated character", list, true, 400, `{"error":"title: The character '%' can only be used once in a title"}`, rejected, "title_repeated_character", "title"},
		{"title character", list, true, 400, `{"error":"title: The title contains the invalid character '€'"}`, rejected, "title_character", "title"},
		{"title too long", list, true, 400, `{"error":"title: The title must be at most 140 characters long"}`, rejected, "title_too_long", "title"},
		{"title empty", list, true, 400, `{"error":"title: The title must not be empty"}`, rejected, "title_missing", "title"},
		{"title refused", list, true, 400, `{"error":"title is not good"}`, rejected, "title_refused", "title"},
		{"too many tags", list, true, 400, `{"error":"tags: A listing can have at most 13 tags"}`, rejected, "too_many_tags", "tags"},
		{"repeated tag", list, true, 400, `{"error":"tags: The tag 'mug' is used more than once"}`, rejected, "tag_repeated", "tags"},
		{"duplicate tag (etsy/open-api#557)", list, true, 400, `{"error":"Tags contain a duplicate"}`, rejected, "tag_repeated", "tags"},
		{"long tag", list, true, 400, `{"error":"tags: The tag 'x' must have 1 to 20 characters"}`, rejected, "tag_too_long", "tags"},
		{"tag character", list, true, 400, `{"error":"tags: The tag 'a/b' contains invalid characters"}`, rejected, "tag_character", "tags"},
		{"material", list, true, 400, `{"error":"materials: The material 'oak/ash' contains invalid characters"}`, rejected, "material_character", "materials"},
		{"description", list, true, 400, `{"error":"description: must not be empty"}`, rejected, "description_refused", "description"},
		{"who made", list, true, 400, `{"error":"Invalid value 'me' for 'who_made'"}`, rejected, "who_made_not_allowed", "attributes.who_made"},
		{"when made of last year", list, true, 400, `{"error":"Invalid value '2020_2025' for 'when_made'"}`, rejected, "when_made_not_allowed", "attributes.when_made"},
		{"category", list, true, 400, `{"error":"taxonomy_id: there is no category 7"}`, rejected, "category_unknown", "category"},
		{"shipping profile", list, true, 400, `{"error":"shipping_profile_id: a physical listing must have a shipping profile to be active"}`, rejected, "shipping_profile", ""},
		{"return policy", "updateListing", false, 400, `{"error":"A return policy is required"}`, rejected, "return_policy", ""},
		{"processing profile", "updateListingInventory", false, 400, `{"error":"Missing required parameter: 'readiness_state_id'"}`, rejected, "processing_profile", ""},
		{"shop not set up (etsy/open-api#298)", list, true, 400, `{"error":"Shop onboarding is not complete"}`, rejected, "shop_not_ready", ""},
		{"no image file (etsy/open-api#233)", "uploadListingImage", true, 400, `{"error":"Either a valid image file or a listing_image_id must be provided."}`, rejected, "image_unreadable", "images"},
		{"no images, as a list (etsy/open-api#298)", "updateListing", false, 400, `[{"path":"/images","type":"array_too_short","message":"too short"}]`, rejected, "images_missing", "images"},
		{"too many images", "uploadListingImage", true, 409, `{"error":"A listing can have at most 20 images"}`, fault.Conflict, "conflict", "images"},
		{"all zero (etsy/open-api#395)", "updateListingInventory", false, 400, `{"error":"At least one enabled offering must have a quantity greater than 0"}`, rejected, "quantity_zero", ""},
		{"more than 999 (etsy/open-api#214)", "updateListingInventory", false, 400, `{"error":"products[1]: offerings[0]: Quantity must be between 0 and 999"}`, rejected, "quantity_too_high", "variants[1].stock"},
		{"on property (etsy/open-api#375)", "updateListingInventory", false, 400, `{"error":"The supplied product values are incompatible with price_on_property"}`, rejected, "variants_inconsistent", "options"},
		{"70 values (etsy/open-api#567)", "updateListingInventory", false, 400, `{"error":"property_values: property 513 has more than 70 values"}`, rejected, "too_many_option_values", "options"},
		{"price", "updateListingInventory", false, 400, `{"error":"products[2]: offerings[0]: price: must be greater than 0"}`, rejected, "price_refused", "variants[2].price"},
		{"sku", "updateListingInventory", false, 400, `{"error":"products[0]: sku: too long"}`, rejected, "sku_refused", "variants[0].sku"},
		{"carrier", "createReceiptShipment", true, 400, `{"error":"carrier_name: 'Van' is not a known carrier"}`, rejected, "carrier_unknown", "carrier"},
		{"tracking needed", "createReceiptShipment", true, 400, `{"error":"tracking_code is required for orders over $10"}`, rejected, "tracking_refused", "tracking"},
		{"title as a list (etsy/open-api#622)", list, true, 400, `[{"path":"\/title\/1","type":"invalid_characters","message":"contains invalid characters"}]`, rejected, "title_character", "title"},
		{"draft of an unfinished shop (etsy/open-api#298)", list, true, 400, `[{"path":"\/images","type":"array_too_short","message":"cannot be less than 1 items"}]`, rejected, "shop_not_ready", ""},
		{"no return policy (etsy/open-api#855)", list, true, 400, `{"error":"There was a problem with \/return\/policy : cannot be null"}`, rejected, "return_policy", ""},
		{"attributes wanted (etsy/open-api#281)", "updateListing", false, 400, `{"error":"There was a problem with \/attributes : Must supply all required attributes"}`, rejected, "property_missing", "attributes"},
		{"property of another category (etsy/open-api#505)", "deleteListingProperty", false, 400, `{"error":"There was a problem with \/attributes : Attributes not valid for property"}`, rejected, "property_refused", "attributes"},
		{"no value id (etsy/open-api#283)", "updateListingProperty", false, 400, `{"error":"IDs must be >= 1, got 0"}`, rejected, "property_refused", "attributes"},
		{"no values (etsy/open-api#292)", "updateListingProperty", false, 400, `{"error":"Missing input parameter: [value_ids]"}`, rejected, "property_refused", "attributes"},
		{"70 values, recorded (etsy/open-api#567)", "updateListingInventory", false, 400, `{"error":"There was a problem with \/values : cannot be more than 70 items"}`, rejected, "too_many_option_values", "options"},
		{"more than 999, recorded (etsy/open-api#214)", "updateListing", false, 400, `{"error":"There was a problem with \/quantity : cannot be greater than 999"}`, rejected, "quantity_too_high", ""},
		{"cheap (etsy/open-api#419)", "updateListingInventory", false, 400, `{"error":"There was a problem with \/price : must be above min price \u20ab4,420 VND"}`, rejected, "price_too_low", "price"},
		{"dear (etsy/open-api#459)", "updateListingInventory", false, 400, `{"error":"There was a problem with \/price : must be below max price $50,000.00 USD"}`, rejected, "price_too_high", "price"},
		{"no property values (etsy/open-api#134)", "updateListingInventory", false, 400, `{"error":"Property values can't be empty"}`, rejected, "options_refused", "options"},
		{"image of another listing (etsy/open-api#601)", "updateListingInventory", false, 400, `{"error":"image id 4066219216 is invalid"}`, rejected, "image_refused", "images"},
		{"small image", "uploadListingImage", true, 400, `{"error":"please make sure both width and height are greater than 10px"}`, rejected, "image_refused", "images"},
		{"frozen (etsy/open-api#425)", "updateListing", false, 400, `{"error":"This listing is not publishable because it's frozen"}`, rejected, "listing_frozen", ""},
		{"state edit (etsy/open-api#357)", "updateListing", false, 400, `{"error":"Cannot activate a listing in this state: state = edit, listing_id = 1234, ending_tsz = 123"}`, rejected, "listing_locked", ""},
		{"calculated shipping (etsy/open-api#543)", "updateListing", false, 400, `{"error":"Could not set a calculated shipping profile to the listing.  The listing is missing 'item_weight', 'item_length', 'item_width', 'item_height', 'item_weight_unit' or 'item_dimensions_unit'."}`, rejected, "package_missing", ""},
		{"weight (etsy/open-api#430)", "updateListing", false, 400, `{"error":"There was a problem with \/item\/weight : Invalid Shipping Data"}`, rejected, "package_missing", ""},
		{"language (etsy/open-api#132)", "updateListing", false, 400, `{"error":"Listings must have a complete translation in the shop's primary language: de"}`, rejected, "language_missing", ""},
		{"several questions", "updateListingPersonalization", false, 409, `{"error":"Conflict"}`, fault.Conflict, "conflict", "attributes.personalization"},
		{"long question", "updateListingPersonalization", false, 400, `{"error":"question_text must have 1 to 45 characters"}`, rejected, "personalization_refused", "attributes.personalization"},
		{"unknown (etsy/open-api#159)", "updateListingInventory", false, 400, `{"error":"UNKNOWN_ERROR"}`, rejected, "refused_by_etsy", ""},
		{"unprocessable", "getListingInventory", false, 422, `{"error":"no"}`, rejected, "refused_by_etsy", ""},
		{"expired token (etsy/open-api#519)", "getMe", false, 401, `{"error":"invalid_token","error_description":"access token is expired"}`, fault.AuthExpired, "token_refused", ""},
		{"scope", list, true, 403, `{"error":"insufficient_scope","error_description":"the access token lacks the scope listings_w"}`, fault.AuthExpired, "scope_missing", ""},
		{"bare keystring (2026-02-09)", "getMe", false, 403, `{"error":"Shared secret is required in x-api-key header."}`, fault.Denied, "app_refused", ""},
		{"wrong key", "getMe", false, 403, `{"error":"Invalid API key: should be in the format 'keystring:shared_secret'."}`, fault.Denied, "app_refused", ""},
		{"tracking closed by country", "createReceiptShipment", true, 403, `{"error":"This application does not have access to this resource"}`, fault.Unsupported, "not_granted", ""},
		{"not the owner", "updateListing", false, 403, `{"error":"You do not own this listing"}`, rejected, "forbidden", ""},
		{"not found", "getShopReceipt", false, 404, `{"error":"Could not find a Receipt with id 1"}`, fault.NotFound, "not_found", ""},
		{"conflict", "updateListing", false, 409, `{"error":"state"}`, fault.Conflict, "conflict", ""},
		{"too large", "uploadListingImage", true, 413, ``, fault.TooLarge, "too_large", ""},
		{"too many calls", "getMe", false, 429, `{"error":"Has exceeded the per second rate limit"}`, fault.RateLimited, "rate_limited", ""},
		{"server error on a read", "getMe", false, 500, `{"error":"Server Error"}`, fault.Temporary, "server_error", ""},
		{"server error on a creation", list, true, 500, `{"error":"Server Error"}`, fault.Unknown, "server_error", ""},
		{"taxonomy away", "getSellerTaxonomyNodes", false, 503, ``, fault.Temporary, "server_error", ""},
		{"html", "getMe", false, 502, `<html>Bad gateway</html>`, fault.Temporary, "server_error", ""},
		{"redirect", "getMe", false, 302, ``, fault.Permanent, "unexpected_status", ""},
		{"refresh token revoked (etsy/open-api#549)", "oauthToken", false, 400, `{"error":"invalid_grant","error_description":"refresh_token is revoked"}`, fault.AuthExpired, "consent_ended", ""},
		{"unknown application", "oauthToken", false, 400, `{"error":"invalid_client"}`, fault.Denied, "app_unknown", ""},
		{"another callback", "oauthToken", false, 400, `{"error":"invalid_request"}`, fault.Denied, "app_refused", ""},
		{"consent service down (etsy/open-api#549)", "oauthToken", false, 500, ``, fault.Temporary, "server_error", ""},
		{"consent service busy", "oauthToken", false, 429, ``, fault.RateLimited, "rate_limited", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := Fault(Answer{Op: c.op, Once: c.once, Status: c.status, Header: http.Header{}, Body: []byte(c.body), Now: time.Unix(1, 0)})
			if f.Kind != c.kind || f.Code != c.code || f.Message == "" {
				t.Errorf("kind %q, code %q, message %q; want %q, %q", f.Kind, f.Code, f.Message, c.kind, c.code)
			}
			if c.field != "" && (len(f.Problems) == 0 || f.Problems[0].Field != c.field) {
				t.Errorf("problems %+v, want field %q", f.Problems, c.field)
			}
			for _, p := range f.Problems {
				if p.Fix == "" || p.Rule == "" || p.Raw != c.body || (p.Field == "" && p.Rule != "refused_by_etsy") {
					t.Errorf("problem %+v: rule, field, fix and the raw answer are wanted", p)
				}
			}
		})
	}
}

func TestFaultValueAndCut(t *testing.T) {
	t.Parallel()
	f := Fault(Answer{Op: "createDraftListing", Status: 400, Body: []byte(`{"error":"tags: The tag 'a/b' contains invalid characters"}`)})
	if got := f.Problems[0].Value; got != "a/b" {
		t.Errorf("value %q, want a/b", got)
	}
	f = Fault(Answer{Op: "x", Status: 400, Body: []byte(strings.Repeat("é", 900) + "\xff")})
	if n := len([]rune(f.Problems[0].Raw)); n != 500 {
		t.Errorf("the raw answer has %d characters, want 500", n)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header, body string
		want         time.Duration
	}{
		{"7", `{"error":"Has exceeded the daily rate limit"}`, 7 * time.Second},
		{"", `{"error":"Has exceeded the daily rate limit"}`, time.Hour},
		{"", `{"error":"Has exceeded the per second rate limit"}`, time.Second},
		{"", ``, time.Second},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.header)
		if got := waitOf(h, []byte(c.body), time.Unix(0, 0)); got != c.want {
			t.Errorf("%q %q: %s, want %s", c.header, c.body, got, c.want)
		}
	}
}

func FuzzFault(f *testing.F) {
	for _, seed := range []string{`{"error":"x"}`, `{"error":{"a":1}}`, `[{"path":"/images","type":"t","message":"m"}]`, `[null]`, `"text"`, `<html>`, "", "\xff", `{"error":"products[99999]: 'a'"}`} {
		f.Add(400, "createDraftListing", []byte(seed))
		f.Add(403, "oauthToken", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, op string, body []byte) {
		e := Fault(Answer{Op: op, Status: status, Body: body, Now: time.Unix(0, 0)})
		if e == nil || e.Kind == "" || e.Message == "" {
			t.Fatalf("status %d: %+v", status, e)
		}
		for _, p := range e.Problems {
			if len([]rune(p.Raw)) > 500 || len([]rune(p.Value)) > 200 {
				t.Fatalf("problem too long: %+v", p)
			}
		}
	})
}

package tiktoksim

import (
	"net/http"
	"strings"
	"testing"
)

func TestCategories(t *testing.T) {
	t.Parallel()
	const base = "/product/202309/"
	tests := map[string]struct {
		code        int
		path        string
		params      []string
		has, hasNot string
	}{
		"tree":                   {0, "categories", []string{"category_version", "v2"}, `"600024"`, `"601991"`},
		"with prohibited":        {0, "categories", []string{"category_version", "v2", "include_prohibited_categories", "true"}, `"601991"`, ""},
		"by keyword":             {0, "categories", []string{"category_version", "v2", "keyword", "mugs"}, `"600024"`, `"600031"`},
		"no version":             {12052217, "categories", nil, "", ""},
		"rules":                  {0, "categories/600052/rules", []string{"category_version", "v2"}, `"package_dimension":{"is_required":true}`, ""},
		"rules of a branch":      {12052024, "categories/600001/rules", []string{"category_version", "v2"}, "", ""},
		"rules of a prohibited":  {12052220, "categories/601991/rules", []string{"category_version", "v2"}, "", ""},
		"attributes, misspelt":   {0, "categories/601284/attributes", []string{"category_version", "v2"}, `"is_requried":true`, "is_required"},
		"attributes, v1":         {12052217, "categories/601284/attributes", []string{"category_version", "v1"}, "", ""},
		"attributes of nothing":  {12052023, "categories/1/attributes", []string{"category_version", "v2"}, "", ""},
		"conditional":            {0, "categories/600044/attributes", []string{"category_version", "v2"}, "VALUE_ID_MATCH", ""},
		"brands":                 {0, "brands", []string{"page_size", "100"}, "UNAUTHORIEZD", ""},
		"authorized brands":      {0, "brands", []string{"page_size", "100", "is_authorized", "true"}, "Harbor", "UNAUTHORIEZD"},
		"brands by name":         {0, "brands", []string{"page_size", "100", "brand_name", "aur"}, "Aurelion", "Harbor"},
		"brands, first page":     {0, "brands", []string{"page_size", "1"}, `"total_count":4`, `"next_page_token":""`},
		"brands without a size":  {codeInvalid, "brands", nil, "", ""},
		"brands of no category":  {12052023, "brands", []string{"page_size", "1", "category_id", "1", "category_version", "v2"}, "", ""},
		"no such delivery":       {21008116, "../../logistics/202309/delivery_options/1/shipping_providers", nil, "", ""},
		"no such warehouse":      {codeInvalid, "../../logistics/202309/warehouses/1/delivery_options", nil, "", ""},
		"warehouses as on wire":  {0, "../../logistics/202309/warehouses", nil, `"distict":"Multnomah"`, "district"},
		"nothing to prepare for": {0, "../202312/prerequisites", nil, `"is_failed":false`, `"is_failed":true`},
	}
	s := newStall(t)
	for name, tt := range tests {
		path := base + tt.path
		if rest, ok := strings.CutPrefix(tt.path, "../../"); ok {
			path = "/" + rest
		}
		if rest, ok := strings.CutPrefix(tt.path, "../202312"); ok {
			path = "/product/202312" + rest
		}
		r := s.do(s.prepare(http.MethodGet, path, "", tt.params...))
		if r.Code != tt.code || !strings.Contains(string(r.Data), tt.has) || tt.hasNot != "" && strings.Contains(string(r.Data), tt.hasNot) {
			t.Errorf("%s: code %d (want %d): %s", name, r.Code, tt.code, r.raw)
		}
	}
}

func TestRecommend(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	const path = "/product/202309/categories/recommend"
	for title, want := range map[string]string{
		"Ocean Blue Shirt": "601213", "Black Leather Bag": "601360", "Striped Skirt": "601290", "Beeswax candle": "600031", "Silver necklace": "601455",
	} {
		r := s.call(0, http.MethodPost, path, encode(t, doc{"product_title": title, "category_version": "v2"}))
		if got := field[string](t, r.Data, "leaf_category_id"); got != want {
			t.Errorf("%s: category %s, want %s", title, got, want)
		}
	}
	s.call(12052913, http.MethodPost, path, `{"product_title":"Qwertz","category_version":"v2"}`)
	s.call(12052217, http.MethodPost, path, `{"product_title":"Mug"}`)
	s.call(12052261, http.MethodPost, path, `{"category_version":"v2"}`)
	s.call(12052722, http.MethodPost, path, `{"product_title":"Mug","category_version":"v2","images":[{"uri":"x"}]}`)
}

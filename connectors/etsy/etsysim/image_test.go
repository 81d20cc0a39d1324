package etsysim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// imageIDs are the images of a listing in rank order.
func (b *stall) imageIDs(listingID int64) (ids []int64) {
	b.Helper()
	a := b.want(b.get(fmt.Sprintf("/listings/%d/images", listingID)), 200, "")
	for i, row := range a.json["results"].([]any) {
		img := answer{json: row.(map[string]any)}
		if img.id("rank") != int64(i+1) {
			b.Errorf("image %d has rank %d", i, img.id("rank"))
		}
		ids = append(ids, img.id("listing_image_id"))
	}
	return ids
}

func (b *stall) added(listingID int64, fields url.Values) int64 {
	b.Helper()
	return b.want(b.upload(listingID, testPicture(b.T), fields), 201, "").id("listing_image_id")
}

func TestImageRanks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	first := b.added(id, nil)
	second := b.added(id, url.Values{"rank": {"2"}, "alt_text": {"Side"}})
	front := b.added(id, nil) // rank 1 is the default
	last := b.added(id, url.Values{"rank": {"9"}})
	if got := b.imageIDs(id); !slices.Equal(got, []int64{front, first, second, last}) {
		t.Fatalf("images %v", got)
	}
	over := b.added(id, url.Values{"rank": {"2"}, "overwrite": {"true"}})
	if got := b.imageIDs(id); !slices.Equal(got, []int64{front, over, second, last}) {
		t.Fatalf("after overwrite %v", got)
	}
	again := url.Values{"listing_image_id": {fmt.Sprint(first)}, "rank": {"1"}}
	b.want(b.upload(id, nil, again), 201, fmt.Sprint(first))
	if got := b.imageIDs(id); !slices.Equal(got, []int64{first, front, over, second, last}) {
		t.Fatalf("after reattaching %v", got)
	}
	b.want(b.del(b.shop("/listings/%d/images/%d", id, over)), 204, "")
	b.want(b.del(b.shop("/listings/%d/images/%d", id, over)), 404, "")
	path := b.shop("/listings/%d", id)
	b.want(b.form("PATCH", path, url.Values{"image_ids": {fmt.Sprintf("%d,%d", second, over)}}), 200, "")
	if got := b.imageIDs(id); !slices.Equal(got, []int64{second, over}) {
		t.Fatalf("after image_ids %v", got)
	}
	b.want(b.get(fmt.Sprintf("/listings/%d/images/%d", id, second)), 200, `"alt_text":"Side"`)
	b.want(b.get(fmt.Sprintf("/listings/%d/images/%d", id, first)), 404, "")
	b.want(b.form("PATCH", path, url.Values{"image_ids": {fmt.Sprintf("%d,%d", second, second)}}), 400, "twice")
	b.want(b.form("PATCH", path, url.Values{"image_ids": {"5"}}), 400, "no image 5")
}

func TestImageUploadRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	b.want(b.upload(id, nil, nil), 400, noImage)
	b.want(b.upload(id, []byte("not a picture"), nil), 400, noImage)
	b.want(b.upload(id, nil, url.Values{"listing_image_id": {"5"}}), 404, "")
	b.want(b.upload(id, testPicture(t), url.Values{"alt_text": {strings.Repeat("é", 501)}}), 400, "500")
	b.want(b.upload(id, testPicture(t), url.Values{"alt_text": {strings.Repeat("é", 500)}}), 201, "")
	b.want(b.upload(id, testPicture(t), url.Values{"rank": {"first"}}), 400, "'rank'")
	b.want(b.upload(1, testPicture(t), nil), 404, "")
	r := httptest.NewRequest("POST", "/v3/application"+b.shop("/listings/%d/images", id), strings.NewReader("--x--"))
	r.Header.Set("Content-Type", "multipart/form-data") // without a boundary
	b.want(b.send(r), 400, noImage)
	nameless := "--x\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nbytes\r\n--x--\r\n"
	r = httptest.NewRequest("POST", "/v3/application"+b.shop("/listings/%d/images", id), strings.NewReader(nameless))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	b.want(b.send(r), 400, noImage)
}

func TestTwentyImages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	var ids []int64
	for i := range maxImages {
		ids = append(ids, b.added(id, url.Values{"rank": {fmt.Sprint(i + 1)}}))
	}
	b.want(b.upload(id, testPicture(t), url.Values{"rank": {"3"}}), 409, "at most 20")
	b.want(b.upload(id, testPicture(t), url.Values{"rank": {"21"}, "overwrite": {"1"}}), 409, "at most 20")
	alt := url.Values{"listing_image_id": {fmt.Sprint(ids[2])}, "rank": {"3"}, "alt_text": {"New"}}
	b.want(b.upload(id, nil, alt), 409, "at most 20")
	alt.Set("overwrite", "true")
	b.want(b.upload(id, nil, alt), 201, `"alt_text":"New"`)
	if got := b.imageIDs(id); !slices.Equal(got, ids) {
		t.Errorf("images %v, want %v", got, ids)
	}
	alt.Set("rank", "5")
	b.want(b.upload(id, nil, alt), 201, `"rank":4`)
	if got := b.imageIDs(id); len(got) != 19 || got[3] != ids[2] || slices.Contains(got, ids[4]) {
		t.Errorf("images %v", got)
	}
}

func TestImageIsLookedAtLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	a := b.want(b.upload(id, testPicture(t), nil), 201, `"full_height":null`)
	path := fmt.Sprintf("/listings/%d/images/%d", id, a.id("listing_image_id"))
	b.wait(imageDelay * time.Second)
	b.want(b.get(path), 200, `"full_height":800`)
	address, _ := a.json["url_fullxfull"].(string)
	below, found := strings.CutPrefix(address, b.env.URL)
	if !found {
		t.Fatalf("address %q", address)
	}
	shown := b.serve(httptest.NewRequest(http.MethodGet, below, nil))
	if shown.status != 200 || string(shown.raw) != string(testPicture(t)) || shown.header.Get("Content-Type") != "image/png" {
		t.Errorf("%d %s, %d bytes", shown.status, shown.header.Get("Content-Type"), len(shown.raw))
	}
	b.want(b.serve(httptest.NewRequest(http.MethodGet, "/il/1/fullxfull.png", nil)), 404, "")
}

func TestLastImageOfAnActiveListingStays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.active("MUG", 1)
	b.want(b.del(b.shop("/listings/%d/images/%d", id, b.imageIDs(id)[0])), 400, "at least one image")
}

func TestVariationImages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.draft()
	inventory := products(`"sku_on_property":[200,513]`, b.variation("R", 1, "5", colored(9, "Red"), own(513, "Fit", "x")),
		b.variation("B", 1, "5", colored(2, "Blue"), own(513, "Fit", "x")))
	b.want(b.json("PUT", fmt.Sprintf("/listings/%d/inventory", id), inventory), 200, "")
	one, two := b.added(id, nil), b.added(id, nil)
	path := b.shop("/listings/%d/variation-images", id)
	link := func(property, value, image int64) string {
		return fmt.Sprintf(`{"property_id":%d,"value_id":%d,"image_id":%d}`, property, value, image)
	}
	fit := ownValue(513, "x")
	for name, tc := range map[string]struct{ body, want string }{
		"absent":         {`{}`, "'variation_images'"},
		"field absent":   {`{"variation_images":[{"property_id":200,"value_id":9}]}`, "required"},
		"foreign image":  {`{"variation_images":[` + link(200, 9, 5) + `]}`, "image 5"},
		"foreign value":  {`{"variation_images":[` + link(200, 1, one) + `]}`, "value 1"},
		"twice":          {`{"variation_images":[` + link(200, 9, one) + `,` + link(200, 9, two) + `]}`, "twice"},
		"two properties": {`{"variation_images":[` + link(200, 9, one) + `,` + link(513, fit, two) + `]}`, "one property"},
	} {
		if a := b.json("POST", path, tc.body); a.status != 400 || !strings.Contains(a.error(), tc.want) {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	both := `{"variation_images":[` + link(200, 9, one) + `,` + link(200, 2, two) + `]}`
	b.want(b.json("POST", path, both), 200, `"value":"Red"`)
	b.want(b.get(path), 200, `"count":2`)
	b.want(b.del(b.shop("/listings/%d/images/%d", id, two)), 204, "")
	b.want(b.get(path), 200, `"count":1`)
	b.want(b.json("PUT", fmt.Sprintf("/listings/%d/inventory", id), inventory), 200, "")
	b.want(b.get(path), 200, `"count":0`) // a write unlinks
	b.want(b.json("POST", path, `{"variation_images":[]}`), 200, `"count":0`)
}

package dashboard

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

const newMug = `{"title":"Cup","variants":[{"sku":"CUP","price":{"amount":900,"currency":"EUR"},"quantity":7}]}`

func mugOnEtsy() string { return viewID(port.ListingIDOf("tgt_etsy", "prd_mug"), commerce.Etsy) }

func match(version string) map[string]string { return map[string]string{"If-Match": version} }

func TestProducts(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "list", method: "GET", url: "/v1/products", status: 200, want: []string{`"id":"prd_mug"`, `"variants":2`, `"price":{"amount":1050`, `"listings":[{"id":"` + mugOnEtsy() + `","channel":"etsy","state":"rejected","why":"Shorten the title.","problems":1}]`}},
		{name: "list of one who lists nowhere", method: "GET", url: "/v1/products", key: keyTwo, status: 200, absent: []string{"prd_mug"}},
		{name: "by SKU", method: "GET", url: "/v1/products?sku=MUG-L", status: 200, want: []string{`"id":"prd_mug"`}},
		{name: "by no SKU", method: "GET", url: "/v1/products?sku=NOPE", status: 200, want: []string{`"items":[]`}},
		{name: "one", method: "GET", url: "/v1/products/prd_mug", status: 200, want: []string{`"stated":5`, `"options":{"Size":"S"}`}, headers: map[string]string{"ETag": `"4"`}},
		{name: "create", method: "POST", url: "/v1/products", body: newMug, status: 201, want: []string{`"handle":"cup-cup"`, `"stated":7`, `"version":1`}, headers: map[string]string{"ETag": `"1"`, "Location": "/v1/products/prd_…"}},
		{name: "create nothing", method: "POST", url: "/v1/products", body: `{}`, status: 422, want: []string{`"field":"title"`, `"field":"variants"`}},
		{name: "create without price", method: "POST", url: "/v1/products", body: `{"title":"x","variants":[{"sku":"A"}]}`, status: 422, want: []string{`"field":"variants[0].price"`}},
		{name: "create in no currency", method: "POST", url: "/v1/products", body: `{"title":"x","variants":[{"sku":"A","price":{"amount":1,"currency":"eur"}}]}`, status: 422, want: []string{`"field":"variants[0].price.currency"`}},
		{name: "create with a local picture", method: "POST", url: "/v1/products", body: `{"title":"x","images":[{"url":"file:///etc/passwd"}],"variants":[{"sku":"A","price":{"amount":1,"currency":"EUR"}}]}`, status: 422, want: []string{`"field":"images[0].url"`}},
		{name: "create for no channel", method: "POST", url: "/v1/products", body: `{"title":"x","overrides":{"ebay":{}},"variants":[{"sku":"A","price":{"amount":1,"currency":"EUR"}}]}`, status: 422, want: []string{`overrides[ebay]`}},
		{name: "replace unseen", method: "PUT", url: "/v1/products/prd_mug", body: newMug, status: 428, after: asked("")},
		{name: "replace stale", method: "PUT", url: "/v1/products/prd_mug", body: newMug, header: match(`"3"`), status: 412, after: asked("")},
		{
			name: "replace", method: "PUT", url: "/v1/products/prd_mug", header: match(`"4"`), status: 200,
			body: `{"title":"Mug 2","variants":[{"sku":"MUG-S","price":{"amount":1300,"currency":"EUR"}}]}`,
			want: []string{`"id":"prd_mug"`, `"handle":"mug"`, `"id":"var_s"`, `"stated":5`, `"amount":1300`}, absent: []string{"MUG-L"}, headers: map[string]string{"ETag": `"5"`},
		},
		{name: "replace another's", method: "PUT", url: "/v1/products/prd_mug", key: keyTwo, body: newMug, header: match(`*`), status: 404},
		{
			name: "patch", method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":"Mug!","images":null}`, header: map[string]string{"Content-Type": "application/merge-patch+json"}, status: 200,
			want: []string{`"title":"Mug!"`, `"description":"A mug."`, `"sku":"MUG-L"`}, absent: []string{"images"},
		},
		{name: "patch away what must be there", method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":null}`, status: 422, want: []string{`"field":"title"`}},
		{name: "patch with a list", method: "PATCH", url: "/v1/products/prd_mug", body: `[1]`, status: 422, want: []string{"merge patch is an object"}},
		{name: "patch an unknown field", method: "PATCH", url: "/v1/products/prd_mug", body: `{"prize":1}`, status: 422, want: []string{`"field":"prize"`}},
		{name: "patch stale", method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":"x"}`, header: match(`"3"`), status: 412},
		{name: "patch in the middle of another edit", method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":"x"}`, status: 200, before: crowd(1), want: []string{`"version":6`}},
		{name: "patch of a version that just went", method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":"x"}`, header: match(`"4"`), status: 412, before: crowd(1)},
		{name: "patch in a crowd", method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":"x"}`, status: 409, before: crowd(99)},
		{name: "delete", method: "DELETE", url: "/v1/products/prd_mug", status: 204, after: asked("remove prd_mug")},
		{name: "delete stale", method: "DELETE", url: "/v1/products/prd_mug", header: match(`"3"`), status: 412},
	})
}

// crowd lets others edit the mug before each of the next writes.
func crowd(times int) func(*world) {
	return func(w *world) {
		w.does.between = func() {
			if times > 0 {
				p := w.memory.spaces[spaceOne].products["prd_mug"]
				p.Version++
				w.memory.spaces[spaceOne].products["prd_mug"] = p
			}
			times--
		}
	}
}

// What GET shows may be sent back as it is.
func TestProductRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.memory.spaces[spaceOne].products["prd_mug"] = full(w.memory.spaces[spaceOne].products["prd_mug"])
	got := scenario{method: "GET", url: "/v1/products/prd_mug", status: 200}.run(t, w)
	var body bytes.Buffer
	if _, err := body.ReadFrom(got.Body); err != nil {
		t.Fatal(err)
	}
	want := w.memory.spaces[spaceOne].products["prd_mug"]
	scenario{method: "PUT", url: "/v1/products/prd_mug", body: body.String(), header: match(`"4"`), status: 200}.run(t, w)
	want.Version++
	if diff := compare(want, w.memory.spaces[spaceOne].products["prd_mug"]); diff != "" {
		t.Errorf("sending back what was read changed it (-was +is):\n%s", diff)
	}
}

func full(p commerce.Product) commerce.Product {
	p.Brand, p.Category, p.Tags, p.Materials = "Clay", "mugs", []string{"a"}, []string{"clay"}
	p.Attributes, p.Channels, p.Archived = map[string]string{"who_made": "i_did"}, []commerce.Channel{commerce.Etsy}, true
	p.Overrides = map[commerce.Channel]commerce.Override{commerce.Etsy: {Title: "Etsy mug", Tags: []string{"b"}, Attributes: map[string]string{"a": "b"}}}
	p.Variants[0].Barcode, p.Variants[0].Grams, p.Variants[0].Image = "4006381333931", 300, "https://img.example/mug.png"
	return p
}

func TestListings(t *testing.T) {
	t.Parallel()
	id := mugOnEtsy()
	runAll(t, []scenario{
		{name: "all", method: "GET", url: "/v1/listings", status: 200, want: []string{`"id":"` + id + `"`, `"state":"rejected"`, `"rule":"title_too_long"`, `"url":""`, `"waiting":""`}},
		{name: "of a state", method: "GET", url: "/v1/listings?channel=etsy&state=live", status: 200, want: []string{`"items":[]`}},
		{name: "of a product", method: "GET", url: "/v1/listings?product=prd_mug", status: 200, want: []string{`"id":"` + id + `"`, `"title":"Mug"`}},
		{name: "of another's product", method: "GET", url: "/v1/listings?product=prd_mug", key: keyTwo, status: 404},
		{name: "one", method: "GET", url: "/v1/listings/" + id, status: 200, want: []string{`"remote_id":"111"`, `{"variant":"var_l","remote_id":"2"}`, `"wanted":true`}},
		{name: "one without channel", method: "GET", url: "/v1/listings/" + strings.TrimSuffix(id, ".etsy"), status: 404},
		{name: "one on another channel", method: "GET", url: "/v1/listings/" + strings.Replace(id, "etsy", "tiktok", 1), status: 404},
		{name: "retry", method: "POST", url: "/v1/listings/" + id + "/retry", status: 202, after: asked("retry " + id)},
		{name: "retry nothing", method: "POST", url: "/v1/listings/lst_9.etsy/retry", status: 404, after: asked("")},
	})
}

func TestImports(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("sku,title\nA,Ä"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	csv := map[string]string{"Content-Type": "text/csv"}
	took := func(data string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			t.Helper()
			if string(w.does.data) != data {
				t.Errorf("imported %q, want %q", w.does.data, data)
			}
		}
	}
	runAll(t, []scenario{
		{name: "list", method: "GET", url: "/v1/imports", status: 200, want: []string{`"id":"job_1"`, `"problems":[{"row":3,"field":"price","code":"not_an_amount","value":"","message":"No."}]`}, absent: []string{"job_2"}},
		{name: "one", method: "GET", url: "/v1/imports/job_1", status: 200, want: []string{`{"id":"job_1","state":"done"`, `"rows":3,"created":1,"updated":0,"unchanged":0,"failed":1`}},
		{name: "work of another kind", method: "GET", url: "/v1/imports/job_2", status: 404},
		{name: "csv", method: "POST", url: "/v1/imports", body: "sku,title\nA,B", header: csv, status: 202, want: []string{`"state":"running"`, `"format":"auto"`, `"problems":[]`}, headers: map[string]string{"Location": "/v1/imports/job_new"}, after: took("sku,title\nA,B")},
		{name: "bytes of another encoding", method: "POST", url: "/v1/imports?format=shopify", body: "title\n\xc4", header: map[string]string{"Content-Type": "application/octet-stream"}, status: 202, want: []string{`"format":"shopify"`}, after: took("title\n\xc4")},
		{name: "gzip", method: "POST", url: "/v1/imports", body: zipped.String(), header: map[string]string{"Content-Type": "application/gzip"}, status: 202, after: took("sku,title\nA,Ä")},
		{name: "gzip by encoding", method: "POST", url: "/v1/imports", body: zipped.String(), header: map[string]string{"Content-Type": "text/csv", "Content-Encoding": "gzip"}, status: 202, after: took("sku,title\nA,Ä")},
		{name: "half a gzip", method: "POST", url: "/v1/imports", body: zipped.String()[:20], header: csv, status: 422, want: []string{`"code":"broken_gzip"`}},
		{name: "nothing", method: "POST", url: "/v1/imports", header: csv, status: 422, want: []string{"--data-binary"}},
		{name: "a form", method: "POST", url: "/v1/imports", body: "--x", header: map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, status: 422, want: []string{`"code":"multipart"`}},
		{name: "of no format", method: "POST", url: "/v1/imports?format=excel", body: "x", header: csv, status: 422, want: []string{`"field":"format"`}},
		{name: "an upload", method: "POST", url: "/v1/imports", body: `{"upload":"upl_1","format":"google"}`, status: 202, after: asked("import google tmp/uploads/w1/upl_1")},
		{name: "another's upload", method: "POST", url: "/v1/imports", body: `{"upload":"../w2/upl_1"}`, status: 422, want: []string{`"field":"upload"`}, after: asked("")},
		{name: "too large", method: "POST", url: "/v1/imports", body: strings.Repeat("x", 4<<20+1), header: csv, status: 413, want: []string{`"code":"too_large"`, "POST /v1/uploads"}},
		{name: "just not too large", method: "POST", url: "/v1/imports", body: strings.Repeat("x", 4<<20), header: csv, status: 202},
		{name: "ask for an address", method: "POST", url: "/v1/uploads", status: 201, want: []string{`"method":"PUT"`, `tmp/uploads/w1/upl_`, `"headers":{"Content-Type":"text/csv"}`, `"expires_at":"2026-11-22T13:00:00Z"`}},
		{name: "ask with a type", method: "POST", url: "/v1/uploads", body: `{"content_type":"application/gzip"}`, status: 201, want: []string{`"Content-Type":"application/gzip"`}},
		{name: "ask with no type", method: "POST", url: "/v1/uploads", body: `{"content_type":"x y"}`, status: 422, want: []string{`"field":"content_type"`}},
	})
}

// A patch in other letters must not be dropped silently.
func TestPatchInOtherLetters(t *testing.T) {
	t.Parallel()
	runAll(t, []scenario{
		{name: "capital", method: "PATCH", url: "/v1/products/prd_mug", body: `{"Title":"x"}`, status: 422, want: []string{`"code":"unknown_field"`, `"field":"Title"`}, after: asked("")},
		{name: "twice", method: "PATCH", url: "/v1/products/prd_mug", body: `{"title":"x","title":"y"}`, status: 422, want: []string{`"code":"repeated"`}, after: asked("")},
	})
}

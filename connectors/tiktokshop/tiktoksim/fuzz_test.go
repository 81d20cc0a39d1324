package tiktoksim

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"testing"
)

// FuzzContent feeds the decoder and the rules of products that need no store.
func FuzzContent(f *testing.F) {
	f.Add([]byte(`{"title":"Mug","category_id":"600024","category_version":"v2","skus":[{"price":{"amount":"1.2","currency":"USD"},"sales_attributes":[{"name":"a","value_name":"b"}]}],"package_weight":{"value":"1","unit":"POUND"}}`))
	f.Add([]byte(`{"skus":[{},{}],"product_attributes":[{"id":"101610","values":[{"id":"1024358"}]}]}`))
	f.Add([]byte(`{"main_images":["x"]}`))
	f.Add([]byte(`{"title":"\u0000","skus":null}`))
	f.Add([]byte(`[]`))
	goods := newCatalogue()
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := decodeBody[content](body)
		if err != nil {
			return
		}
		if _, _, err := overlay(content{}, in, body); err != nil && json.Valid(body) && bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
			t.Errorf("overlay refuses what decodes: %v", err)
		}
		_ = checkTitle(in.Title)
		for _, id := range []string{"600044", "601284"} {
			k := goods.categories[id]
			_ = checkPackage(&in, k)
			_ = k.checkProperties(in.Attributes)
			for _, v := range in.SKUs {
				_ = k.checkSales(v.Sales)
				_ = checkCode(v.Code)
			}
		}
		if len(in.SKUs) > 0 {
			_ = checkVariants(in.SKUs)
		}
	})
}

// FuzzCents holds every accepted amount against its printed form.
func FuzzCents(f *testing.F) {
	for _, seed := range []string{"0", "12.5", "12.50", "-1", "1e3", "999999999.99", ".5", "5."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := cents(text)
		if !ok {
			return
		}
		if again, ok := cents(printCents(n)); !ok || again != n {
			t.Errorf("%q is %d, printed %s", text, n, printCents(n))
		}
	})
}

// FuzzForm feeds the reader of uploads and of pictures.
func FuzzForm(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a\"\r\n\r\nGIF89a\r\n--b--\r\n"))
	f.Add([]byte("--b--"))
	f.Fuzz(func(t *testing.T, body []byte) {
		_, data, err := readForm(multipart.NewReader(bytes.NewReader(body), "b"))
		if err == nil {
			_, _ = readPicture(data, "png", "jpeg", "gif")
		}
	})
}

// FuzzOutgoing feeds the rules of chat messages.
func FuzzOutgoing(f *testing.F) {
	f.Add("TEXT", `{"content":"hi"}`)
	f.Add("IMAGE", `{"url":1,"width":"2","height":null}`)
	f.Add("TEXT", `null`)
	s := &Sim{Settings: defaults()}
	f.Fuzz(func(_ *testing.T, kind, content string) {
		_ = s.checkOutgoing(outgoing{Type: kind, Content: content})
	})
}

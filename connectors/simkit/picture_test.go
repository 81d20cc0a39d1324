package simkit_test

import (
	"bytes"
	"image/png"
	"io"
	"net/http"
	"testing"

	"github.com/manystall/manystall/connectors/simkit"
)

func TestPicture(t *testing.T) {
	t.Parallel()
	one, err := simkit.Picture("mug")
	must(t, err)
	again, err := simkit.Picture("mug")
	must(t, err)
	other, err := simkit.Picture("cup")
	must(t, err)
	if !bytes.Equal(one, again) || bytes.Equal(one, other) {
		t.Error("a picture must follow its name and nothing else")
	}
	img, err := png.Decode(bytes.NewReader(one))
	must(t, err)
	if size := img.Bounds().Size(); size.X != 800 || size.Y != 800 || len(one) > 20_000 {
		t.Errorf("%v in %d bytes", size, len(one))
	}
}

func TestFetchPicture(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]int{
		"https://shop.example/mug.jpg?v=2": http.StatusOK, "https://shop.example/404": http.StatusNotFound, "https://shop.example/x/404?a=b": http.StatusNotFound,
	} {
		resp, err := simkit.FetchPicture(t.Context(), address)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		must(t, resp.Body.Close())
		if resp.StatusCode != want || int64(len(body)) != resp.ContentLength || resp.Status[:3] != map[int]string{200: "200", 404: "404"}[want] {
			t.Errorf("%s: %s, %d bytes", address, resp.Status, len(body))
		}
		if _, err := png.Decode(bytes.NewReader(body)); (err == nil) != (want == http.StatusOK) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := simkit.FetchPicture(t.Context(), "http://[::1"); err == nil {
		t.Error("a broken address has a picture")
	}
}

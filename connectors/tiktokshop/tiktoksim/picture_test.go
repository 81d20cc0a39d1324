package tiktoksim

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.White})); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUpload(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		w, h int
		use  string
		code int
	}{
		"main":              {800, 600, "MAIN_IMAGE", 0},
		"default is main":   {800, 600, "", 0},
		"main too small":    {299, 800, "MAIN_IMAGE", 12038014},
		"main too large":    {4001, 800, "MAIN_IMAGE", 12038014},
		"smallest":          {100, 100, "DESCRIPTION_IMAGE", 0},
		"too small":         {99, 100, "DESCRIPTION_IMAGE", 12038014},
		"too wide":          {20001, 100, "ATTRIBUTE_IMAGE", 12038014},
		"small size chart":  {1023, 2000, "SIZE_CHART_IMAGE", 12038014},
		"unknown use":       {800, 800, "WALLPAPER", 11050001},
		"certificate image": {500, 500, "CERTIFICATION_IMAGE", 0},
	}
	s := newStall(t)
	for name, tt := range tests {
		if r := s.upload(tt.w, tt.h, tt.use); r.Code != tt.code {
			t.Errorf("%s: code %d, want %d: %s", name, r.Code, tt.code, r.raw)
		}
	}
}

func TestUploadedPictureIsServed(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	address := field[string](t, s.upload(400, 400, "MAIN_IMAGE").Data, "url")
	path := strings.TrimPrefix(strings.TrimSpace(address), testBase)
	w := httptest.NewRecorder()
	s.sim.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), pngOf(t, 400, 400)) {
		t.Errorf("GET %s: %d with %d bytes", path, w.Code, w.Body.Len())
	}
}

func TestUploadRefusesWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	for name, tt := range map[string]struct {
		data []byte
		code int
	}{"text": {[]byte("hello"), 12038015}, "empty": {nil, 12038002}, "too large": {bytes.Repeat([]byte("x"), maxImage+1), 12038005}} {
		body, kind := form(t, "MAIN_IMAGE", tt.data)
		r := s.prepare(http.MethodPost, "/product/202309/images/upload", body)
		r.kind = kind
		if got := s.do(r); got.Code != tt.code {
			t.Errorf("%s: code %d, want %d", name, got.Code, tt.code)
		}
	}
}

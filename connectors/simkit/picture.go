package simkit

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// FetchPicture answers any address with a generated picture of 800 by 800
// points, the same one for the same address; a chart is twice as large. A path that ends in /404 is not
// found. It stands in for the whole internet where nothing outside is reachable.
func FetchPicture(_ context.Context, address string) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(u.Path, "/404") {
		return picture(http.StatusNotFound, "text/plain", []byte("not found\n")), nil
	}
	body, err := Picture(address)
	if err != nil {
		return nil, err
	}
	return picture(http.StatusOK, "image/png", body), nil
}

func picture(status int, kind string, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {kind}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
	}
}

// Picture draws the picture of a name as PNG.
func Picture(name string) ([]byte, error) {
	h := fnv.New64a()
	_, _ = io.WriteString(h, name)
	n := h.Sum64()
	tone := func(shift uint) color.Color {
		return color.RGBA{R: 90 + uint8(n>>shift)%140, G: 90 + uint8(n>>(shift+8))%140, B: 90 + uint8(n>>(shift+16))%140, A: 255}
	}
	side := 800
	if strings.Contains(name, "chart") {
		side *= 2
	}
	// A palette keeps the file at a few kilobytes.
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{tone(0), tone(16), tone(32)})
	draw.Draw(img, image.Rect(0, side/2, side, side), image.NewUniform(tone(16)), image.Point{}, draw.Src)
	x, y := int(n>>24)%400, int(n>>40)%400
	draw.Draw(img, image.Rect(x, y, x+400, y+400), image.NewUniform(tone(32)), image.Point{}, draw.Src)
	var buf bytes.Buffer
	err := png.Encode(&buf, img)
	return buf.Bytes(), err
}

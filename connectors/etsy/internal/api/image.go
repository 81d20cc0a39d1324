package api

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/manystall/manystall/shared/fault"
)

// Upload is a picture on its way to a listing: bytes, or the id of one that
// Etsy has already.
type Upload struct {
	Data      []byte
	Type      string // image/png, image/jpeg …
	Known     int64  // listing_image_id; 0 with Data
	Rank      int    // from 1
	Overwrite bool   // takes the place of the picture at that rank
	Alt       string // at most 500 characters
}

// Images lists the pictures of a listing.
func (c *Client) Images(ctx context.Context, listing int64) ([]Image, error) {
	return readAll[Image](ctx, c, "getListingImages", listingPath(listing, "/images"), nil)
}

// UploadImage puts a picture on a listing. Sending bytes twice makes two
// pictures.
func (c *Client) UploadImage(ctx context.Context, listing int64, u Upload) (Image, error) {
	kind, body, err := u.encode()
	if err != nil {
		return Image{}, fault.Wrap(err, fault.Internal, "bad_body", "The body of uploadListingImage could not be written.")
	}
	r := call{op: "uploadListingImage", method: http.MethodPost, path: c.shopPath(listingPath(listing, "/images")), kind: kind, body: body, once: u.Known == 0}
	return answer[Image](ctx, c, r)
}

// encode writes the multipart body; its content type names the boundary.
func (u Upload) encode() (kind string, body []byte, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	fields := [][2]string{{"rank", fmt.Sprint(u.Rank)}, {"overwrite", fmt.Sprint(u.Overwrite)}, {"alt_text", u.Alt}}
	if u.Known != 0 {
		fields = append(fields, [2]string{"listing_image_id", number(u.Known)})
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return "", nil, err
		}
	}
	if u.Known == 0 {
		part, err := w.CreatePart(u.header())
		if err != nil {
			return "", nil, err
		}
		if _, err := part.Write(u.Data); err != nil {
			return "", nil, err
		}
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return w.FormDataContentType(), b.Bytes(), nil
}

// header names the file: a part without a filename is refused (etsy/open-api#233).
func (u Upload) header() textproto.MIMEHeader {
	kind, extension := "application/octet-stream", "bin"
	if name, ok := strings.CutPrefix(u.Type, "image/"); ok && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == "" {
		kind, extension = u.Type, name
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="image"; filename="picture-%d.%s"`, u.Rank, extension))
	h.Set("Content-Type", kind)
	return h
}

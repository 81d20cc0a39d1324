package tiktoksim

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // chat images
	_ "image/jpeg"
	_ "image/png"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/manystall/manystall/connectors/simkit"
)

const maxImage = 10 << 20

// upload limits of product images in points (Upload Product Image, 2025-12).
const minSide, maxSide = 100, 20_000

type picture struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Use    string `json:"use"`
	Format string `json:"format"`

	data []byte // kept apart, in table picture-data
}

type imageRef struct {
	URI string `json:"uri"`
}

func uploadProductImage(c *call) (any, error) {
	fields, data, err := readUpload(c)
	if err != nil {
		return nil, err
	}
	use := fields["use_case"]
	if use == "" {
		use = "MAIN_IMAGE"
	}
	if !slices.Contains([]string{"MAIN_IMAGE", "ATTRIBUTE_IMAGE", "DESCRIPTION_IMAGE", "CERTIFICATION_IMAGE", "SIZE_CHART_IMAGE"}, use) {
		return nil, reject(11050001, "use_case is not valid")
	}
	p, err := readPicture(data, "png", "jpeg")
	if err != nil {
		return nil, err
	}
	if err := p.checkSize(use); err != nil {
		return nil, err
	}
	p.Use = use
	id, err := c.sim.keep(c.tx, p)
	if err != nil {
		return nil, err
	}
	// The address in the official sample ends with a newline.
	return object{"uri": uri(id), "url": c.sim.pictureURL(uri(id)) + "\n", "width": p.Width, "height": p.Height, "use_case": use}, nil
}

func (p picture) checkSize(use string) error {
	low, high := minSide, maxSide
	switch use {
	case "MAIN_IMAGE":
		low, high = 300, 4000
	case "SIZE_CHART_IMAGE":
		low = 1024
	}
	if min(p.Width, p.Height) < low || max(p.Width, p.Height) > high {
		return reject(12038014, "The image dimensions are not allowed: %d x %d to %d x %d pixels.", low, low, high, high)
	}
	return nil
}

// readUpload takes the form apart: its text fields and the bytes of "data".
func readUpload(c *call) (map[string]string, []byte, error) {
	r := c.req.Clone(c.req.Context())
	r.Body = io.NopCloser(bytes.NewReader(c.body))
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, gate(http.StatusBadRequest, codeNotMultipart, "The content-type must be multipart/form-data with a boundary")
	}
	return readForm(form)
}

func readForm(form *multipart.Reader) (map[string]string, []byte, error) {
	fields := map[string]string{}
	var data []byte
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, reject(12038002, "Invalid upload: the form is cut off.")
		}
		raw, err := io.ReadAll(io.LimitReader(part, maxImage+1))
		if err != nil {
			return nil, nil, reject(12038002, "Invalid upload: the form is cut off.")
		}
		if part.FormName() == "data" {
			data = raw
		} else {
			fields[part.FormName()] = string(raw)
		}
	}
	switch {
	case len(data) == 0:
		return nil, nil, reject(12038002, "Invalid upload: field data is missing.")
	case len(data) > maxImage:
		return nil, nil, reject(12038005, "The file is larger than 10 MB.")
	}
	return fields, data, nil
}

func readPicture(data []byte, formats ...string) (picture, error) {
	head, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || !slices.Contains(formats, format) {
		return picture{}, reject(12038015, "The image could not be read. Formats read here: %s", strings.Join(formats, ", "))
	}
	return picture{Width: head.Width, Height: head.Height, Format: format, data: data}, nil
}

func (s *Sim) keep(tx *simkit.Tx, p picture) (string, error) {
	n, err := tx.Next("picture")
	if err != nil {
		return "", err
	}
	id := fmt.Sprintf("%012x%010x", s.env.Seed&0xffffffffffff, n)
	return id, putAll(tx, row{"picture", id, p}, row{"picture-data", id, p.data})
}

const uriPrefix = "tos-useast5-i-omjb5zjo8w-tx/"

func uri(id string) string { return uriPrefix + id }

func (s *Sim) pictureURL(uri string) string {
	return s.env.URL + "/image/" + strings.TrimPrefix(uri, uriPrefix)
}

// picture finds an uploaded image by its uri.
func (c *call) picture(u string) (picture, bool, error) {
	var p picture
	id, ok := strings.CutPrefix(u, uriPrefix)
	if !ok || id == "" {
		return p, false, nil
	}
	known, err := c.tx.Find("picture", id, &p)
	return p, known, err
}

// checkImages wants every uri to be an upload; side > 0 also wants main image
// dimensions.
func (c *call) checkImages(refs []imageRef, code, side int) error {
	for _, ref := range refs {
		p, known, err := c.picture(ref.URI)
		if err != nil {
			return err
		}
		if !known {
			return reject(code, "The image URI does not exist in TikTok Shop: %s", ref.URI)
		}
		if side > 0 && (min(p.Width, p.Height) < side || max(p.Width, p.Height) > 4000) {
			return reject(12052301, "Width and height of a main image must be %d to 4000, check uri %s", side, ref.URI)
		}
	}
	return nil
}

func (s *Sim) serveImage(w http.ResponseWriter, r *http.Request) {
	var p picture
	var known bool
	err := s.env.Store.View(func(tx *simkit.Tx) (err error) {
		id := strings.TrimSpace(r.PathValue("id"))
		if known, err = tx.Find("picture", id, &p); err != nil {
			return err
		}
		_, err = tx.Find("picture-data", id, &p.data)
		return err
	})
	if err != nil || !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "image/"+p.Format)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(p.data)
}

func (s *Sim) imageView(c *call, u string) (object, error) {
	p, _, err := c.picture(u)
	address := s.pictureURL(u)
	return object{"uri": u, "urls": []string{address}, "thumb_urls": []string{address}, "width": p.Width, "height": p.Height}, err
}

package etsysim

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// bodyKind is the one content type that an operation takes.
type bodyKind string

const (
	noBody        bodyKind = ""
	formBody      bodyKind = "application/x-www-form-urlencoded"
	jsonBody      bodyKind = "application/json"
	multipartBody bodyKind = "multipart/form-data"
)

const (
	maxBody   = 4 << 20  // forms and JSON
	maxUpload = 24 << 20 // an image with its fields
)

// operation is one entry of Etsy's API.
type operation struct {
	id     string // operationId in Etsy's OpenAPI file
	method string
	path   string // below /v3/application
	scope  string // empty: the API key is enough
	body   bodyKind
	write  bool
	run    func(*call) (reply, error)
}

// call is one request on its way through an operation, inside a transaction.
type call struct {
	sim   *Sim
	tx    *simkit.Tx
	now   time.Time
	r     *http.Request
	grant *grant // nil without a token
	query *form
	form  *form  // of form and multipart bodies
	json  []byte // of JSON bodies
	file  []byte // of multipart bodies; nil without a file
}

// id reads a numeric path parameter.
func (c *call) id(name string) (int64, error) {
	text := c.r.PathValue(name)
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, invalid("Expected int value for '%s' (got '%s')", name, cut(text, 40))
	}
	return id, nil
}

// ownShop checks the shop in the path. There is one shop, so any other is
// unknown to the caller.
func (c *call) ownShop() error {
	id, err := c.id("shop_id")
	if err == nil && id != c.sim.shop.ID {
		err = notFound("Shop", id)
	}
	return err
}

// isOwner says whether the caller may see what buyers do not.
func (c *call) isOwner() bool { return c.grant != nil }

func (c *call) unix() int64 { return c.now.Unix() }

// readBody reads the body before any transaction is open, so that a slow
// client blocks nobody.
func (c *call) readBody(w http.ResponseWriter, kind bodyKind) error {
	if kind == noBody {
		return nil
	}
	got, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || got != string(kind) {
		return invalid("Unsupported content type '%s': this operation takes %s", cut(c.r.Header.Get("Content-Type"), 80), kind)
	}
	if kind == multipartBody {
		return c.readMultipart(w)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxBody))
	if err != nil {
		return invalid("The request body could not be read")
	}
	if kind == jsonBody {
		c.json = raw
		return nil
	}
	return c.readForm(raw)
}

func (c *call) readForm(raw []byte) error {
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return invalid("The form could not be parsed")
	}
	c.form = &form{values: values}
	c.form.brackets()
	return c.form.err
}

func (c *call) readMultipart(w http.ResponseWriter) error {
	c.r.Body = http.MaxBytesReader(w, c.r.Body, maxUpload)
	if err := c.r.ParseMultipartForm(maxUpload); err != nil {
		return invalid(noImage)
	}
	defer func() { _ = c.r.MultipartForm.RemoveAll() }()
	c.form = &form{values: url.Values(c.r.MultipartForm.Value)}
	files := c.r.MultipartForm.File["image"]
	if len(files) == 0 {
		return nil
	}
	part, err := files[0].Open()
	if err != nil {
		return invalid(noImage)
	}
	defer func() { _ = part.Close() }()
	if c.file, err = io.ReadAll(part); err != nil {
		return invalid(noImage)
	}
	return nil
}

// decode reads the JSON body strictly: Etsy refuses fields it does not know,
// such as those its own reads add.
func (c *call) decode(into any, known bool) error {
	dec := json.NewDecoder(bytes.NewReader(c.json))
	dec.UseNumber()
	if known {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(into); err != nil {
		return invalid("Invalid request body: %s", cut(err.Error(), 120))
	}
	if _, err := dec.Token(); err != io.EOF {
		return invalid("Invalid request body: more than one JSON value")
	}
	return nil
}

package dashboard

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/catalog"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
	"github.com/manystall/manystall/shared/validate"
)

const (
	// plainLimit is the most bytes a compressed file may grow to.
	plainLimit = 32 << 20
	// uploadLimit is the most bytes of an uploaded file.
	uploadLimit = catalog.MaxFile
	uploadLife  = time.Hour
	kindImport  = "import"
)

func (h *Handler) importRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/imports", Status: http.StatusOK}, h.listImports),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/imports", Status: http.StatusAccepted}, h.createImport),
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/imports/{id}", Status: http.StatusOK}, h.oneImport),
		httpapi.Handle(httpapi.Endpoint{Pattern: "POST /v1/uploads", Status: http.StatusCreated}, h.createUpload),
	}
}

type importView struct {
	ID        commerce.JobID `json:"id"`
	State     string         `json:"state"`
	Reason    string         `json:"reason,omitempty"`
	Format    string         `json:"format,omitempty"`
	Name      string         `json:"name,omitempty"`
	Rows      int            `json:"rows"`
	Created   int            `json:"created"`
	Updated   int            `json:"updated"`
	Unchanged int            `json:"unchanged"`
	Failed    int            `json:"failed"`
	Problems  []rowProblem   `json:"problems"`
	CreatedAt time.Time      `json:"created_at"`
	EndedAt   time.Time      `json:"ended_at,omitzero"`
	fresh     bool
}

type rowProblem struct {
	Row     int    `json:"row"`
	Field   string `json:"field"`
	Code    string `json:"code"`
	Value   string `json:"value"`
	Message string `json:"message"`
}

// Head says where a new import can be followed.
func (v *importView) Head(header http.Header) {
	if v.fresh {
		header.Set("Location", "/v1/imports/"+string(v.ID))
	}
}

func viewImport(j port.Job) importView {
	v := importView{
		ID: j.ID, State: j.State, Reason: j.Reason, Format: j.Params["format"], Name: j.Params["name"],
		Rows: j.Rows, Created: j.Created, Updated: j.Updated, Unchanged: j.Unchanged, Failed: j.Failed,
		Problems: make([]rowProblem, 0, len(j.Problems)), CreatedAt: j.CreatedAt.UTC(), EndedAt: j.EndedAt.UTC(),
	}
	for _, p := range j.Problems {
		v.Problems = append(v.Problems, rowProblem(p))
	}
	return v
}

type listRequest struct {
	httpapi.Call
	httpapi.Paging
}

func (h *Handler) listImports(ctx context.Context, req *listRequest) (*httpapi.List[importView], error) {
	jobs, err := h.Store.ListJobs(ctx, req.Space, req.Page())
	if err != nil {
		return nil, err
	}
	imports := port.List[port.Job]{Next: jobs.Next}
	for _, j := range jobs.Items {
		if j.Kind == kindImport {
			imports.Items = append(imports.Items, j)
		}
	}
	return httpapi.Listed(imports, viewImport), nil
}

type importRequest struct {
	httpapi.Call
	ID commerce.JobID `path:"id" validate:"id"`
}

func (h *Handler) oneImport(ctx context.Context, req *importRequest) (*importView, error) {
	j, err := h.Store.Job(ctx, req.Space, req.ID)
	if err != nil {
		return nil, err
	}
	if j.Kind != kindImport {
		return nil, fault.New(fault.NotFound, "not_found", "There is no import %s.", req.ID)
	}
	v := viewImport(j)
	return &v, nil
}

type importWish struct {
	Upload string `json:"upload" validate:"required,id"`
	Format string `json:"format" validate:"omitempty,oneof=auto shopify woocommerce etsy google manystall"`
}

type createImportRequest struct {
	httpapi.Call
	Format string `query:"format" validate:"omitempty,oneof=auto shopify woocommerce etsy google manystall"`
	Name   string `query:"name" validate:"max=200,line"`
	Data   []byte `body:"raw"`
}

func (h *Handler) createImport(ctx context.Context, req *createImportRequest) (*importView, error) {
	file, err := req.file()
	if err != nil {
		return nil, err
	}
	if file.Format == "" {
		file.Format = "auto"
	}
	file.Key, file.Name = req.Key, req.Name
	job, err := h.Imports.Start(ctx, req.Space, file)
	if err != nil {
		return nil, err
	}
	v := viewImport(job)
	v.fresh = true
	return &v, nil
}

// file is the body as a file, or the upload it names.
func (r *createImportRequest) file() (catalog.Upload, error) {
	file := catalog.Upload{Format: r.Format, Data: r.Data}
	if len(r.Data) == 0 {
		return file, fault.New(fault.Invalid, "empty", "The body is empty: send the file itself, for example with curl --data-binary @catalog.csv.")
	}
	// A type that can't be read names no file either.
	kind, _, _ := strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), ";")
	switch strings.TrimSpace(kind) {
	case "application/json":
		return r.uploaded()
	case "multipart/form-data":
		return file, fault.New(fault.Invalid, "multipart", "Send the file itself as the body, not a form: curl --data-binary @catalog.csv.")
	}
	var err error
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") || bytes.HasPrefix(r.Data, []byte{0x1f, 0x8b}) {
		file.Data, err = inflate(r.Data)
	}
	return file, err
}

func (r *createImportRequest) uploaded() (catalog.Upload, error) {
	var wish importWish
	if err := httpapi.DecodeJSON(r.Data, &wish); err != nil {
		return catalog.Upload{}, err
	}
	if err := validate.Struct(wish); err != nil {
		return catalog.Upload{}, err
	}
	return catalog.Upload{Format: cmp.Or(wish.Format, r.Format), Blob: uploadKey(r.Space, wish.Upload)}, nil
}

// uploadKey lies under the workspace of the credential: an upload of another
// can't be named.
func uploadKey(w commerce.WorkspaceID, id string) string {
	return path.Join("tmp/uploads", string(w), id)
}

func inflate(data []byte) ([]byte, error) {
	broken := fault.New(fault.Invalid, "broken_gzip", "The gzip file can't be read to its end.")
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, broken
	}
	plain, err := io.ReadAll(io.LimitReader(z, plainLimit+1))
	if err = errors.Join(err, z.Close()); err != nil {
		return nil, broken
	}
	if len(plain) > plainLimit {
		return nil, fault.New(fault.TooLarge, "too_large", "The file grows to more than 32 MiB. Ask POST /v1/uploads for an address to PUT it to.")
	}
	return plain, nil
}

type uploadRequest struct {
	httpapi.Call
	Body struct {
		ContentType string `json:"content_type" validate:"max=100,line"`
	} `body:"json,optional"`
}

type upload struct {
	ID        string            `json:"id"`
	URL       string            `json:"url"`
	Method    string            `json:"method"`
	Headers   map[string]string `json:"headers"`
	Limit     int64             `json:"limit"`
	ExpiresAt time.Time         `json:"expires_at"`
}

func (h *Handler) createUpload(ctx context.Context, req *uploadRequest) (*upload, error) {
	kind := req.Body.ContentType
	if kind == "" {
		kind = "text/csv"
	}
	if _, _, err := mime.ParseMediaType(kind); err != nil {
		return nil, fault.Refused(fault.Invalid, commerce.Problem{Rule: "not_a_media_type", Field: "content_type", Fix: "content_type must be a media type such as text/csv."})
	}
	id := "upl_" + h.NewID()
	address, err := h.Uploads.UploadURL(ctx, uploadKey(req.Space, id), kind, uploadLimit, uploadLife)
	if err != nil {
		return nil, err
	}
	return &upload{
		ID: id, URL: address, Method: http.MethodPut, Headers: map[string]string{"Content-Type": kind},
		Limit: uploadLimit, ExpiresAt: h.Now().Add(uploadLife).UTC().Truncate(time.Second),
	}, nil
}

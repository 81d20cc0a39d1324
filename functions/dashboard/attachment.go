package dashboard

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
)

type attachmentRequest struct {
	httpapi.Call
	ID      commerce.ConversationID `path:"id" validate:"id"`
	Message commerce.MessageID      `path:"message" validate:"id"`
	N       string                  `path:"n" validate:"id"`
}

// attachment is our copy of what somebody sent.
type attachment struct {
	kind string
	data []byte
}

// File is the copy itself.
func (a *attachment) File() (contentType string, data []byte) { return a.kind, a.data }

// Head keeps a browser from running what a stranger sent: only what it can show
// safely is shown in place.
func (a *attachment) Head(header http.Header) {
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("X-Content-Type-Options", "nosniff")
	if a.kind == plainBytes {
		header.Set("Content-Disposition", "attachment")
	}
}

const plainBytes = "application/octet-stream"

// safeType is a type a browser may show, or plain bytes.
func safeType(kind string) string {
	if slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/webm", "audio/mpeg", "audio/wave", "audio/aiff", "application/ogg"}, kind) {
		return kind
	}
	return plainBytes
}

func (h *Handler) attachment(ctx context.Context, req *attachmentRequest) (*attachment, error) {
	m, err := h.Store.Message(ctx, req.Space, req.ID, req.Message)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(req.N)
	if err != nil || n >= len(m.Attachments) || m.Attachments[n].Blob == "" {
		return nil, fault.New(fault.NotFound, "no_copy", "There is no copy of this attachment.")
	}
	a := m.Attachments[n]
	data, err := h.Uploads.Blob(ctx, a.Blob, channel.MediaMax)
	return &attachment{safeType(a.Type), data}, err
}

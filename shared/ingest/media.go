package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// maxMedia is how many attachments of a message are copied, copyWithin how
	// long that may take.
	maxMedia   = 10
	copyWithin = 8 * time.Second
)

// mediaKey is where the copy of an attachment lies.
func mediaKey(w commerce.WorkspaceID, m commerce.MessageID, n int) string {
	return fmt.Sprintf("media/%s/%s/%d", w, m, n)
}

// copied says whether an attachment is what a person sent: its address ends
// soon. What points to something public is not copied.
func copied(a commerce.Attachment) bool {
	return a.URL != "" && a.Blob == "" && slices.Contains([]string{"image", "video", "audio", "file", "sticker", "story", "reel", "unsupported"}, a.Kind)
}

// copyMedia copies what came with a message that is stored already, so that
// nothing here can lose its text. What can't be copied keeps its address.
func (in *Ingester) copyMedia(ctx context.Context, w commerce.WorkspaceID, m commerce.Message) error {
	if in.Media == nil || m.Deleted || !slices.ContainsFunc(m.Attachments, copied) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, copyWithin)
	defer cancel()
	types := map[int]string{}
	for i, a := range m.Attachments[:min(len(m.Attachments), maxMedia)] {
		if !copied(a) {
			continue
		}
		file, err := in.Media.Media(ctx, a.URL)
		if err == nil {
			err = in.Blobs.PutBlob(ctx, mediaKey(w, m.ID, i), file.Type, file.Data)
		}
		if err != nil {
			in.Log.InfoContext(ctx, "attachment not copied", "message", m.ID, "attachment", i, "kind", fault.KindOf(err))
			continue
		}
		types[i] = file.Type
	}
	if len(types) == 0 {
		return nil
	}
	return in.noteMedia(context.WithoutCancel(ctx), w, m, types)
}

// noteMedia notes the copies with the message as it is now; of one that was
// taken back meanwhile they are deleted.
func (in *Ingester) noteMedia(ctx context.Context, w commerce.WorkspaceID, m commerce.Message, types map[int]string) error {
	for range attempts {
		conv, err := in.Store.Conversation(ctx, w, m.Conversation)
		if err != nil {
			return fmt.Errorf("conversation %s: %w", m.Conversation, err)
		}
		now, err := in.Store.Message(ctx, w, m.Conversation, m.ID)
		if err != nil {
			return fmt.Errorf("message %s: %w", m.ID, err)
		}
		if now.Deleted {
			return in.dropMedia(ctx, w, m.ID)
		}
		now.Attachments = slices.Clone(now.Attachments)
		for i, kind := range types {
			if i < len(now.Attachments) {
				now.Attachments[i].Blob, now.Attachments[i].Type = mediaKey(w, m.ID, i), kind
			}
		}
		_, err = in.Store.PutMessage(ctx, w, port.MessageWrite{Conversation: conv, Message: &now, Replace: true})
		if err == nil || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.New(fault.Temporary, "conversation_contended", "Conversation %s changes too fast to be written now.", m.Conversation)
}

// dropMedia deletes the copies of a message.
func (in *Ingester) dropMedia(ctx context.Context, w commerce.WorkspaceID, m commerce.MessageID) error {
	if in.Blobs == nil {
		return nil
	}
	for i := range maxMedia {
		if err := in.Blobs.DeleteBlob(ctx, mediaKey(w, m, i)); err != nil {
			return fmt.Errorf("delete what came with message %s: %w", m, err)
		}
	}
	return nil
}

// settleMedia settles the attachments of a write that is stored.
func (in *Ingester) settleMedia(ctx context.Context, w commerce.WorkspaceID, kind channel.UpdateKind, m *commerce.Message) error {
	switch {
	case m == nil:
		return nil
	case kind == channel.UpdateDelete:
		return in.dropMedia(ctx, w, m.ID)
	case kind == channel.UpdateMessage:
		return in.copyMedia(ctx, w, *m)
	}
	return nil
}

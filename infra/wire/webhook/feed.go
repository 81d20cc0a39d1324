package webhook

import (
	"context"
	"time"

	"github.com/manystall/manystall/functions/webhook"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

const (
	// maxWhole is what is put together while somebody waits for it, and
	// maxInline how much of a file an answer carries: Lambda passes 6 MB as a
	// whole event, and packed bytes grow by a third on their way.
	maxWhole  = 32 << 20
	maxInline = 4 << 20
	// fetchFor is how long the address of a larger file is good.
	fetchFor = 15 * time.Minute
)

// feed is the file of an account's catalog: the one that was written ahead where
// Meta fetches it, else one made now.
func (s site) feed(ctx context.Context, a port.Account) (webhook.Feed, error) {
	var t port.Target
	if a.Target != "" {
		var err error
		if t, err = s.Store.Target(ctx, a.Space, a.Target); err != nil {
			return webhook.Feed{}, err
		}
	}
	if !t.Feed {
		data, err := s.Feeds().Whole(ctx, a, maxWhole)
		return webhook.Feed{Data: data}, err
	}
	file := t.FeedFile
	if file.Blob == "" {
		return webhook.Feed{}, fault.New(fault.Temporary, "feed_not_written", "The feed is being written for the first time.")
	}
	out := webhook.Feed{Tag: file.Tag, At: file.At}
	var err error
	if file.Bytes > maxInline {
		out.URL, err = s.Blobs.DownloadURL(ctx, file.Blob, fetchFor)
	} else {
		out.Data, err = s.Blobs.Blob(ctx, file.Blob, maxInline)
	}
	return out, err
}

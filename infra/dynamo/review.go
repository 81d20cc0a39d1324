package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/port"
)

// PutReview implements port.Inbox: it creates or replaces.
func (s *Store) PutReview(ctx context.Context, w commerce.WorkspaceID, r commerce.Review) error {
	if err := s.known(r.Channel); err != nil {
		return err
	}
	return s.write(ctx, put(row{key: reviewKey(w, r.ID), entity: "review", view: r, g1: reviewEntry(w, r)}))
}

// ListReviews implements port.Inbox: newest first, over all channels when none
// is named.
func (s *Store) ListReviews(ctx context.Context, w commerce.WorkspaceID, channels []commerce.Channel, p port.Page) (port.List[commerce.Review], error) {
	channels = s.over(channels)
	l := list{name: join("reviews", channelNames(channels)), space: w, index: indexG1}
	for _, c := range channels {
		l.sources = append(l.sources, source{pk: in(w, "rev", part(string(c)))})
	}
	return viewPage[commerce.Review](ctx, s, l, p)
}

package publish

import (
	"maps"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
)

// merge lays a result over a listing as it is stored now; fallback has its
// views, and all of it where nothing is stored yet. What a view waited for is
// over once something happened to it.
func (r *run) merge(fallback commerce.Listing, res channel.Result) commerce.Listing {
	l, known := r.listings[fallback.ID]
	if !known {
		l = fallback
	}
	l.Views = maps.Clone(fallback.Views)
	if res.Remote != "" {
		l.Remote = res.Remote
	}
	if len(res.Items) > 0 {
		items := maps.Clone(l.Items)
		if items == nil {
			items = map[commerce.VariantID]commerce.RemoteID{}
		}
		maps.Copy(items, res.Items)
		l.Items = items
	}
	if res.Extra != nil {
		l.Extra = res.Extra
	}
	for c, v := range l.Views {
		v.Waiting = ""
		l.Views[c] = v
	}
	for c, v := range res.Views {
		l.Views = setView(l.Views, c, v, r.Now())
	}
	return l
}

// overlay keeps the problems our own rules found visible, whatever the
// marketplace says about the content it still shows.
func (r *run) overlay(l commerce.Listing, j *job, res channel.Result) commerce.Listing {
	for c, found := range j.problems {
		problems := found
		if res.Outcome == channel.Refused {
			problems = append(problems[:len(problems):len(problems)], res.Views[c].Problems...)
		}
		l = r.refused(l, map[commerce.Channel][]commerce.Problem{c: problems})
	}
	return l
}

func setView(views map[commerce.Channel]commerce.View, c commerce.Channel, v channel.View, now time.Time) map[commerce.Channel]commerce.View {
	next := maps.Clone(views)
	if next == nil {
		next = map[commerce.Channel]commerce.View{}
	}
	old := next[c]
	view := commerce.View{Channel: c, Wanted: old.Wanted, State: v.State, Review: v.Review, Problems: v.Problems, URL: v.URL, Waiting: v.Waiting, Since: old.Since}
	if view.URL == "" {
		view.URL = old.URL
	}
	if view.State == "" {
		view.State = old.State
	}
	if view.State != old.State || view.Since.IsZero() {
		view.Since = now
	}
	next[c] = view
	return next
}

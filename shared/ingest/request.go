package ingest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/commerce"
)

// mergeRequests lays what was told over what is stored, each request by its own
// version, and says whether there is anything to write.
func mergeRequests(stored, told []commerce.Request) (merged []commerce.Request, changed bool) {
	merged = slices.Clone(stored)
	for _, t := range told {
		i := sameRequest(merged, t)
		if i < 0 {
			t.ID = commerce.Derive("req", string(t.Remote))
			merged, changed = append(merged, t), true
			continue
		}
		s := merged[i]
		if t.UpdatedAt.Before(s.UpdatedAt) || (t.UpdatedAt.Equal(s.UpdatedAt) && !t.FetchedAt.After(s.FetchedAt)) {
			continue
		}
		t.ID, t.Answer = s.ID, s.Answer
		t.Reason, t.AskedAt = cmp.Or(t.Reason, s.Reason), cmp.Or(t.AskedAt, s.AskedAt)
		if t.RawState == s.RawState && len(t.Reasons) == 0 {
			t.Reasons = s.Reasons
		}
		if t.UpdatedAt.Equal(s.UpdatedAt) && t.RawState == s.RawState && slices.Equal(t.Answers, s.Answers) && slices.Equal(t.Reasons, s.Reasons) {
			continue
		}
		merged[i], changed = t, true
	}
	return merged, changed
}

// sameRequest finds a request by the marketplace's id. The seller's own wish
// has none while its answer is on the way: then it is the one that is told.
func sameRequest(stored []commerce.Request, t commerce.Request) int {
	if i := slices.IndexFunc(stored, func(s commerce.Request) bool { return s.Remote == t.Remote }); i >= 0 || t.By != commerce.BySeller {
		return i
	}
	return slices.IndexFunc(stored, func(s commerce.Request) bool {
		return s.Remote == "" && s.By == commerce.BySeller && s.Kind == t.Kind && s.Answer != nil && s.Answer.State != commerce.SendFailed
	})
}

// requestEvents are the lines of the timeline that tell what became of the
// requests of an order.
func requestEvents(old, next commerce.Order) []string {
	var texts []string
	for _, r := range next.Requests {
		was := old.Request(r.ID)
		switch {
		case was == nil:
			texts = append(texts, asks(r))
		case was.State != r.State:
			texts = append(texts, fmt.Sprintf("Request (%s): %s → %s", r.Kind, was.State, r.State))
		}
	}
	return texts
}

func asks(r commerce.Request) string {
	what := map[commerce.RequestKind]string{
		commerce.RequestCancel: "to cancel", commerce.RequestRefund: "for a refund", commerce.RequestReturn: "to send it back", commerce.RequestReplace: "for a replacement",
	}[r.Kind]
	text := fmt.Sprintf("The %s asks %s", r.By, cmp.Or(what, string(r.Kind)))
	if r.By != commerce.ByBuyer {
		text = fmt.Sprintf("Request (%s) by the %s", r.Kind, r.By)
	}
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	if r.State == commerce.RequestOpen && !r.AnswerBy.IsZero() {
		text += ". Answer by " + r.AnswerBy.UTC().Format(time.DateTime) + " UTC"
	}
	return text
}

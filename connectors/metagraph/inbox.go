package metagraph

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	// Window and HumanWindow are how long after the buyer's last action the
	// shop may answer: always, and with text a person typed.
	Window      = 24 * time.Hour
	HumanWindow = 7 * 24 * time.Hour

	// overlap is how far a poll looks back behind what it has seen: a thread's
	// time has seconds, and messages appear late.
	overlap = 10 * time.Minute
	// pageThreads is how many threads one call reads, fewThreads after Meta
	// asked for less.
	pageThreads, fewThreads = 20, 5
)

// place is a poll's cursor. Threads come newest first, so a walk goes back from
// now to what was seen before; only its end moves Seen.
type place struct {
	Seen  time.Time `json:"seen"`            // everything up to here was answered
	High  time.Time `json:"high,omitzero"`   // newest thread of the walk under way
	After string    `json:"after,omitempty"` // where that walk goes on
}

func decodePlace(p channel.Poll) (place, error) {
	if p.Cursor == "" {
		return place{Seen: p.Since}, nil
	}
	var at place
	if err := json.Unmarshal([]byte(p.Cursor), &at); err != nil {
		return at, fault.Wrap(err, fault.Invalid, "bad_cursor", "The place in the messages can't be read.")
	}
	return at, nil
}

// ListMessages reads what was said since the cursor, as a backstop for webhooks
// that were lost. A message that is read again is the same one.
func (s *Shop) ListMessages(ctx context.Context, p channel.Poll) (channel.Page, error) {
	at, err := decodePlace(p)
	if err != nil {
		return channel.Page{}, err
	}
	ask := api.Ask{Page: s.set.Page, Platform: s.surface.Platform, After: at.After, Limit: pageThreads}
	found, err := s.threads(ctx, ask)
	if at.After != "" && fault.Is(err, fault.Rejected) {
		// Meta's cursors do not live for ever: the walk begins anew.
		at.After, ask.After = "", ""
		found, err = s.threads(ctx, ask)
	}
	if err != nil {
		return channel.Page{}, err
	}
	from := at.Seen.Add(-overlap)
	done := found.After == ""
	var page channel.Page
	for _, t := range found.Threads {
		if t.Updated.After(at.High) {
			at.High = t.Updated.Time
		}
		if t.Updated.Before(from) {
			done = true
			break
		}
		for _, u := range s.updates(t) {
			if !u.Message.Message.At.Before(from) {
				page.Updates = append(page.Updates, u)
			}
		}
	}
	slices.SortStableFunc(page.Updates, func(a, b channel.Update) int { return a.Message.Message.At.Compare(b.Message.Message.At) })
	if at.After = found.After; done {
		if at.High.After(at.Seen) {
			at.Seen = at.High
		}
		at.High, at.After = time.Time{}, ""
	}
	raw, err := json.Marshal(at)
	page.Cursor, page.More = string(raw), !done
	return page, err
}

// Messages reads the newest messages of a person's thread, oldest first.
func (s *Shop) Messages(ctx context.Context, thread commerce.RemoteID) ([]channel.Update, error) {
	found, err := s.threads(ctx, api.Ask{Page: s.set.Page, Platform: s.surface.Platform, Person: string(thread), Limit: 1})
	if err != nil {
		return nil, err
	}
	var updates []channel.Update
	for _, t := range found.Threads {
		updates = append(updates, s.updates(t)...)
	}
	return updates, nil
}

// threads reads one page of conversations, with fewer of them when Meta finds
// the answer too large.
func (s *Shop) threads(ctx context.Context, a api.Ask) (api.Threads, error) {
	var found api.Threads
	read := func(token string) (err error) {
		found, err = s.graph.Conversations(ctx, token, a)
		return err
	}
	err := s.asPage(ctx, read)
	if fault.Is(err, fault.TooLarge) && a.Limit > fewThreads {
		a.Limit = fewThreads
		err = s.asPage(ctx, read)
	}
	return found, err
}

// us says whether an id is the shop's own.
func (s *Shop) us(id api.ID) bool {
	return string(id) == s.set.Page || (s.set.Instagram != "" && string(id) == s.set.Instagram)
}

// updates are the messages of a thread that can be read, oldest first.
func (s *Shop) updates(t api.Thread) []channel.Update {
	i := slices.IndexFunc(t.Participants.Data, func(p api.Person) bool { return p.ID != "" && !s.us(p.ID) })
	if i < 0 {
		return nil
	}
	person := t.Participants.Data[i]
	updates := make([]channel.Update, 0, len(t.Messages.Data))
	for _, m := range slices.Backward(t.Messages.Data) {
		if m.From == nil || m.ID == "" {
			continue // too old to be shown, or deleted
		}
		u := &channel.MessageUpdate{
			Thread: commerce.RemoteID(person.ID), Contact: commerce.RemoteID(person.ID), Name: cmp.Or(person.Name, person.Username), Kind: commerce.Chat,
			Message: commerce.Message{Remote: commerce.RemoteID(m.ID), By: commerce.BySeller, Text: m.Text, At: m.Created.Time},
		}
		if !s.us(m.From.ID) {
			u.Message.By = commerce.ByBuyer
			u.ReplyUntil = m.Created.Add(HumanWindow)
		}
		u.Message.Kind, u.Message.Attachments = readKind(m)
		updates = append(updates, channel.Update{Kind: channel.UpdateMessage, Message: u})
	}
	slices.SortStableFunc(updates, func(a, b channel.Update) int { return a.Message.Message.At.Compare(b.Message.Message.At) })
	return updates
}

// readKind is the kind of a message as the Conversations API shows it.
func readKind(m api.Message) (string, []commerce.Attachment) {
	var list []commerce.Attachment
	if m.Sticker != "" {
		list = append(list, commerce.Attachment{Kind: "sticker", URL: m.Sticker})
	}
	for _, a := range m.Attachments.Data {
		kind, _, _ := strings.Cut(a.Mime, "/")
		one := commerce.Attachment{Kind: attachmentKind(kind), Name: a.Name, URL: a.File}
		switch {
		case a.Image != nil:
			one.URL = a.Image.URL
		case a.Video != nil:
			one.URL = a.Video.URL
		}
		list = append(list, one)
	}
	switch {
	case m.Text != "":
		return "text", list
	case len(list) > 0:
		return list[0].Kind, list
	}
	return "unsupported", nil
}

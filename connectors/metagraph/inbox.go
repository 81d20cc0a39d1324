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
func (s *Inbox) ListMessages(ctx context.Context, p channel.Poll) (channel.Page, error) {
	at, err := decodePlace(p)
	if err != nil {
		return channel.Page{}, err
	}
	// What came before the connection, or by another login, is none of it.
	// Meta's times are cut to seconds.
	from := at.Seen.Add(-overlap)
	if first := p.Since.Truncate(time.Second); from.Before(first) {
		from = first
	}
	ask := s.ask(at.After)
	found, err := s.threads(ctx, ask, from)
	if at.After != "" && fault.Is(err, fault.Rejected) {
		// Meta's cursors do not live for ever: the walk begins anew.
		at.After, ask.After = "", ""
		found, err = s.threads(ctx, ask, from)
	}
	if err != nil {
		return channel.Page{}, err
	}
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
func (s *Inbox) Messages(ctx context.Context, thread commerce.RemoteID) ([]channel.Update, error) {
	ask := s.ask("")
	ask.Person, ask.Limit = string(thread), 1
	found, err := s.threads(ctx, ask, time.Time{})
	if err != nil {
		return nil, err
	}
	var updates []channel.Update
	for _, t := range found.Threads {
		updates = append(updates, s.updates(t)...)
	}
	return updates, nil
}

// ask is the reading of one page of threads. Instagram Login tells messages one
// by one, so that fewer threads are a page of it.
func (s *Inbox) ask(after string) api.Ask {
	a := api.Ask{Page: s.node(), Platform: s.surface.Platform, After: after, Limit: pageThreads}
	if s.direct() {
		a.Limit, a.Bare = fewThreads, true
	}
	return a
}

// threads reads one page of conversations, with fewer of them when Meta finds
// the answer too large, and of Instagram Login the messages since from.
func (s *Inbox) threads(ctx context.Context, a api.Ask, from time.Time) (api.Threads, error) {
	found, err := s.list(ctx, a)
	if err != nil || !a.Bare {
		return found, err
	}
	for i := range found.Threads {
		if err := s.fill(ctx, &found.Threads[i], from); err != nil {
			return found, err
		}
	}
	return found, nil
}

// fill reads the messages of a thread since from. What can't be read is left
// without content, as it is beyond the newest 20.
func (s *Inbox) fill(ctx context.Context, t *api.Thread, from time.Time) error {
	for i, m := range t.Messages.Data {
		if m.Created.Before(from) {
			continue
		}
		err := s.asOwner(ctx, func(token string) error {
			full, err := s.graph.Message(ctx, token, s.node(), m.ID)
			if err == nil {
				t.Messages.Data[i] = full
			}
			return err
		})
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

func (s *Inbox) list(ctx context.Context, a api.Ask) (api.Threads, error) {
	var found api.Threads
	read := func(token string) (err error) {
		found, err = s.graph.Conversations(ctx, token, a)
		return err
	}
	err := s.asOwner(ctx, read)
	if fault.Is(err, fault.TooLarge) && a.Limit > fewThreads {
		a.Limit = fewThreads
		err = s.asOwner(ctx, read)
	}
	return found, err
}

// PersonName is what a person who has written is called.
func (s *Inbox) PersonName(ctx context.Context, person commerce.RemoteID) (string, error) {
	var found api.Person
	err := s.asOwner(ctx, func(token string) (err error) {
		found, err = s.graph.Person(ctx, token, s.node(), string(person))
		return err
	})
	return cmp.Or(found.Name, found.Username), err
}

// us says whether an id is the shop's own.
func (s *Inbox) us(id api.ID) bool {
	return id != "" && slices.Contains([]string{s.set.Page, s.set.Instagram, s.set.Scoped}, string(id))
}

// updates are the messages of a thread that can be read, oldest first.
func (s *Inbox) updates(t api.Thread) []channel.Update {
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

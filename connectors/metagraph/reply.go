package metagraph

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/manystall/manystall/connectors/metagraph/internal/api"
	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

// Reply sends a text. Within 24 hours of the buyer's last action it is a
// response; after that only text a person typed may go out, tagged as such, for
// 7 days in all. An automatic text never carries the tag.
func (s *Inbox) Reply(ctx context.Context, r channel.Reply) (channel.Sent, error) {
	if err := s.fits(r.Message.Text); err != nil {
		return channel.Sent{}, err
	}
	out := api.Sending{Recipient: api.Recipient{ID: string(person(r.Conversation))}, Type: "RESPONSE", Message: api.Content{Text: r.Message.Text}}
	if s.late(r.Conversation) && r.Message.Human {
		out.Type, out.Tag = "MESSAGE_TAG", "HUMAN_AGENT"
	}
	if s.surface.Metadata {
		out.Message.Metadata = string(r.Message.ID) // comes back in the echo
	}
	var sent api.SentMessage
	err := s.asOwner(ctx, func(token string) (err error) {
		sent, err = s.graph.Send(ctx, token, s.node(), out)
		return err
	})
	if err != nil {
		return channel.Sent{}, err
	}
	return channel.Sent{Remote: commerce.RemoteID(sent.MessageID), At: s.env.Now()}, nil
}

func person(c commerce.Conversation) commerce.RemoteID {
	if c.Contact != "" {
		return c.Contact
	}
	return c.Remote
}

// late says that the first 24 hours are over, as far as we know.
func (s *Inbox) late(c commerce.Conversation) bool {
	return !c.ReplyUntil.IsZero() && s.env.Now().After(c.ReplyUntil.Add(Window-HumanWindow))
}

func (s *Inbox) fits(text string) error {
	rules := s.surface.Rules.Reply
	refuse := func(code, format string, args ...any) error {
		f := fault.New(fault.Invalid, code, format, args...)
		f.Field = "text"
		return f
	}
	switch n := utf8.RuneCountInString(text); {
	case text == "":
		return refuse("empty", "A reply needs text.")
	case rules.MaxRunes > 0 && n > rules.MaxRunes:
		return refuse("too_long", "The text has %d characters; %d are allowed.", n, rules.MaxRunes)
	case rules.MaxBytes > 0 && len(text) > rules.MaxBytes:
		return refuse("too_long", "The text has %d bytes; %d are allowed.", len(text), rules.MaxBytes)
	}
	return nil
}

// clockSkew is how far Meta's clock may be behind ours; its times are cut to
// seconds.
const clockSkew = 10 * time.Second

// FindReply looks in the thread whether a reply whose answer was lost has
// arrived: a message of ours with the same text, not older than the attempt.
func (s *Inbox) FindReply(ctx context.Context, r channel.Reply) (channel.Sent, bool, error) {
	updates, err := s.Messages(ctx, person(r.Conversation))
	if err != nil {
		return channel.Sent{}, false, err
	}
	for _, u := range updates {
		m := u.Message.Message
		if m.By == commerce.BySeller && m.Text == r.Message.Text && !m.At.Before(r.TriedAt.Add(-clockSkew)) {
			return channel.Sent{Remote: m.Remote, At: m.At}, true, nil
		}
	}
	return channel.Sent{}, false, nil
}

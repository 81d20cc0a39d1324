package ingest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// shelf keeps blobs.
type shelf struct {
	port.Blobs
	kept map[string]string
	full bool
}

func (s *shelf) PutBlob(_ context.Context, key, kind string, data []byte) error {
	if s.full {
		return fault.New(fault.Temporary, "full", "Full.")
	}
	s.kept[key] = kind + " " + string(data)
	return nil
}

func (s *shelf) DeleteBlob(_ context.Context, key string) error {
	delete(s.kept, key)
	return nil
}

// cdn answers what lies at an address; between is done before it answers.
type cdn struct {
	asked   []string
	between func()
}

func (c *cdn) Media(_ context.Context, address string) (channel.Picture, error) {
	c.asked = append(c.asked, address)
	if c.between != nil {
		c.between()
	}
	if strings.Contains(address, "gone") {
		return channel.Picture{}, fault.New(fault.Rejected, "gone", "Gone.")
	}
	return channel.Picture{Type: "image/png", Data: []byte(address)}, nil
}

func withMedia(t *testing.T) (*bench, *shelf, *cdn) {
	t.Helper()
	b, s, c := newBench(t), &shelf{kept: map[string]string{}}, &cdn{}
	b.in.Blobs, b.in.Media = s, c
	return b, s, c
}

func pictures(remote commerce.RemoteID, text string, addresses ...string) channel.Update {
	u := message(remote, commerce.ByBuyer, 1, text)
	for _, a := range addresses {
		u.Message.Message.Attachments = append(u.Message.Message.Attachments, commerce.Attachment{Kind: "image", URL: a})
	}
	return u
}

// What came with a message is copied at once. What can't be had loses neither
// the text nor the others; what is public is not copied; nothing is copied twice.
func TestAttachmentsAreCopied(t *testing.T) {
	t.Parallel()
	b, s, c := withMedia(t)
	u := pictures("m1", "look", "https://cdn.example/a", "https://cdn.example/gone", "https://cdn.example/b")
	u.Message.Message.Attachments = append(u.Message.Message.Attachments, commerce.Attachment{Kind: "product", Name: "MUG", URL: "https://shop.example/mug.png"})
	for range 3 {
		b.handle(t, u, at(1))
	}
	m := b.messages(t)[0]
	if m.Text != "look" || len(m.Attachments) != 4 || m.Attachments[0].Blob == "" || m.Attachments[0].Type != "image/png" || m.Attachments[1].Blob != "" || m.Attachments[2].Blob == "" || m.Attachments[3].Blob != "" {
		t.Errorf("stored %+v", m)
	}
	if s.kept[m.Attachments[2].Blob] != "image/png https://cdn.example/b" || len(s.kept) != 2 || len(c.asked) != 3 {
		t.Errorf("kept %v, asked %v", s.kept, c.asked)
	}
	if conv := b.conversation(t); conv.Messages != 1 || conv.Unread != 1 {
		t.Errorf("counted %+v", conv)
	}
	s.full = true
	b.handle(t, pictures("m2", "and this", "https://cdn.example/c"), at(2))
	m, err := b.MessageByRemote(bg(), b.account.Space, b.conversationID(), "m2")
	must(t, err)
	if m.Text != "and this" || m.Attachments[0].URL != "https://cdn.example/c" || m.Attachments[0].Blob != "" {
		t.Errorf("without room: %+v", m)
	}
}

// A message that is taken back takes its copies along, also when it is while
// they are made.
func TestCopiesGoWithTheMessage(t *testing.T) {
	t.Parallel()
	b, s, c := withMedia(t)
	b.handle(t, pictures("m1", "oops", "https://cdn.example/a"), at(1))
	b.handle(t, about(channel.UpdateDelete, "m1", 2, nil), at(2))
	if len(s.kept) != 0 {
		t.Errorf("kept %v", s.kept)
	}
	c.between = func() {
		c.between = nil
		b.handle(t, about(channel.UpdateDelete, "m2", 2, nil), at(2))
	}
	b.handle(t, pictures("m2", "oops", "https://cdn.example/b"), at(3))
	for _, m := range b.messages(t) {
		if !m.Deleted || m.Text != "" || len(m.Attachments) != 0 {
			t.Errorf("left %+v", m)
		}
	}
	if len(s.kept) != 0 {
		t.Errorf("kept %v", s.kept)
	}
}

// An erasure deletes the copies, too; a message with very many attachments has
// the first of them copied.
func TestManyAttachmentsErased(t *testing.T) {
	t.Parallel()
	b, s, _ := withMedia(t)
	var addresses []string
	for i := range 25 {
		addresses = append(addresses, fmt.Sprintf("https://cdn.example/%d", i))
	}
	b.handle(t, pictures("m1", "all of these", addresses...), at(1))
	if len(s.kept) != 10 {
		t.Errorf("%d are copied", len(s.kept))
	}
	must(t, b.in.Erase(bg(), b.account.Space, b.conversationID()))
	if m := b.messages(t)[0]; len(s.kept) != 0 || len(m.Attachments) != 0 {
		t.Errorf("kept %v, %+v", s.kept, m)
	}
}

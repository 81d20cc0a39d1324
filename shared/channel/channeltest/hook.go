package channeltest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

func hookTests() []test {
	return []test{
		{"hook/an order is told", channel.CanReadOrders, hookOrder},
		{"hook/a message is told", channel.CanReadConversations, hookMessage},
		{"hook/our own reply is told as ours", channel.CanReply, hookEcho},
		{"hook/an event that is sent twice", "", hookTwice},
		{"hook/what is not signed is refused", "", hookRefused},
		{"hook/an old delivery", "", hookOld},
		{"map/garbage is no disaster", "", mapGarbage},
	}
}

// deliveries makes the marketplace send webhooks and answers those the hooks
// of the connector take.
func (s *seller) deliveries() []Delivery {
	s.Helper()
	if has(s.h.required(), channel.CanReadOrders) {
		s.live("hook", 1)
		s.buy(Purchase{SKU: "MUG-hook-0", Quantity: 1, Buyer: "Ada Example"})
	}
	if has(s.h.required(), channel.CanReadConversations) {
		s.say("Ada Example", "Is anybody there?")
	}
	s.w.Advance(time.Second)
	all := s.w.Delivered()
	if len(all) == 0 {
		s.Fatal("the marketplace sent no webhook")
	}
	return all
}

// hook finds the hook for a delivery, with the values of its path.
func (s *seller) hook(d Delivery) (channel.Hook, map[string]string) {
	s.Helper()
	for _, h := range s.h.Hooks {
		if values, ok := match(h.Path, d.Path); ok && h.Method == d.Method {
			return h, values
		}
	}
	s.Fatalf("no hook takes %s %s", d.Method, d.Path)
	return channel.Hook{}, nil
}

func match(pattern, path string) (map[string]string, bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	values := map[string]string{}
	for i, part := range want {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			values[strings.TrimSuffix(name, "}")] = have[i]
		} else if part != have[i] {
			return nil, false
		}
	}
	return values, true
}

// receive hands a delivery to its hook at a time, with an installation.
func (s *seller) receive(d Delivery, app any, at time.Time) (channel.HookResponse, []channel.Event, error) {
	s.Helper()
	h, values := s.hook(d)
	apps := map[commerce.Channel]any{s.h.Driver.Name: app}
	for _, c := range s.h.Together {
		apps[c] = app
	}
	return h.Handle(apps, channel.HookRequest{
		Path: values, Query: d.Query, Header: d.Header.Clone(), Body: slices.Clone(d.Body), Now: at, PublicURL: s.w.PublicURL(),
	})
}

// updates receives every delivery and maps its events.
func (s *seller) updates(all []Delivery) []channel.Update {
	s.Helper()
	var found []channel.Update
	for _, d := range all {
		resp, events, err := s.receive(d, s.w.App(), s.now())
		s.must("receive "+d.Path, err)
		if resp.Status != http.StatusOK {
			s.Fatalf("%s is answered %d: %s", d.Path, resp.Status, d.Body)
		}
		_, again, err := s.receive(d, s.w.App(), s.now())
		s.must("receive again", err)
		for i, e := range events {
			s.wantEvent(e)
			if i >= len(again) || again[i].ID != e.ID {
				s.Errorf("delivered twice, an event has another id: %s", e.ID)
			}
			if e.Channel != s.h.Driver.Name || e.Account != s.account.Remote {
				continue
			}
			mapped, err := s.h.Driver.Map(s.w.App(), e)
			s.must("map "+e.Topic, err)
			found = append(found, mapped...)
		}
	}
	return found
}

func (s *seller) wantEvent(e channel.Event) {
	s.Helper()
	if e.Channel == "" || e.Account == "" || e.ID == "" || len(e.Body) == 0 {
		s.Errorf("event of channel %q, account %q, topic %q, id %q with %d bytes", e.Channel, e.Account, e.Topic, e.ID, len(e.Body))
	}
	known := slices.ContainsFunc(s.grant.Candidates, func(c channel.Candidate) bool { return c.Remote == e.Account })
	if e.Channel == s.h.Driver.Name && !known {
		s.Errorf("the event is for account %q, which the grant does not open", e.Account)
	}
}

func hookOrder(s *seller) {
	s.live("tell", 1)
	before := len(s.w.Delivered())
	id := s.buy(Purchase{SKU: "MUG-tell-0", Quantity: 1, Buyer: "Ada Example"})
	s.w.Advance(time.Second)
	for _, u := range s.updates(s.w.Delivered()[before:]) {
		if u.Kind == channel.UpdateOrder && u.Order.Remote == id {
			return
		}
		if u.Kind == channel.UpdateFetch && slices.Contains(u.Fetch.Orders, id) {
			s.order(id)
			return
		}
	}
	s.Errorf("no webhook points at order %s", id)
}

func hookMessage(s *seller) {
	const text = "Grüße — ist der Becher noch da? 😀 a/b"
	id := s.say("Ada Example", text)
	told, ok := s.messages(s.updates(s.w.Delivered()))[id]
	if !ok {
		s.Fatalf("no webhook tells message %s", id)
	}
	s.wantMessage(told, id, text, commerce.ByBuyer)
	polled, _ := s.pollMessages("", 50)
	if polled[id].Thread != told.Thread || polled[id].Contact != told.Contact {
		s.Errorf("by webhook the message is of thread %q, contact %q; by poll of %q, %q", told.Thread, told.Contact, polled[id].Thread, polled[id].Contact)
	}
}

// hookEcho wants a webhook about our own message, where there is one, to be
// recognised as ours.
func hookEcho(s *seller) {
	r := s.talk("Is it still there?")
	before := len(s.w.Delivered())
	sent, err := s.conn.(channel.Replier).Reply(s.ctx, r)
	s.must("reply", err)
	s.w.Advance(time.Second)
	told := s.messages(s.updates(s.w.Delivered()[before:]))
	for id, m := range told {
		if id != sent.Remote {
			continue
		}
		if m.Message.By != commerce.BySeller || m.Message.Text != r.Message.Text || m.Thread != r.Conversation.Remote {
			s.Errorf("our reply is told as %+v in thread %q", m.Message, m.Thread)
		}
		if m.Ours != "" && m.Ours != r.Message.ID {
			s.Errorf("our reply is told to be %q, want %q", m.Ours, r.Message.ID)
		}
		return
	}
	if len(told) > 0 {
		s.Errorf("a webhook tells of messages %v, none of them is %s", told, sent.Remote)
	}
}

// hookTwice wants a webhook that is sent twice to be the same event.
func hookTwice(s *seller) {
	s.w.Fault(Fault{Kind: WebhookTwice, Count: 1})
	ids := map[string]int{}
	for _, d := range s.deliveries() {
		_, events, err := s.receive(d, s.w.App(), s.now())
		s.must("receive", err)
		for _, e := range events {
			ids[e.ID]++
		}
	}
	twice := 0
	for _, n := range ids {
		if n > 1 {
			twice++
		}
	}
	if twice != 1 {
		s.Errorf("of the events %v one must have come twice under one id", ids)
	}
}

// wantRefused wants an answer that lets nothing in.
func (s *seller) wantRefused(what string, d Delivery, app any, at time.Time) {
	s.Helper()
	resp, events, err := s.receive(d, app, at)
	if err != nil {
		s.Errorf("%s: %v, want an answer", what, err)
	}
	if (resp.Status != http.StatusUnauthorized && resp.Status != http.StatusForbidden) || len(events) > 0 || len(resp.Body) > 0 || resp.Revoked != "" || resp.Erased != "" {
		s.Errorf("%s is answered %d with %d bytes and %d events, want 401 or 403 and nothing", what, resp.Status, len(resp.Body), len(events))
	}
}

func hookRefused(s *seller) {
	for _, d := range s.deliveries() {
		altered := d
		altered.Body = slices.Clone(d.Body)
		altered.Body[len(altered.Body)/2] ^= 1
		s.wantRefused("an altered body", altered, s.w.App(), s.now())
		longer := d
		longer.Body = append(slices.Clone(d.Body), ' ')
		s.wantRefused("a longer body", longer, s.w.App(), s.now())
		bare := d
		bare.Header = http.Header{"Content-Type": d.Header["Content-Type"]}
		s.wantRefused("a body without a signature", bare, s.w.App(), s.now())
		s.wantRefused("a signature with another secret", d, s.w.OtherApp(), s.now())
		for name := range d.Header {
			if name == "Content-Type" || name == "User-Agent" || name == "Content-Length" || name == "Accept-Encoding" {
				continue
			}
			odd := d
			odd.Header = d.Header.Clone()
			odd.Header.Set(name, "v1,bm9uc2Vuc2U=")
			s.wantRefused("nonsense in "+name, odd, s.w.App(), s.now())
		}
	}
}

func hookOld(s *seller) {
	d := s.deliveries()[0]
	late := s.now().Add(time.Hour)
	if s.h.SignedTime {
		s.wantRefused("a delivery signed an hour ago", d, s.w.App(), late)
		s.wantRefused("a delivery signed an hour ahead", d, s.w.App(), s.now().Add(-time.Hour))
		return
	}
	resp, _, err := s.receive(d, s.w.App(), late)
	if err != nil || resp.Status != http.StatusOK {
		s.Errorf("an hour later a delivery is answered %d, %v; its time is not signed, so it proves nothing", resp.Status, err)
	}
}

func mapGarbage(s *seller) {
	var events []channel.Event
	for _, d := range s.deliveries() {
		_, found, err := s.receive(d, s.w.App(), s.now())
		s.must("receive", err)
		for _, e := range found {
			if e.Channel == s.h.Driver.Name {
				events = append(events, e)
			}
		}
	}
	random := rand.New(rand.NewPCG(7, 11))
	for _, e := range events {
		for _, body := range garbage(random, e.Body) {
			bad := e
			bad.Body = body
			s.mapSafely(bad)
		}
		for _, topic := range []string{"", "unknown", "0", "999999", "../..", strings.Repeat("x", 5000)} {
			bad := e
			bad.Topic = topic
			s.mapSafely(bad)
		}
	}
}

// garbage spoils a body in ways a foreign host or an attacker might.
func garbage(random *rand.Rand, body []byte) [][]byte {
	all := [][]byte{nil, []byte("null"), []byte("[]"), []byte("{}"), []byte(`"x"`), []byte("1e999"), []byte("\xff\xfe"), []byte(strings.Repeat("[", 20000))}
	for _, swap := range [][2]string{{`"`, ``}, {`{`, `[`}, {`1`, `-1`}, {`:"`, `:1,"`}, {`0`, `9e99`}, {`:`, `:null,"x":`}, {`[`, `[null,`}} {
		all = append(all, []byte(strings.ReplaceAll(string(body), swap[0], swap[1])))
	}
	for range 200 {
		spoilt := slices.Clone(body)
		for range 1 + random.IntN(4) {
			spoilt[random.IntN(len(spoilt))] = byte(random.IntN(256))
		}
		all = append(all, spoilt, body[:random.IntN(len(body))])
	}
	return all
}

// mapSafely wants no panic, and no update without the field of its kind.
func (s *seller) mapSafely(e channel.Event) {
	s.Helper()
	defer func() {
		if r := recover(); r != nil {
			s.Errorf("Map panics on topic %q, body %.200q: %v", e.Topic, e.Body, r)
		}
	}()
	updates, err := s.h.Driver.Map(s.w.App(), e)
	if err != nil && fault.Is(err, fault.Temporary) {
		s.Errorf("garbage is %v: it would be tried again for ever", err)
	}
	for _, u := range updates {
		if !whole(u) {
			s.Errorf("update %s has not its field: %s", u.Kind, fmt.Sprintf("%+v", u))
		}
	}
}

func whole(u channel.Update) bool {
	switch u.Kind {
	case channel.UpdateOrder:
		return u.Order != nil
	case channel.UpdateMessage, channel.UpdateEdit, channel.UpdateDelete, channel.UpdateReaction, channel.UpdateRead:
		return u.Message != nil && u.Message.Thread != ""
	case channel.UpdateReview:
		return u.Review != nil
	case channel.UpdateListing:
		return u.Listing != ""
	case channel.UpdateAccount:
		return u.Account != nil
	case channel.UpdateFetch:
		return u.Fetch != nil
	}
	return false
}

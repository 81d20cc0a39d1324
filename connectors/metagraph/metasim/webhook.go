package metasim

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// outbox delivers events signed with one of the app's two secrets.
func (s *Sim) outbox(table, secret string) *simkit.Outbox {
	return &simkit.Outbox{Table: table, Retries: retries(), Sign: func(h http.Header, _ string, _ time.Time, body []byte) {
		h.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(sign(s.app(secret), body)))
		h.Set("User-Agent", "facebookexternalua")
	}}
}

// party is a side of an event.
type party struct {
	ID string `json:"id"`
}

// event is one entry of messaging[] or standby[]; one of the keys below the
// time is set.
type event struct {
	Sender    party          `json:"sender"`
	Recipient party          `json:"recipient"`
	Timestamp int64          `json:"timestamp"`
	Message   map[string]any `json:"message,omitempty"`
	Reaction  map[string]any `json:"reaction,omitempty"`
	Read      map[string]any `json:"read,omitempty"`
	Delivery  map[string]any `json:"delivery,omitempty"`
	Edit      map[string]any `json:"message_edit,omitempty"`
	Order     map[string]any `json:"order,omitempty"`
}

type webhookEntry struct {
	ID        string  `json:"id"`
	Time      int64   `json:"time"`
	Messaging []event `json:"messaging,omitempty"`
	Standby   []event `json:"standby,omitempty"`
}

type envelope struct {
	Object string         `json:"object"`
	Entry  []webhookEntry `json:"entry"`
}

// notice is an event before it is known who hears of it.
type notice struct {
	at       time.Time
	page     string // field of a Page subscription
	login    string // field of an Instagram Login subscription, empty: there is none
	fromShop bool
	standby  bool
	fill     func(e *event)
}

// emit sends a notice to everybody who subscribed: to the Page's app, and for
// Instagram also to the account's own login. A seller with both gets every
// event twice, as in reality.
func (s *Sim) emit(tx *simkit.Tx, t thread, n notice) error {
	w, err := s.world(tx)
	if err != nil {
		return err
	}
	if s.StandardAccess {
		return nil
	}
	var page, login subscription
	subscribed, err := tx.Find(tableSubs, w.Page, &page)
	if err != nil {
		return err
	}
	if _, err := tx.Find(tableSubs, w.IG, &login); err != nil {
		return err
	}
	if t.Channel == Facebook {
		if !slices.Contains(page.Fields, n.page) {
			return nil
		}
		return s.post(tx, s.page, "page", w.Page, t.Person, n)
	}
	// Instagram events of a linked Page need the Page to have the app; the
	// fields are those of the app's dashboard.
	if subscribed && n.login != "" {
		if err := s.post(tx, s.page, "instagram", w.IG, t.Person, n); err != nil {
			return err
		}
	}
	if n.login != "" && slices.Contains(login.Fields, n.login) {
		return s.post(tx, s.login, "instagram", w.IG, t.Login, n)
	}
	return nil
}

func (s *Sim) post(tx *simkit.Tx, box *simkit.Outbox, what, own, person string, n notice) error {
	e := event{Sender: party{person}, Recipient: party{own}, Timestamp: n.at.UnixMilli()}
	if n.fromShop {
		e.Sender, e.Recipient = e.Recipient, e.Sender
	}
	n.fill(&e)
	entry := webhookEntry{ID: own, Time: s.env.Now().UnixMilli(), Messaging: []event{e}}
	if n.standby {
		entry.Messaging, entry.Standby = nil, entry.Messaging
	}
	return box.Add(tx, s.env, &s.faults, s.env.Webhooks[TopicEvents], encode(envelope{Object: what, Entry: []webhookEntry{entry}}))
}

// content prints a message as events carry it.
func (s *Sim) content(m message) map[string]any {
	out := map[string]any{"mid": m.Mid}
	if m.Text != "" {
		out["text"] = m.Text
	}
	if m.ReplyTo != "" {
		out["reply_to"] = map[string]any{"mid": m.ReplyTo}
	}
	if m.Referral != "" {
		out["referral"] = map[string]any{"product": map[string]any{"id": m.Referral}}
	}
	var attached []map[string]any
	for _, a := range m.Attached {
		one := map[string]any{"type": a.Type}
		if a.URL != "" {
			one["payload"] = map[string]any{"url": a.URL}
		}
		attached = append(attached, one)
	}
	if attached != nil {
		out["attachments"] = attached
	}
	return out
}

// echo tells subscribers what the shop said: in its own field for a Page,
// inside messages for Instagram. Messenger also tells that it arrived.
func (s *Sim) echo(tx *simkit.Tx, t thread, m message) error {
	err := s.emit(tx, t, notice{at: m.At, page: "message_echoes", login: "messages", fromShop: true, fill: func(e *event) {
		e.Message = s.content(m)
		e.Message["is_echo"] = true
		if m.App != "" {
			e.Message["app_id"] = json.Number(m.App)
			if _, err := strconv.ParseUint(m.App, 10, 64); err != nil {
				e.Message["app_id"] = m.App
			}
		}
		if m.Metadata != "" {
			e.Message["metadata"] = m.Metadata
		}
	}})
	if err != nil || t.Channel == Instagram {
		return err
	}
	return s.emit(tx, t, notice{at: m.At, page: "message_deliveries", fill: func(e *event) {
		e.Delivery = map[string]any{"mids": []string{m.Mid}, "watermark": m.At.UnixMilli()}
	}})
}

// VerifyEndpoint does the handshake of a new callback address: the endpoint
// must answer 200 with the challenge and nothing else.
func (s *Sim) VerifyEndpoint(ctx context.Context) error {
	callback := s.env.Webhooks[TopicEvents]
	u, err := url.Parse(callback)
	if err != nil || callback == "" {
		return fmt.Errorf("verify webhook endpoint: no usable callback %q", callback)
	}
	challenge := s.number("challenge", uint64(s.env.Now().UnixNano()), 10)
	query := u.Query()
	query.Set("hub.mode", "subscribe")
	query.Set("hub.challenge", challenge)
	query.Set("hub.verify_token", s.app("META_VERIFY_TOKEN"))
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fmt.Errorf("verify webhook endpoint: %w", err)
	}
	resp, err := s.env.Client.Do(req)
	if err != nil {
		return fmt.Errorf("verify webhook endpoint %s: %w", callback, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return fmt.Errorf("verify webhook endpoint %s: %w", callback, err)
	}
	if resp.StatusCode != http.StatusOK || string(body) != challenge {
		return fmt.Errorf("verify webhook endpoint %s: answered %d without the challenge", callback, resp.StatusCode)
	}
	return nil
}

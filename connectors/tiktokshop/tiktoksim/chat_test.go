package tiktoksim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

const talks = "/customer_service/202309/conversations"

func (s *stall) write(t *testing.T, m simkit.Message) string {
	t.Helper()
	id, err := s.sim.SendMessage(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

type seenThread struct {
	ID     string
	Open   bool `json:"can_send_message"`
	Unread int  `json:"unread_count"`
}

func (s *stall) threads(t *testing.T) []seenThread {
	t.Helper()
	return field[[]seenThread](t, s.call(0, http.MethodGet, talks, "", "page_size", "20").Data, "conversations")
}

func text(s string) string { return fmt.Sprintf(`{"type":"TEXT","content":"{\"content\":\"%s\"}"}`, s) }

func TestChat(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.write(t, simkit.Message{Text: "Is it \"blue\"?", Buyer: "Ada Example"})
	s.write(t, simkit.Message{Text: "Hello?", Buyer: "Ada Example"})
	s.pass(time.Second)
	s.write(t, simkit.Message{Text: "Another", Buyer: "Ben Example"})
	all := s.threads(t)
	if len(all) != 2 || all[1].Unread != 2 || !all[1].Open {
		t.Fatalf("threads %+v", all)
	}
	path := talks + "/" + all[1].ID + "/messages"
	s.call(0, http.MethodPost, path, text("Yes, it is."))
	s.call(0, http.MethodPost, path+"/read", "")
	r := s.call(0, http.MethodGet, path, "", "page_size", "10", "sort_order", "ASC", "sort_field", "index")
	list := field[[]struct {
		Type, Content string
		Sender        struct{ Role string }
	}](t, r.Data, "messages")
	if len(list) != 3 || list[0].Content != `{"content":"Is it \"blue\"?"}` || list[2].Sender.Role != roleAgent {
		t.Errorf("messages %+v", list)
	}
	for _, again := range s.threads(t) {
		if again.ID == all[1].ID && again.Unread != 0 {
			t.Errorf("after reading %+v", again)
		}
	}
	shot, err := s.sim.Snapshot(t.Context())
	if err != nil || len(shot.Threads) != 2 || len(shot.Threads[0].Said) != 3 || shot.Threads[0].Said[2].From != "shop" || shot.Threads[0].Said[0].Text != `Is it "blue"?` {
		t.Errorf("threads %+v, %v", shot.Threads, err)
	}
}

func TestChatRefusals(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.write(t, simkit.Message{Text: "Hi", Buyer: "Ada Example"})
	path := talks + "/" + s.threads(t)[0].ID + "/messages"
	for name, tt := range map[string]struct {
		code int
		body string
	}{
		"longest": {0, text(strings.Repeat("x", 2000))}, "too long": {45101001, text(strings.Repeat("x", 2001))},
		"encoded once": {codeInvalid, `{"type":"TEXT","content":{"content":"hi"}}`}, "bare text": {45101001, `{"type":"TEXT","content":"hi"}`},
		"empty": {45101001, text("")}, "unknown type": {45111001, `{"type":"POEM","content":"{}"}`}, "sensitive": {45101006, text("please PAY me outside")},
		"card": {0, `{"type":"ORDER_CARD","content":"{\"order_id\":\"1\"}"}`}, "card without id": {45101001, `{"type":"ORDER_CARD","content":"{}"}`},
	} {
		if r := s.do(s.prepare(http.MethodPost, path, tt.body)); r.Code != tt.code {
			t.Errorf("%s: code %d, want %d", name, r.Code, tt.code)
		}
	}
	s.call(45101003, http.MethodPost, talks+"/1/messages", text("x"))
	s.call(codeInvalid, http.MethodGet, talks, "", "page_size", "21")
	s.call(codeInvalid, http.MethodGet, path, "", "page_size", "11")
	if _, err := s.sim.SendMessage(t.Context(), simkit.Message{Text: " "}); err == nil {
		t.Error("an empty message was taken")
	}
	*s.clock = s.clock.Add(31 * 24 * time.Hour)
	s.consent()
	s.call(45109001, http.MethodPost, path, text("too late"))
	if s.threads(t)[0].Open {
		t.Error("the conversation is still open")
	}
}

func TestConversationWithBuyerOfAnOrder(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.live(s.sheet())
	id := s.order("MUG-1", 1, "Ada Example")
	user := s.see(id).User
	body := fmt.Sprintf(`{"buyer_user_id":"%s"}`, user)
	first := field[string](t, s.call(0, http.MethodPost, talks, body).Data, "conversation_id")
	s.write(t, simkit.Message{Text: "Where is it?", Order: id})
	if all := s.threads(t); len(all) != 1 || all[0].ID != first || all[0].Unread != 1 {
		t.Errorf("threads %+v", all)
	}
	r := s.call(0, http.MethodGet, talks+"/"+first+"/messages", "", "page_size", "10")
	if !strings.Contains(string(r.Data), "BUYER_ENTER_FROM_ORDER") {
		t.Errorf("messages %s", r.Data)
	}
	s.call(45101003, http.MethodPost, talks, `{"buyer_user_id":"1"}`)
	s.call(codeInvalid, http.MethodPost, talks, `{}`)
	*s.clock = s.clock.Add(61 * 24 * time.Hour)
	s.consent()
	s.call(45109003, http.MethodPost, talks, body)
	if _, err := s.sim.SendMessage(t.Context(), simkit.Message{Text: "x", Order: id, Buyer: "Ben Example"}); err == nil {
		t.Error("somebody wrote about another buyer's order")
	}
}

func TestChatQuota(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	s.sim.DailyChatCalls = 2
	s.threads(t)
	s.threads(t)
	s.call(45101004, http.MethodGet, talks, "", "page_size", "20")
	*s.clock = s.clock.Add(24 * time.Hour)
	s.threads(t)
}

func TestAgentSettings(t *testing.T) {
	t.Parallel()
	s := newStall(t)
	const path = "/customer_service/202309/agents/settings"
	s.call(codeInvalid, http.MethodPut, path, `{}`)
	s.call(0, http.MethodPut, path, `{"can_accept_chat":false}`)
	if field[bool](t, s.call(0, http.MethodGet, path, "").Data, "can_accept_chat") {
		t.Error("the agent still takes chats")
	}
}

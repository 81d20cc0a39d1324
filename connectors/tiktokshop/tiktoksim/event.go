package tiktoksim

import (
	"encoding/json"
	"net"
	"net/url"
	"time"

	"github.com/manystall/manystall/connectors/simkit"
)

// webhookTypes are the numbers of the topics (Partner Center webhook pages, 2026).
func webhookTypes() map[string]int {
	return map[string]int{
		"ORDER_STATUS_CHANGE": 1, "REVERSE_STATUS_UPDATE": 2, "RECIPIENT_ADDRESS_UPDATE": 3, "PACKAGE_UPDATE": 4,
		"PRODUCT_STATUS_CHANGE": 5, "SELLER_DEAUTHORIZATION": 6, "UPCOMING_AUTHORIZATION_EXPIRATION": 7,
		"CANCELLATION_STATUS_CHANGE": 11, "RETURN_STATUS_CHANGE": 12, "NEW_CONVERSATION": 13, "NEW_MESSAGE": 14,
		"PRODUCT_INFORMATION_CHANGE": 15, "PRODUCT_CREATION": 16, "PRODUCT_CATEGORY_CHANGE": 18, "NEW_MESSAGE_LISTENER": 33,
		"INVOICE_STATUS_CHANGE": 36, "PRODUCT_AUDIT_STATUS_CHANGE": 37,
	}
}

// webhookRetries are the waits after a refused push; then it is dropped.
func webhookRetries() []time.Duration {
	return []time.Duration{2 * time.Minute, 30 * time.Minute, 3 * time.Hour, 12 * time.Hour}
}

type subscription struct {
	Address string `json:"address"`
	Created int64  `json:"created"`
	Updated int64  `json:"updated"`
}

type envelope struct {
	Type         int    `json:"type"`
	Notification string `json:"tts_notification_id"`
	Shop         string `json:"shop_id"`
	Timestamp    int64  `json:"timestamp"`
	Data         object `json:"data"`
}

// emit queues a webhook of a topic for its subscriber, or else for the address
// of the portal.
func (s *Sim) emit(tx *simkit.Tx, topic string, data object) error {
	var sub subscription
	if _, err := tx.Find("webhook", topic, &sub); err != nil {
		return err
	}
	if sub.Address == "" {
		sub.Address = s.env.Webhooks[topic]
	}
	if sub.Address == "" {
		return nil
	}
	sh, err := loadShop(tx)
	if err != nil {
		return err
	}
	id, err := s.newID(tx, "notification")
	if err != nil {
		return err
	}
	body, err := json.Marshal(envelope{Type: webhookTypes()[topic], Notification: id, Shop: sh.ID, Timestamp: s.now().Unix(), Data: data})
	if err != nil {
		return err
	}
	return s.outbox.Add(tx, s.env, &s.faults, sub.Address, body)
}

// number prints an id as the JSON number that some webhook samples use.
func number(id string) json.Number { return json.Number(id) }

func listWebhooks(c *call) (any, error) {
	list := []object{}
	err := simkit.Each(c.tx, "webhook", "", func(topic string, sub subscription) bool {
		list = append(list, object{"event_type": topic, "address": sub.Address, "create_time": sub.Created, "update_time": sub.Updated})
		return true
	})
	return object{"webhooks": list, "total_count": len(list)}, err
}

type webhookBody struct {
	Address string `json:"address"`
	Topic   string `json:"event_type"`
}

func putWebhook(c *call) (any, error) {
	in, err := decode[webhookBody](c)
	if err != nil {
		return nil, err
	}
	if err := checkTopic(in.Topic); err != nil {
		return nil, err
	}
	if in.Address == "" {
		return nil, invalid("param body.address is missing")
	}
	if len(in.Address) > 255 || !isCallback(in.Address) {
		return nil, invalid("param body.address is invalid: an https address of at most 255 characters is expected")
	}
	sub := subscription{Created: c.unix()}
	if _, err := c.tx.Find("webhook", in.Topic, &sub); err != nil {
		return nil, err
	}
	sub.Address, sub.Updated = in.Address, c.unix()
	return object{}, c.tx.Put("webhook", in.Topic, sub)
}

// isCallback accepts plain http on the loopback, where nobody has a
// certificate; elsewhere https is the rule.
func isCallback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() == "localhost" || ip.IsLoopback() {
		return u.Scheme == "http" || u.Scheme == "https"
	}
	return u.Scheme == "https" && ip == nil && u.Port() == ""
}

func checkTopic(topic string) error {
	if topic == "" {
		return invalid("param body.event_type is missing")
	}
	if webhookTypes()[topic] == 0 {
		return invalid("param body.event_type is invalid")
	}
	return nil
}

// deleteWebhook succeeds even when nothing was set.
func deleteWebhook(c *call) (any, error) {
	in, err := decode[webhookBody](c)
	if err != nil {
		return nil, err
	}
	if err := checkTopic(in.Topic); err != nil {
		return nil, err
	}
	return object{}, c.tx.Delete("webhook", in.Topic)
}

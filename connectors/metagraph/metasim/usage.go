package metasim

import (
	"fmt"
	"time"
)

// The rate buckets of operations (Meta's rate limit pages, 2026-11).
const (
	bucketBatch         = "catalog_batch"
	bucketCatalog       = "catalog_management"
	bucketConversations = "conversations"
)

// window counts calls in sixty slots of a rolling span.
type window struct {
	Slots map[int64]int `json:"slots"`
}

// spend adds a call to a window and says how many there are in it now. Refused
// calls count too: calling while limited lengthens the wait, as it does at
// Meta.
func (c *call) spend(key string, span time.Duration, calls int) (int, error) {
	var w window
	if _, err := c.tx.Find(tableWindow, key, &w); err != nil {
		return 0, err
	}
	slot := c.now.UnixNano() / int64(span/60)
	kept, total := map[int64]int{}, calls
	for at, n := range w.Slots {
		if at > slot-60 {
			kept[at] = n
			total += n
		}
	}
	if calls == 0 {
		return total, nil
	}
	kept[slot] += calls
	return total, c.tx.Put(tableWindow, key, window{Slots: kept})
}

// limit spends one call of a bucket.
func (c *call) limit(bucket string) error {
	id := c.asset()
	rules := map[string]struct {
		span    time.Duration
		most    int
		code    int
		message string
	}{
		bucketBatch:         {time.Minute, c.CatalogBatchPerMinute, 80014, "There have been too many calls for the batch uploads to this catalog account. Wait a bit and try again."},
		bucketCatalog:       {time.Hour, c.CatalogCallsPerHour, 80009, "There have been too many calls to this catalog account. Wait a bit and try again."},
		bucketConversations: {time.Second, c.ConversationCallsPerSecond, 80006, "There have been too many calls to this messaging account. Wait a bit and try again."},
	}
	app, err := c.spend("app", time.Hour, 1)
	if err != nil {
		return err
	}
	rule, ok := rules[bucket]
	if ok {
		n, err := c.spend(bucket+"#"+id, rule.span, 1)
		if err != nil {
			return err
		}
		if rule.span > time.Second || n > rule.most {
			// The headers are about minutes and hours: a second's limit shows
			// once it is passed.
			c.gauge(id, bucket, n, rule.most)
		}
		if n > rule.most {
			return refusal(rule.code, 0, rule.message)
		}
	}
	if app > c.AppCallsPerHour {
		return refusal(4, 0, "Application request limit reached")
	}
	return nil
}

// asset is the id under which the use of a call is counted.
func (c *call) asset() string {
	switch c.node.Kind {
	case kindCatalog, kindItem:
		return c.w.Catalog
	case kindIG:
		return c.w.IG
	case kindPage:
		return c.w.Page
	case kindThread, kindMessage, kindPerson:
		if c.req.host == Instagram {
			return c.w.IG
		}
		return c.w.Page
	}
	return c.w.Business
}

// gauge is the header of the business use case: an object keyed by asset, each
// an array; percent, and the wait in minutes.
func (c *call) gauge(id, kind string, n, most int) {
	percent, wait := n*100/max(1, most), 0
	if n > most {
		wait = 1
	}
	c.head.Set("X-Business-Use-Case-Usage", string(encode(map[string]any{id: []any{usage{
		Type: kind, Calls: percent, CPU: min(percent, 100), Time: min(percent, 100), Wait: wait,
	}}})))
}

type usage struct {
	Type  string `json:"type"`
	Calls int    `json:"call_count"`
	CPU   int    `json:"total_cputime"`
	Time  int    `json:"total_time"`
	Wait  int    `json:"estimated_time_to_regain_access"`
}

// usage sets the headers that every answer has, refused ones too.
func (c *call) usage() error {
	n, err := c.spend("app", time.Hour, 0)
	if err != nil {
		return err
	}
	percent := n * 100 / max(1, c.AppCallsPerHour)
	c.head.Set("X-App-Usage", fmt.Sprintf(`{"call_count":%d,"total_time":%d,"total_cputime":%d}`, percent, percent, percent))
	if c.head.Get("X-Business-Use-Case-Usage") != "" {
		return nil
	}
	kind := "pages"
	if c.node.Kind == kindIG || c.req.host == Instagram {
		kind = "instagram"
	}
	c.gauge(c.asset(), kind, n, c.AppCallsPerHour)
	return nil
}

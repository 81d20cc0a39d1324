package metasim

import (
	"encoding/base64"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// Sizes of a page of a list: what Graph gives when nothing is asked, and the
// most a simulator gives at once.
const (
	pageSize    = 25
	maxPageSize = 1000
)

// entry is one row of a list; lists are in the order of their keys, which are unique.
type entry struct {
	key  string
	make func() (object, error)
}

// list answers one page of entries with cursors. paging.next is a full address
// with the token in it, as Graph's is: a careful client takes the cursor.
func (c *call) list(kind string, entries []entry, otherwise string) (any, error) {
	if c.emptied() {
		entries = nil
	}
	fields := c.req.p["fields"]
	if strings.TrimSpace(fields) == "" {
		fields = otherwise
	}
	asked, err := parseFields(fields)
	if err != nil {
		return nil, err
	}
	page, more, err := c.cut(entries)
	if err != nil {
		return nil, err
	}
	data := []object{}
	for _, e := range page {
		o, err := e.make()
		if err != nil {
			return nil, err
		}
		if o, err = c.pick(kind, o, asked); err != nil {
			return nil, err
		}
		data = append(data, o)
	}
	if len(page) == 0 {
		return object{"data": data}, nil
	}
	after := cursor(page[len(page)-1].key)
	paging := object{"cursors": object{"before": cursor(page[0].key), "after": after}}
	if more {
		paging["next"] = c.next(after)
	}
	return object{"data": data, "paging": paging}, nil
}

// cut takes the page that limit, after and before ask for.
func (c *call) cut(entries []entry) (page []entry, more bool, err error) {
	limit := pageSize
	if raw := c.req.p["limit"]; raw != "" {
		if limit, err = strconv.Atoi(raw); err != nil || limit < 1 {
			return nil, false, badParameter("Param limit must be a positive number")
		}
	}
	limit = min(limit, maxPageSize)
	if entries, err = beyond(entries, c.req.p["after"]); err != nil {
		return nil, false, err
	}
	if mark := c.req.p["before"]; mark != "" {
		key, err := base64.RawURLEncoding.DecodeString(mark)
		if err != nil {
			return nil, false, badParameter("Invalid cursors values")
		}
		end := sort.Search(len(entries), func(i int) bool { return entries[i].key >= string(key) })
		return entries[max(0, end-limit):end], true, nil
	}
	if len(entries) > limit {
		return entries[:limit], true, nil
	}
	return entries, false, nil
}

// beyond is what follows a cursor, also when its own row is gone by now.
func beyond(entries []entry, mark string) ([]entry, error) {
	if mark == "" {
		return entries, nil
	}
	key, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil {
		return nil, badParameter("Invalid cursors values")
	}
	start := sort.Search(len(entries), func(i int) bool { return entries[i].key > string(key) })
	return entries[start:], nil
}

func cursor(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

func (c *call) next(after string) string {
	query := url.Values{}
	for key, value := range c.req.p {
		query.Set(key, value)
	}
	query.Set("access_token", c.req.token)
	query.Set("after", after)
	return c.env.URL + c.req.path + "?" + query.Encode()
}

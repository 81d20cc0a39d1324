package tiktoksim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// decode reads the JSON body of a call. Unknown fields are ignored, as on the
// real side.
func decode[T any](c *call) (T, error) { return decodeBody[T](c.body) }

func decodeBody[T any](body []byte) (T, error) {
	var in T
	if len(bytes.TrimSpace(body)) == 0 {
		return in, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	err := d.Decode(&in)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return in, invalid("param body.%s is invalid: %s is not accepted", wrong.Field, wrong.Value)
	case err != nil:
		return in, invalid("param body is invalid: not JSON")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return in, invalid("param body is invalid: more than one JSON value")
	}
	return in, nil
}

// pageSize reads the query parameter page_size.
func pageSize(c *call, low, high, otherwise int) (int, error) {
	text := c.query.Get("page_size")
	if text == "" && otherwise > 0 {
		return otherwise, nil
	}
	if text == "" {
		return 0, invalid("param query.page_size is missing")
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, invalid("param query.page_size is invalid: %d to %d are accepted", low, high)
	}
	return n, nil
}

// page cuts the rows behind the token out of sorted rows. key must be unique
// and is what the token remembers, so that rows which come or go meanwhile do
// not shift the next page; after tells whether a key lies behind another.
func page[T any](c *call, rows []T, size int, key func(T) string, after func(a, b string) bool) ([]T, string, error) {
	if token := c.query.Get("page_token"); token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, "", invalid("param query.page_token is invalid")
		}
		from := 0
		for from < len(rows) && !after(key(rows[from]), string(raw)) {
			from++
		}
		rows = rows[from:]
	}
	if len(rows) <= size {
		return rows, "", nil
	}
	return rows[:size], base64.RawURLEncoding.EncodeToString([]byte(key(rows[size-1]))), nil
}

func ascending(a, b string) bool  { return a > b }
func descending(a, b string) bool { return a < b }

// sorting reads sort_field and sort_order.
func sorting(c *call, descend bool, fields ...string) (field string, down bool, err error) {
	field, down = fields[0], descend
	if f := c.query.Get("sort_field"); f != "" {
		field = ""
		for _, known := range fields {
			if f == known {
				field = f
			}
		}
		if field == "" {
			return "", false, invalid("param query.sort_field is invalid")
		}
	}
	switch c.query.Get("sort_order") {
	case "":
	case "ASC":
		down = false
	case "DESC":
		down = true
	default:
		return "", false, invalid("param query.sort_order is invalid")
	}
	return field, down, nil
}

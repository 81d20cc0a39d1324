package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// client calls our own API the way any other client does.
type client struct {
	base string
	key  string
	http *http.Client
}

func newClient(base, key string) *client {
	return &client{base: base, key: key, http: &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// refusal is an answer that is no success.
type refusal struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Detail) }

// call sends JSON (or bytes as they are) and decodes the answer into out.
func (c *client) call(ctx context.Context, method, path string, in, out any, header ...string) (http.Header, error) {
	var body io.Reader
	kind := "application/json"
	switch v := in.(type) {
	case nil:
	case []byte:
		body, kind = bytes.NewReader(v), "text/csv"
	default:
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	if body != nil {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		problem := &refusal{Status: resp.StatusCode}
		if json.Unmarshal(raw, problem) != nil || problem.Code == "" {
			problem.Detail = strings.TrimSpace(string(raw[:min(len(raw), 200)]))
		}
		problem.Status = resp.StatusCode
		return resp.Header, fmt.Errorf("%s %s: %w", method, path, problem)
	}
	if out == nil || len(raw) == 0 {
		return resp.Header, nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return resp.Header, fmt.Errorf("%s %s answered %d with %s: %w", method, path, resp.StatusCode, resp.Header.Get("Content-Type"), err)
	}
	return resp.Header, nil
}

// follow reads the address an address redirects to.
func (c *client) follow(ctx context.Context, address string) (string, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", nil, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", nil, err
	}
	if resp.StatusCode >= 400 {
		return "", body, fmt.Errorf("GET %s: status %d", r.URL.Path, resp.StatusCode)
	}
	return resp.Header.Get("Location"), body, nil
}

// page is one page of any list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next_cursor"`
}

// list reads a whole list.
func list[T any](ctx context.Context, c *client, path string) ([]T, error) {
	var all []T
	for cursor := ""; ; {
		var p page[T]
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		if _, err := c.call(ctx, http.MethodGet, path+sep+"limit=100&cursor="+cursor, nil, &p); err != nil {
			return all, err
		}
		all = append(all, p.Items...)
		if cursor = p.Next; cursor == "" {
			return all, nil
		}
	}
}

// until looks at something until it is so, or limit is over: ten times a second,
// or, where a look takes long, for a tenth of the time.
func until(ctx context.Context, limit time.Duration, look func() (bool, error)) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		began := time.Now()
		ok, err := look()
		if ok || err != nil {
			return ok, err
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return false, nil
			}
			return false, ctx.Err()
		case <-time.After(max(100*time.Millisecond, 9*time.Since(began))):
		}
	}
}

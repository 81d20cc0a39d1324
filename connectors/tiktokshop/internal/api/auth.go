package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpclient"
	"github.com/manystall/manystall/shared/port"
)

// AuthHost is the host that gives tokens. Its calls are not signed and carry
// the app secret in their query.
type AuthHost struct {
	HTTP   channel.Doer
	Base   string
	AppKey string
	Secret string
	Now    func() time.Time
}

// Exchange turns the code of a consent into tokens; a code works once.
func (h AuthHost) Exchange(ctx context.Context, code string) (Token, error) {
	return h.token(ctx, "GetToken", "/api/v2/token/get", url.Values{"auth_code": {code}, "grant_type": {"authorized_code"}})
}

// Refresh renews tokens.
func (h AuthHost) Refresh(ctx context.Context, refresh string) (Token, error) {
	return h.token(ctx, "RefreshToken", "/api/v2/token/refresh", url.Values{"refresh_token": {refresh}, "grant_type": {"refresh_token"}})
}

func (h AuthHost) token(ctx context.Context, op, path string, query url.Values) (Token, error) {
	query.Set("app_key", h.AppKey)
	query.Set("app_secret", h.Secret)
	resp, err := h.HTTP.Do(ctx, httpclient.Request{
		Op: op, Method: http.MethodGet, URL: h.Base + path + "?" + query.Encode(), Lane: port.LaneOrders, Secret: true,
		Safe:   query.Get("grant_type") == "refresh_token", // a code works once
		Header: http.Header{"Content-Type": {"application/json"}},
	})
	if err != nil {
		return Token{}, err
	}
	if err := Fault(Context{Op: op, Repeatable: true}, resp, h.Now()); err != nil {
		return Token{}, err
	}
	var envelope struct {
		Data Token `json:"data"`
	}
	if err := json.Unmarshal(resp.Body, &envelope); err != nil || envelope.Data.Access == "" {
		return Token{}, fault.New(fault.Temporary, "answer_unreadable", "TikTok's answer to %s can't be read.", op)
	}
	return envelope.Data, nil
}

// ListShops reads the shops a token opens.
func (c *Client) ListShops(ctx context.Context) ([]Shop, error) {
	r := get("GetAuthorizedShops", "/authorization/202309/shops", port.LaneCheck, nil)
	r.foreign = true
	var data struct {
		Shops []Shop `json:"shops"`
	}
	err := c.do(ctx, r, &data)
	return data.Shops, err
}

package recorder

import (
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// etsyHabits: the token call and the headers of every call (Etsy developer
// pages, read 2026-11-22).
func etsyHabits() habits {
	return habits{
		closed: true,
		beside: map[string][][]string{"POST /v3/public/oauth/token": {
			{"grant_type", "client_id", "redirect_uri", "code", "code_verifier"},
			{"grant_type", "client_id", "refresh_token"},
		}},
		signed: func(e *exchange, op *openapi3.Operation) {
			if key, secret, ok := strings.Cut(e.header.Get("X-Api-Key"), ":"); !ok || key == "" || secret == "" {
				e.report("x-api-key is not keystring:shared_secret")
			}
			if needsOAuth(op) && !strings.HasPrefix(e.header.Get("Authorization"), "Bearer ") {
				e.report("the Bearer token is missing")
			}
		},
	}
}

func needsOAuth(op *openapi3.Operation) bool {
	if op.Security == nil {
		return false
	}
	for _, need := range *op.Security {
		if _, ok := need["oauth2"]; ok {
			return true
		}
	}
	return false
}

// tiktokHabits: the token calls of the auth host, the token's header and the
// refusals with status 200 (Partner Center, read 2026-11-22).
func tiktokHabits() habits {
	return habits{
		beside: map[string][][]string{
			"GET /api/v2/token/get":     {{"app_key", "app_secret", "auth_code", "grant_type"}},
			"GET /api/v2/token/refresh": {{"app_key", "app_secret", "refresh_token", "grant_type"}},
		},
		signed: func(e *exchange, _ *openapi3.Operation) {
			if e.header.Get("X-Tts-Access-Token") == "" {
				e.report("x-tts-access-token is missing")
			}
			if e.query.Has("access_token") {
				e.report("the token is in the query")
			}
		},
		refused: func(body any) bool {
			envelope, ok := body.(map[string]any)
			code, isNumber := envelope["code"].(float64)
			return ok && isNumber && code != 0
		},
	}
}

package logging_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/manystall/manystall/shared/logging"
)

func TestSecretsAndBuyersDataNeverShow(t *testing.T) {
	t.Parallel()
	for _, json := range []bool{true, false} {
		var out bytes.Buffer
		log := logging.New(&out, slog.LevelInfo, json)
		log.Info("call", "access_token", "leak1", "Authorization", "leak2", "text", "leak3", "email", "leak4",
			slog.Group("http", "x-api-key", "leak5", "status", 200), "op", "getShop")
		if strings.Contains(out.String(), "leak") {
			t.Errorf("json=%v shows a hidden value: %s", json, out.String())
		}
		if !strings.Contains(out.String(), "getShop") || !strings.Contains(out.String(), "200") {
			t.Errorf("json=%v hides too much: %s", json, out.String())
		}
	}
}

func TestWhatIsHidden(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"access_token": true, "X-API-Key": true, "client_secret": true, "Cookie": true, "tts-signature": true, "code": true, "sign": true, "text": true, "address": true, "key": true,
		"listing": false, "account": false, "kind": false, "op": false, "duration_ms": false, "signed": false, "codes": false,
	} {
		if logging.Hidden(key) != want {
			t.Errorf("%s hidden: %v", key, !want)
		}
	}
}

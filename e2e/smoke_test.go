package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// mac is the hex HMAC-SHA256 that most providers send, computed apart from
// the gateway.
func mac(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// post returns a POST of body with headers given as name, value, name, value.
func post(t *testing.T, url, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func TestVerifiedWebhookReachesTheApplication(t *testing.T) {
	app, addr := newApplication(t), freeAddr(t)
	start(t, fmt.Sprintf(`{
		admin {ADMIN}
	}
	http://%s {
		webhook_gateway /broxi broxi {
			verify broxi {env.BROXI}
			to %s
		}
	}`, addr, app.address()), "BROXI=a-secret-of-broxi")

	body := `{"delivery_id":"d1","event":"workflow.completed"}`
	ts := fmt.Sprint(time.Now().Unix())
	signed := []string{"X-Broxi-Timestamp", ts, "X-Broxi-Signature", mac("a-secret-of-broxi", ts+"."+body)}

	if status, text := do(t, http.DefaultClient, post(t, "http://"+addr+"/broxi?x=1", body, signed...)); status != 200 || text != "thanks" {
		t.Errorf("a good webhook was answered %d %q", status, text)
	}
	got := app.take()
	if len(got) != 1 || got[0].Body != body || got[0].RequestURI != "/broxi?x=1" || got[0].Header.Get("Webhook-Gateway-Event-Id") != "d1" {
		t.Errorf("the application got %+v", got)
	}
	if status, text := do(t, http.DefaultClient, post(t, "http://"+addr+"/broxi", body+" ", signed...)); status != 401 || text != "{\"title\":\"Unauthorized\",\"status\":401}\n" {
		t.Errorf("a tampered webhook was answered %d %q", status, text)
	}
	if got := app.take(); len(got) != 0 {
		t.Errorf("the application got the tampered webhook: %+v", got)
	}
}

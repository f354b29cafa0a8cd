package browser

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

func mac(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

// post sends a body with headers given as name, value, name, value, and
// returns the answer's status. The target is sent as it is.
func (g *gateway) post(path, body string, headers ...string) int {
	g.t.Helper()
	r, err := http.NewRequest(http.MethodPost, g.site, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.URL.Opaque = "//" + r.URL.Host + path
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// broxi sends an event as BroxiAI does.
func (g *gateway) broxi(path, id, event string) int {
	g.t.Helper()
	body := fmt.Sprintf(`{"delivery_id":%q,"event":%q,"data":{"total":42,"items":["a","b"],"customer":{"name":"Zoë","vip":true}}}`, id, event)
	at := fmt.Sprint(time.Now().Unix())
	return g.post(path, body, "X-Broxi-Timestamp", at, "X-Broxi-Signature", mac(broxiSecret, at+"."+body))
}

// forged sends an event with a signature that is wrong.
func (g *gateway) forged(path, body string) int {
	g.t.Helper()
	return g.post(path, body, "X-Broxi-Timestamp", fmt.Sprint(time.Now().Unix()), "X-Broxi-Signature", mac("a guess", body))
}

// dead makes n dead letters of the endpoint hook and returns the ids of their
// deliveries, the newest first.
func (g *gateway) dead(n int, event string) []string {
	g.t.Helper()
	g.app.then(http.StatusUnprocessableEntity)
	for i := range n {
		g.broxi("/hook", fmt.Sprintf("%s-%d", event, i), event)
	}
	var ids []string
	for _, d := range g.settled("endpoint=hook&state=dead&event="+event, n) {
		ids = append(ids, d.ID)
	}
	return ids
}

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestHealth: ready, and over a reload and one that fails.
func TestHealth(t *testing.T) {
	f := inClear(t)
	text := stored(t, f, guarded("kept", "", "localhost:1")+"webhook_health /healthz\n")
	c := start(t, text, "BROXI="+senderSecret)
	for _, load := range []string{"", text + "\n# another\n", strings.Replace(text, "{env.BROXI}", "{env.WG_NONE_SUCH}", 1)} {
		if load != "" {
			c.load(load)
			f.client.CloseIdleConnections()
		}
		r, err := http.NewRequest(http.MethodGet, f.url+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		f.ask(t, r).want(t, 200, "{\"status\":\"ready\"}\n")
	}
}

package gateway

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const (
	newSecret = "a new secret for the tests"
	oldSecret = "an old secret for the tests"
)

// A delivery that several keys signed is the same without some of the
// signatures, whichever of the keys are configured.
func TestSignaturesTakenAwayAreARepeat(t *testing.T) {
	const body = `{"e":"x"}`
	b64 := func(key string) string { return base64.StdEncoding.EncodeToString(mac(key, body)) }
	docusign := func(r *http.Request, keys ...string) {
		for i, k := range keys {
			r.Header.Set(fmt.Sprintf("X-DocuSign-Signature-%d", i+1), b64(k))
		}
	}
	hookdeck := func(r *http.Request, keys ...string) {
		for i, k := range keys {
			r.Header.Set([]string{"X-Hookdeck-Signature", "X-Hookdeck-Signature-2"}[i], b64(k))
		}
	}
	ts := strconv.FormatInt(t0.Unix(), 10)
	list := func(header, first, element string) func(r *http.Request, keys ...string) {
		return func(r *http.Request, keys ...string) {
			value := first
			for _, k := range keys {
				text := body
				if first != "" {
					text = ts + "." + body
				}
				value += "," + element + "=" + hex.EncodeToString(mac(k, text))
			}
			r.Header.Set(header, strings.TrimPrefix(value, ","))
		}
	}
	tests := []struct {
		provider string
		sign     func(r *http.Request, keys ...string)
	}{
		{"docusign", docusign},
		{"hookdeck", hookdeck},
		{"calendly", list("Calendly-Webhook-Signature", "t="+ts, "v1")},
		{"bridge-api", list("BridgeApi-Signature", "", "v1")},
		{"stripe", list("Stripe-Signature", "t="+ts, "v1")}, // whose body here has no id
	}
	for _, tt := range tests {
		for _, kept := range []string{newSecret, oldSecret} {
			t.Run(tt.provider+" "+kept, func(t *testing.T) {
				g, s, o := newTest(t, func(c *Config) {
					c.Verify = verify.Config{Provider: tt.provider, Secrets: []string{newSecret, oldSecret}}
				})
				whole := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
				tt.sign(whole, newSecret, oldSecret)
				part := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
				tt.sign(part, kept)
				serve(g, whole)
				serve(g, part)
				if (*o)[0].Name != OutcomeDelivered || (*o)[1].Name != OutcomeDuplicate || len(s.got) != 1 {
					t.Errorf("outcomes %+v, want one delivery and its repeat", *o)
				}
			})
		}
	}
}

func TestItemsRepeatedOrMovedAreNoEvent(t *testing.T) {
	key := strings.Repeat("44782DEF", 8)
	binary, err := hex.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	item := func(reference string) string {
		sig := mac(string(binary), reference+"::M:order:100:EUR:AUTHORISATION:true")
		return fmt.Sprintf(`{"NotificationRequestItem":{"pspReference":%q,"merchantAccountCode":"M","merchantReference":"order",`+
			`"amount":{"value":100,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true","additionalData":{"hmacSignature":%q}}}`,
			reference, base64.StdEncoding.EncodeToString(sig))
	}
	adyen := func(items ...string) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"live":"true","notificationItems":[`+strings.Join(items, ",")+`]}`))
	}
	a, b := item("psp1"), item("psp2")
	tests := []struct {
		name          string
		first, second *http.Request
		want          string
	}{
		{"the same item", adyen(a), adyen(a), OutcomeDuplicate},
		{"the item twice", adyen(a), adyen(a, a), ReasonSigBad},
		{"the item three times", adyen(a), adyen(a, a, a), ReasonSigBad},
		{"an item of two twice", adyen(a, b), adyen(a, b, a), ReasonSigBad},
		{"another order", adyen(a, b), adyen(b, a), OutcomeDuplicate},
		{"another item", adyen(a), adyen(b), OutcomeDelivered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, _, o := newTest(t, func(c *Config) { c.Verify = verify.Config{Provider: "adyen", Secrets: []string{key}} })
			serve(g, tt.first)
			serve(g, tt.second)
			if (*o)[0].Name != OutcomeDelivered || (*o)[1].Name != tt.want {
				t.Errorf("outcomes %+v, want %s", *o, tt.want)
			}
		})
	}
}

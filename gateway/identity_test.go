package gateway

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// github returns a request as GitHub signs it: the body alone.
func github(id, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/github", strings.NewReader(body))
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, body)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(h.Sum(nil)))
	r.Header.Set("X-GitHub-Delivery", id)
	return r
}

func mac(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	io.WriteString(h, text)
	return h.Sum(nil)
}

func bearer(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	return r
}

// svix returns a request as Svix signs it, with its headers under one of the
// two prefixes that they may have.
func svix(prefix, scheme string, sign func(text string) []byte) *http.Request {
	const body = `{"type":"paid"}`
	ts := strconv.FormatInt(t0.Unix(), 10)
	r := httptest.NewRequest(http.MethodPost, "/svix", strings.NewReader(body))
	r.Header.Set(prefix+"-id", "msg_1")
	r.Header.Set(prefix+"-timestamp", ts)
	r.Header.Set(prefix+"-signature", scheme+","+base64.StdEncoding.EncodeToString(sign("msg_1."+ts+"."+body)))
	return r
}

func TestRenamedHeadersAreARepeat(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	public := "whpk_" + base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey))
	long := secret + secret // svix's have 24 bytes at least
	shared := "whsec_" + base64.StdEncoding.EncodeToString([]byte(long))
	byMAC := func(text string) []byte { return mac(long, text) }
	byKey := func(text string) []byte { return ed25519.Sign(private, []byte(text)) }
	tests := []struct {
		provider, scheme, secret string
		sign                     func(text string) []byte
		first, second            string
	}{
		{"svix", "v1", shared, byMAC, "svix", "webhook"},
		{"svix", "v1", shared, byMAC, "webhook", "svix"},
		{"svix", "v1a", public, byKey, "svix", "webhook"},
		{"svix", "v1a", public, byKey, "webhook", "svix"},
		{"clerk", "v1", shared, byMAC, "svix", "webhook"},
		{"resend", "v1", shared, byMAC, "svix", "webhook"},
		{"standard-webhooks", "v1a", public, byKey, "webhook", "svix"},
	}
	for _, tt := range tests {
		t.Run(tt.provider+" "+tt.scheme+" "+tt.second, func(t *testing.T) {
			g, s, o := newTest(t, func(c *Config) {
				c.Verify = verify.Config{Provider: tt.provider, Secrets: []string{tt.secret}, Options: map[string]string{"scheme": tt.scheme}}
			})
			serve(g, svix(tt.first, tt.scheme, tt.sign))
			serve(g, svix(tt.second, tt.scheme, tt.sign))
			if got := (*o)[1]; (*o)[0].Name != OutcomeDelivered || got.Name != OutcomeDuplicate || got.ID != "msg_1" {
				t.Errorf("outcomes %+v, want one delivery and its repeat", *o)
			}
			if len(s.got) != 1 {
				t.Errorf("the application got %d events, want 1", len(s.got))
			}
		})
	}
}

// The text that Plivo signs has nothing between fields, so that one signature
// is right for several forms.
func TestMovedFieldsAreARepeat(t *testing.T) {
	sig := base64.StdEncoding.EncodeToString(mac(secret, "https://h.example/plivo?From14151MessageUUIDabcdefTo99.nonce1"))
	plivo := func(form string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/plivo", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Plivo-Signature-V3", sig)
		r.Header.Set("X-Plivo-Signature-V3-Nonce", "nonce1")
		return r
	}
	const genuine = "From=14151&MessageUUID=abcdef&To=99"
	for _, form := range []string{
		genuine,
		"From=14151&MessageUUID=abcdefTo99",
		"From=14151&MessageUUID=abcde&fTo99=",
		"From=14151&MessageUUID=abcd&efTo99=",
		"From=14151MessageUUIDabcdef&To=99",
	} {
		g, s, o := newTest(t, func(c *Config) {
			c.Verify = verify.Config{Provider: "plivo", Secrets: []string{secret}, Options: map[string]string{"url": "https://h.example/plivo"}}
		})
		serve(g, plivo(genuine))
		serve(g, plivo(form))
		if (*o)[0].Name != OutcomeDelivered || (*o)[1].Name != OutcomeDuplicate || len(s.got) != 1 {
			t.Errorf("%s: outcomes %+v, want one delivery and its repeat", form, *o)
		}
	}
}

// mailgun returns a request as Mailgun signs it: a token, and not the body.
func mailgun(token, body string) *http.Request {
	ts := strconv.FormatInt(t0.Unix(), 10)
	h := hmac.New(sha256.New, []byte(secret))
	io.WriteString(h, ts+token)
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(fmt.Sprintf(`{"signature":{"timestamp":%q,"token":%q,"signature":%q},%s`, ts, token, hex.EncodeToString(h.Sum(nil)), body[1:])))
	r.Header.Set("Content-Type", "application/json")
	return r
}

const adyenKey = "44782DEF44782DEF44782DEF44782DEF44782DEF44782DEF44782DEF44782DEF"

// adyen returns a request as Adyen signs it: some members of the item alone.
func adyen(reference, id string) *http.Request {
	h := hmac.New(sha256.New, must(hex.DecodeString(adyenKey)))
	io.WriteString(h, reference+"::M:order:100:EUR:AUTHORISATION:true")
	return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(fmt.Sprintf(`{"delivery_id":%q,"notificationItems":[{"NotificationRequestItem":{
		"pspReference":%q,"merchantAccountCode":"M","merchantReference":"order","amount":{"value":100,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true",
		"additionalData":{"hmacSignature":%q}}}]}`, id, reference, base64.StdEncoding.EncodeToString(h.Sum(nil)))))
}

func unsigned(body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
}

func TestWhatIsARepeat(t *testing.T) {
	provider := func(name string) func(*Config) { return func(c *Config) { c.Verify.Provider = name } }
	keyed := func(name, key string) func(*Config) {
		return func(c *Config) { c.Verify.Provider, c.Idempotency.Key = name, key }
	}
	idHeader := func(c *Config) { c.Verify.Options = map[string]string{"id": "header X-Tenant"} }
	both := func(c *Config) {
		idHeader(c)
		c.Idempotency.Key = "{webhook.body.delivery_id}"
	}
	item := func(c *Config) { c.Verify = verify.Config{Provider: "adyen", Secrets: []string{adyenKey}} }
	itemKeyed := func(key string) func(*Config) {
		return func(c *Config) {
			item(c)
			c.Idempotency.Key = key
		}
	}
	none := func(id, key string) func(*Config) {
		return func(c *Config) {
			c.Verify = verify.Config{Provider: "none"}
			if id != "" {
				c.Verify.Options = map[string]string{"id": id}
			}
			c.Idempotency.Key = key
		}
	}
	const composed = "{webhook.endpoint}-{webhook.body.delivery_id}"
	off := func(c *Config) { c.Idempotency.Off = true }
	tenant := func(r *http.Request, name string) *http.Request { r.Header.Set("X-Tenant", name); return r }

	tests := []struct {
		name          string
		edit          func(*Config)
		first, second *http.Request
		want          string
	}{
		{"the same bytes", nil, signed(event("d1")), signed(event("d1")), OutcomeDuplicate},
		{"signed id, new timestamp", nil, signed(event("d1")), aged(event("d1")), OutcomeDuplicate},
		{"signed id, other body", nil, signed(event("d1")), signed(event("d1") + " "), OutcomeDuplicate},
		{"other signed id", nil, signed(event("d1")), signed(event("d2")), OutcomeDelivered},
		{"no id, the same bytes", nil, signed(`{}`), signed(`{}`), OutcomeDuplicate},
		{"no id, new timestamp", nil, signed(`{}`), aged(`{}`), OutcomeDelivered},
		{"not JSON, the same bytes", nil, signed(`x`), signed(`x`), OutcomeDuplicate},
		{"unsigned id changed by a replayer", provider("github"), github("a", `{}`), github("b", `{}`), OutcomeDuplicate},
		{"unsigned id reused for another body", provider("github"), github("a", `{}`), github("a", `{"n":1}`), OutcomeDelivered},
		{"unsigned id asked for", keyed("github", "{webhook.id}"), github("a", `{}`), github("b", `{}`), OutcomeDelivered},
		{"unsigned id asked for, other body", keyed("github", "{webhook.id}"), github("a", `{}`), github("a", `{"n":1}`), OutcomeDelivered},
		{"unsigned id beside a signed timestamp, retried", idHeader, tenant(signed(`{}`), "a"), tenant(aged(`{}`), "a"), OutcomeDuplicate},
		{"unsigned id beside a signed timestamp, changed by a replayer", idHeader, tenant(signed(`{}`), "a"), tenant(signed(`{}`), "b"), OutcomeDuplicate},
		{"unsigned id beside a signed timestamp, dropped by a replayer", idHeader, tenant(signed(`{}`), "a"), signed(`{}`), OutcomeDuplicate},
		{"unsigned id beside a signed timestamp, added by a replayer", idHeader, signed(`{}`), tenant(signed(`{}`), "a"), OutcomeDuplicate},
		{"unsigned id beside a signed timestamp, another event with the same body", idHeader, tenant(signed(`{}`), "a"), tenant(aged(`{}`), "b"), OutcomeDelivered},
		{"unsigned id beside a signed timestamp, reused for another body", idHeader, tenant(signed(`{}`), "a"), tenant(signed(`{"n":1}`), "a"), OutcomeDelivered},
		{"key of the body", keyed("broxi", "{webhook.body.data.total}"), signed(event("d1")), signed(event("d2")), OutcomeDuplicate},
		{"key beside an id option of another place", both, tenant(signed(event("d1")), "a"), tenant(aged(event("d1")), "b"), OutcomeDuplicate},
		{"key beside an id option, other value", both, tenant(signed(event("d1")), "a"), tenant(signed(event("d2")), "a"), OutcomeDelivered},
		{"composed key", keyed("broxi", "{webhook.event}-{webhook.id}"), signed(event("d1")), aged(event("d1")), OutcomeDuplicate},
		{"composed key of an unsigned body, forged with an old token", keyed("mailgun", composed), mailgun("old", event("d2")), mailgun("new", event("d2")), OutcomeDelivered},
		{"composed key of an unsigned body, retried", keyed("mailgun", composed), mailgun("a", event("d1")), mailgun("a", event("d1")), OutcomeDuplicate},
		{"composed key of what is unsigned beside an item", itemKeyed(composed), adyen("r1", "d2"), adyen("r2", "d2"), OutcomeDelivered},
		{"composed key of what is unsigned beside an item, retried", itemKeyed(composed), adyen("r1", "d1"), adyen("r1", "d1"), OutcomeDuplicate},
		{"key of what is unsigned beside an item", itemKeyed("{webhook.body.delivery_id}"), adyen("r1", "d2"), adyen("r2", "d2"), OutcomeDelivered},
		{"what is unsigned beside an item changed by a replayer", item, adyen("r1", "d1"), adyen("r1", "d2"), OutcomeDuplicate},
		{"composed key, beside a timestamp, of a signed body", keyed("broxi", composed), signed(event("d1")), aged(event("d1")), OutcomeDuplicate},
		{"nothing is signed, other body", none("json delivery_id", ""), unsigned(event("d1")), unsigned(event("d1") + " "), OutcomeDelivered},
		{"nothing is signed, the same body", none("json delivery_id", ""), unsigned(event("d1")), unsigned(event("d1")), OutcomeDuplicate},
		{"nothing is signed, key of the body", none("", "{webhook.body.delivery_id}"), unsigned(event("d1")), unsigned(event("d1") + " "), OutcomeDelivered},
		{"nothing is signed, composed key", none("", composed), unsigned(event("d1")), unsigned(event("d1") + " "), OutcomeDelivered},
		{"nothing is signed, the same body with another id", none("header X-Tenant", ""), tenant(unsigned(`{}`), "a"), tenant(unsigned(`{}`), "b"), OutcomeDelivered},
		{"a token with an id", func(c *Config) {
			c.Verify.Provider, c.Verify.Options = "bearer", map[string]string{"id": "json delivery_id"}
		}, bearer(event("d1")), bearer(event("d1") + " "), OutcomeDuplicate},
		{"a token proves no body and there is no id", provider("bearer"), bearer(`{}`), bearer(`{}`), OutcomeDelivered},
		{"off", off, signed(event("d1")), signed(event("d1")), OutcomeDelivered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, _, o := newTest(t, tt.edit)
			serve(g, tt.first)
			serve(g, tt.second)
			if got := (*o)[1].Name; (*o)[0].Name != OutcomeDelivered || got != tt.want {
				t.Errorf("outcomes %+v, want %s", *o, tt.want)
			}
		})
	}
}

func TestUnusableIDs(t *testing.T) {
	key := func(k string) func(*Config) { return func(c *Config) { c.Idempotency.Key = k } }
	tests := []struct {
		name string
		edit func(*Config)
		body string
		want string
	}{
		{"255 bytes", nil, event(strings.Repeat("x", 255)), OutcomeDelivered},
		{"256 bytes", nil, event(strings.Repeat("x", 256)), ReasonMalformed},
		{"space", nil, event("a b"), ReasonMalformed},
		{"NUL", nil, `{"delivery_id":"a\u0000b"}`, ReasonMalformed},
		{"not ASCII", nil, event("ä"), ReasonMalformed},
		{"given twice", nil, `{"delivery_id":"a","delivery_id":"b"}`, ReasonMalformed},
		{"number", nil, `{"delivery_id":12345678901234567890}`, OutcomeDelivered},
		{"configured and missing", key("{webhook.body.other}"), event("d1"), ReasonMalformed},
		{"configured and not JSON", key("{webhook.body.delivery_id}"), `x`, ReasonMalformed},
		{"composed and empty", key("{header.X-Tenant}"), event("d1"), ReasonMalformed},
		{"composed and empty in part", key("{webhook.event}-{header.X-Tenant}"), event("d1"), ReasonMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, _, o := newTest(t, tt.edit)
			serve(g, signed(tt.body))
			if got := (*o)[0].Name; got != tt.want {
				t.Errorf("outcome %+v, want %s", (*o)[0], tt.want)
			}
		})
	}
}

func TestEventsWithoutAnIDHaveADifferentReference(t *testing.T) {
	g, s, _ := newTest(t, func(c *Config) { c.Verify = verify.Config{Provider: "none"} })
	for range 2 {
		serve(g, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x")))
	}
	if len(s.got) != 2 || s.got[0].Reference() == s.got[1].Reference() {
		t.Errorf("references of two events: %v", s.got)
	}
}

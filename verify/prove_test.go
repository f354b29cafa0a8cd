package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// What stands for the signed text is the same whichever signatures are left
// and whichever secrets are configured.
func TestMACIsNotOfOneKey(t *testing.T) {
	const other = "another secret.."
	times := func(element string, keys ...string) string {
		value := "t=" + t0s
		for _, k := range keys {
			value += "," + element + "=" + hexMAC(k, t0s, ".hi")
		}
		return value
	}
	docusign := func(keys ...string) (headers []string) {
		for i, k := range keys {
			sum, _ := hex.DecodeString(hexMAC(k, "hi"))
			headers = append(headers, fmt.Sprintf("X-Docusign-Signature-%d", i+1), base64.StdEncoding.EncodeToString(sum))
		}
		return headers
	}
	calendly := func(keys ...string) []string { return []string{"Calendly-Webhook-Signature", times("v1", keys...)} }
	stripe := func(keys ...string) []string { return []string{"Stripe-Signature", times("v1", keys...)} }
	tests := []struct {
		name, provider string
		sign           func(keys ...string) []string
		before, after  []string // the secrets
		first, second  []string // who signed
	}{
		{"first signature taken away", "docusign", docusign, []string{secret16, other}, []string{secret16, other}, []string{secret16, other}, []string{other}},
		{"secret added", "docusign", docusign, []string{other}, []string{secret16, other}, []string{secret16, other}, []string{secret16, other}},
		{"secret replaced", "docusign", docusign, []string{other}, []string{secret16}, []string{other}, []string{secret16}},
		{"first of a list taken away", "calendly", calendly, []string{secret16, other}, []string{secret16, other}, []string{secret16, other}, []string{other}},
		{"secret of a list replaced", "calendly", calendly, []string{other}, []string{secret16}, []string{secret16, other}, []string{secret16}},
		{"beside a signed id", "stripe", stripe, []string{secret16, other}, []string{secret16, other}, []string{secret16, other}, []string{other}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			first, err := mustNew(t, Config{Provider: tt.provider, Secrets: tt.before}).Verify(t0, sendAll("hi", tt.sign(tt.first...)...))
			if err != nil {
				t.Fatal(err)
			}
			second, err := mustNew(t, Config{Provider: tt.provider, Secrets: tt.after}).Verify(t0, sendAll("hi", tt.sign(tt.second...)...))
			if err != nil {
				t.Fatal(err)
			}
			if len(first.MAC()) == 0 || !bytes.Equal(first.MAC(), second.MAC()) {
				t.Errorf("MAC = %x, then %x", first.MAC(), second.MAC())
			}
		})
	}
}

func TestRepeatedItems(t *testing.T) {
	for _, v := range readVectors(t) {
		if v.Provider != "adyen" || v.Name != "two-items-valid" {
			continue
		}
		r := v.request(t)
		body := string(r.Body)
		at := strings.Index(body, "[") + 1
		list := body[at:strings.LastIndex(body, "]")]
		r.Body = []byte(body[:at] + list + "," + list + body[at+len(list):])
		if res, err := v.verifier(t).Verify(t0, r); !errors.Is(err, ErrMalformed) || len(res.MAC()) > 0 {
			t.Errorf("Verify = %+v, %v, want %v", res, err, ErrMalformed)
		}
		return
	}
	t.Error("no vector with two items")
}

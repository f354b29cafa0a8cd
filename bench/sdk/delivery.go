package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// size is the length of a body in bytes: that of a usual event.
const size = 2 << 10

// A textEncoding writes a MAC as text. *base64.Encoding is one.
type textEncoding interface {
	EncodeToString(src []byte) string
	Decode(dst, src []byte) (int, error)
}

type hexText struct{}

func (hexText) EncodeToString(src []byte) string    { return hex.EncodeToString(src) }
func (hexText) Decode(dst, src []byte) (int, error) { return hex.Decode(dst, src) }

// A provider is how one signs, and its own verifier. In the texts {id}, {ts}
// and {mac} stand for what differs from delivery to delivery.
type provider struct {
	name      string // in our catalogue
	secret    string // as the provider shows it
	key       []byte // of the MAC
	encoding  textEncoding
	signature string            // name of the header
	value     string            // of that header
	headers   map[string]string // the others
	before    string            // what is signed in front of the body

	// sdk returns the provider's verifier, with everything prepared that its
	// documentation allows to prepare.
	sdk func(secret string) (verifier, error)
}

// A verifier returns nil for a genuine request. It need not be safe for
// concurrent use.
type verifier func(r *verify.Request) error

// A delivery is a signed request, and what was computed for it.
type delivery struct {
	*verify.Request
	before []byte // signed in front of the body
	mac    []byte // as text
}

// event returns a JSON body of size bytes.
func event() []byte {
	const head, tail = `{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","type":"invoice.paid","data":"`, `"}`
	return []byte(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
}

// sign returns a delivery of body that p sends at now.
func (p *provider) sign(now time.Time, body []byte) *delivery {
	values := []string{"{id}", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "{ts}", strconv.FormatInt(now.Unix(), 10)}
	before := strings.NewReplacer(values...).Replace(p.before)
	m := hmac.New(sha256.New, p.key)
	m.Write([]byte(before))
	m.Write(body)
	mac := p.encoding.EncodeToString(m.Sum(nil))

	fill := strings.NewReplacer(append(values, "{mac}", mac)...)
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set(p.signature, fill.Replace(p.value))
	for name, value := range p.headers {
		h.Set(name, fill.Replace(value))
	}
	r := &verify.Request{Method: "POST", URI: "/in", Header: h, Body: bytes.Clone(body)}
	return &delivery{r, []byte(before), []byte(mac)}
}

// base64Key is a key and the secret that Svix and Standard Webhooks show for it.
func base64Key(key string) (secret string, raw []byte) {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(key)), []byte(key)
}

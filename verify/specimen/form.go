package specimen

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"net/url"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// AsForm turns a body into the form that a scheme reads. An empty
// one becomes an empty object.
func AsForm(body []byte, contentType string, schemes []*verify.Scheme) ([]byte, string) {
	if len(body) == 0 {
		body = []byte("{}")
	}
	s := schemes[0]
	wanted := s.JSONFrom != "" || s.Canonical == "twilio" || s.Signature.In == "form" || strings.Contains(s.Content, "{form:")
	if !wanted || len(schemes) > 1 || contentType != "application/json" {
		return body, contentType
	}
	field := s.JSONFrom
	if field == "" {
		field = "payload"
	}
	return []byte(url.Values{field: {string(body)}}.Encode()), "application/x-www-form-urlencoded"
}

// NewID returns an id that nobody has seen: a number where the body has one.
func NewID(body []byte, place *verify.Place) string {
	if place.In == "json" && isNumber(member(body, strings.Split(place.Name, "."))) {
		n, _ := rand.Int(rand.Reader, big.NewInt(1e15)) // it never fails
		return n.String()
	}
	b := make([]byte, 12)
	_, _ = rand.Read(b) // it never fails
	return "test_" + hex.EncodeToString(b)
}

package keyset

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// The keys of all tests.
var (
	rsaKey   = must(rsa.GenerateKey(rand.Reader, 2048))
	otherKey = must(rsa.GenerateKey(rand.Reader, 2048))
	ecKey    = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	edKey    = must2(ed25519.GenerateKey(rand.Reader))
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func must2[T, U any](_ T, v U, err error) U { return must(v, err) }

// jwk is a JWK of a key, with members added to it or, if nil, taken away.
func jwk(key any, kid string, more map[string]any) string {
	members := map[string]any{}
	must(0, json.Unmarshal(must(jose.JSONWebKey{Key: key, KeyID: kid}.MarshalJSON()), &members))
	for name, value := range more {
		members[name] = value
		if value == nil {
			delete(members, name)
		}
	}
	return string(must(json.Marshal(members)))
}

func jwks(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func spki(public crypto.PublicKey) []byte { return must(x509.MarshalPKIXPublicKey(public)) }

func publicPEM(public crypto.PublicKey) string { return block("PUBLIC KEY", spki(public)) }

// A host is a TLS server whose one answer can be changed. Its URL's host is
// any name: the client that it gives goes to it whatever the name is.
type host struct {
	*httptest.Server

	mu     sync.Mutex
	answer http.HandlerFunc
	asked  []string // paths
}

func newHost(t *testing.T, answer http.HandlerFunc) *host {
	h := &host{answer: answer}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		h.asked = append(h.asked, r.URL.Path)
		answer := h.answer
		h.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *host) set(answer http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = answer
}

// fetches is how often it was asked.
func (h *host) fetches() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

// says is an answer with a text, and headers given in pairs.
func says(text string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		if len(headers) > 0 && headers[0] == "Content-Type" {
			w.Header().Del("Content-Type")
		}
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		io.WriteString(w, text)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, jwks(jwk(otherKey.Public(), "b", nil))) // not to be believed
	}
}

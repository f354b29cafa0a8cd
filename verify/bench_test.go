package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"
)

const benchSecret = "whsec_a_secret_of_usual_length__"

var benchNow = time.Unix(1767225600, 0)

var sizes = []struct {
	name string
	n    int
}{{"256B", 256}, {"2KiB", 2 << 10}, {"16KiB", 16 << 10}}

// event returns a JSON body of n bytes with its id and type in front.
func event(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"id":"evt_1NG8Du2eZvKYlo2CUI79vXWy","type":"invoice.paid","data":[`)
	for i := 0; b.Len() < n-80; i++ {
		fmt.Fprintf(&b, `{"n":%d,"text":"Größe \"L\"","ok":true},`, i)
	}
	b.WriteString(`"`)
	b.Write(bytes.Repeat([]byte("x"), max(0, n-b.Len()-3)))
	b.WriteString(`"]}`)
	return b.Bytes()
}

func hexMAC(secret string, parts ...string) string {
	m := hmac.New(sha256.New, []byte(secret))
	for _, p := range parts {
		m.Write([]byte(p))
	}
	return hex.EncodeToString(m.Sum(nil))
}

// signed returns a request that the provider's default scheme accepts at now.
func signed(provider string, now time.Time, body []byte) *Request {
	r := &Request{Method: "POST", URI: "/in?x=1", Header: http.Header{}, Body: body}
	ts := strconv.FormatInt(now.Unix(), 10)
	switch provider {
	case "stripe":
		r.Header.Set("Stripe-Signature", "t="+ts+",v1="+hexMAC(benchSecret, ts, ".", string(body)))
	case "broxi":
		r.Header.Set("X-Broxi-Timestamp", ts)
		r.Header.Set("X-Broxi-Signature", hexMAC(benchSecret, ts, ".", string(body)))
	case "github":
		r.Header.Set("X-Hub-Signature-256", "sha256="+hexMAC(benchSecret, string(body)))
	}
	return r
}

func BenchmarkVerify(b *testing.B) {
	for _, provider := range []string{"stripe", "broxi", "github"} {
		for _, size := range sizes {
			b.Run(provider+"/"+size.name, func(b *testing.B) {
				v := mustNew(b, Config{Provider: provider, Secrets: []string{benchSecret}})
				r := signed(provider, benchNow, event(size.n))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := v.Verify(benchNow, r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkRawHMAC is what Verify cannot do without.
func BenchmarkRawHMAC(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			body := event(size.n)
			m := hmac.New(sha256.New, []byte(benchSecret))
			m.Write(body)
			want := m.Sum(nil)
			sum := make([]byte, 0, sha256.Size)
			b.ReportAllocs()
			for b.Loop() {
				m.Reset()
				m.Write(body)
				if !hmac.Equal(m.Sum(sum), want) {
					b.Fatal("mismatch")
				}
			}
		})
	}
}

func BenchmarkIdentify(b *testing.B) {
	for _, size := range append(sizes, struct {
		name string
		n    int
	}{"256KiB", 256 << 10}) {
		r := &Request{Header: http.Header{}, Body: event(size.n)}
		b.Run(size.name, func(b *testing.B) {
			v := mustNew(b, Config{Provider: "stripe", Secrets: []string{benchSecret}})
			b.SetBytes(int64(len(r.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if id, _, err := v.Identify(r, nil, false); id == "" || err != nil {
					b.Fatal(id, err)
				}
			}
		})
		b.Run("encoding-json/"+size.name, func(b *testing.B) {
			b.SetBytes(int64(len(r.Body)))
			b.ReportAllocs()
			for b.Loop() {
				var e struct{ ID, Type string }
				if err := json.Unmarshal(r.Body, &e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func mustNew(t testing.TB, c Config) *Verifier {
	t.Helper()
	v, err := New(c)
	if err != nil {
		t.Fatalf("New(%s): %v", c.Provider, err)
	}
	return v
}

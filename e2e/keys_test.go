package e2e

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// behindProxy starts caddy where a host of the internet is a handler of ours.
func behindProxy(t *testing.T, host string, h http.Handler, site string, env ...string) (*caddy, string) {
	t.Helper()
	f := inClear(t)
	addr, trust := impersonate(t, host, h)
	proxy := httptest.NewServer(tunnel(t, host+":443", addr))
	t.Cleanup(proxy.Close)
	return start(t, f.caddyfile("", site), append(env, "SSL_CERT_FILE="+trust, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")...), f.url
}

// A keyServer publishes a set of keys, and counts how often it is asked.
type keyServer struct {
	answer atomic.Value // []byte
	asked  atomic.Int32
}

func (k *keyServer) publish(t *testing.T, id string, key *rsa.PrivateKey) {
	t.Helper()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{KeyID: id, Algorithm: "RS256", Use: "sig", Key: key.Public()}}})
	if err != nil {
		t.Fatal(err)
	}
	k.answer.Store(text)
}

func (k *keyServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	k.asked.Add(1)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(k.answer.Load().([]byte)) // the gateway says if it is cut short
}

// googlePush is a request of Google Pub/Sub, whose token is signed with a key.
func googlePush(t *testing.T, url, id string, key *rsa.PrivateKey) *http.Request {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	signed, err := signer.Sign(fmt.Appendf(nil, `{"iss":"https://accounts.google.com","aud":"audience","email":"a@b.example","email_verified":true,"iat":%d,"exp":%d}`, now, now+300))
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return post(t, url+"/push", `{"message":{"messageId":"`+fmt.Sprint(time.Now().UnixNano())+`"}}`, "Authorization", "Bearer "+token)
}

// TestPublishedKeys: Google's keys are fetched once, at the first webhook, and
// not for every one with a key that nobody has heard of.
func TestPublishedKeys(t *testing.T) {
	keys, app := new(keyServer), newApplication(t)
	first, second := newRSA(t), newRSA(t)
	keys.publish(t, "first", first)
	_, url := behindProxy(t, "www.googleapis.com", keys, "webhook_gateway /push push {\nverify google-pubsub {\naud audience\nemail a@b.example\n}\nto "+app.address()+"\n}")
	wants := func(name string, r *http.Request, status int) {
		t.Helper()
		if got, text := do(t, http.DefaultClient, r); got != status {
			t.Errorf("%s: answered %d %s, want %d", name, got, text, status)
		}
	}
	for range 10 {
		wants("the published key", googlePush(t, url, "first", first), http.StatusOK)
	}
	for range 10 {
		wants("an unknown key", googlePush(t, url, "second", second), http.StatusUnauthorized)
	}
	wants("a wrong key under a known name", googlePush(t, url, "first", second), http.StatusUnauthorized)
	keys.publish(t, "second", second)
	wants("the first key is still known", googlePush(t, url, "first", first), http.StatusOK)
	if n := keys.asked.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times, want once", n)
	}
	if got := app.take(); len(got) != 11 {
		t.Errorf("the application got %d requests, want 11", len(got))
	}
}

// An amazon signs SNS messages and publishes its certificate.
type amazon struct {
	key       *rsa.PrivateKey
	cert      []byte // PEM
	confirmed chan string
}

func newAmazon(t *testing.T) *amazon {
	t.Helper()
	a := &amazon{key: newRSA(t), confirmed: make(chan string, 1)}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"sns.amazonaws.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func (a *amazon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("Action") == "ConfirmSubscription" {
		a.confirmed <- r.URL.Query().Get("Token")
		io.WriteString(w, "<ConfirmSubscriptionResponse/>")
		return
	}
	if r.URL.Path != "/SimpleNotificationService-test.pem" {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(a.cert) // the gateway says if it is cut short
}

// message is a signed message.
func (a *amazon) message(t *testing.T, url, body string) *http.Request {
	t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := verify.NewSigner(verify.Config{Provider: "aws-sns", Options: map[string]string{"topic": "*"}, Secrets: []string{string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))}})
	if err != nil {
		t.Fatal(err)
	}
	r := &verify.Request{Method: http.MethodPost, URI: "/sns", Header: http.Header{"Content-Type": {"text/plain; charset=UTF-8"}}, Body: []byte(body)}
	if err := signer.Sign(time.Now(), r); err != nil {
		t.Fatal(err)
	}
	sent, err := http.NewRequest(http.MethodPost, url+"/sns", bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	sent.Header = r.Header
	return sent
}

// TestAmazonSNS: messages are verified with the certificate that they name, at
// Amazon's own host, and a subscription is confirmed for a wanted topic.
func TestAmazonSNS(t *testing.T) {
	const wanted = "arn:aws:sns:us-east-1:123456789012:orders"
	a, other, app := newAmazon(t), newAmazon(t), newApplication(t)
	_, url := behindProxy(t, "sns.us-east-1.amazonaws.com", a, "webhook_gateway /sns sns {\nverify aws-sns {\ntopic "+wanted+"\n}\nto "+app.address()+"\n}")
	subscription := func(topic string) string {
		return `{"Type":"SubscriptionConfirmation","MessageId":"1","Token":"the-token","Message":"You have chosen","TopicArn":"` + topic +
			`","SubscribeURL":"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=` + topic + `&Token=the-token"}`
	}
	tests := []struct {
		name, body string
		signer     *amazon
		status     int
	}{
		{"a notification", `{"Type":"Notification","TopicArn":"` + wanted + `","Message":"hi"}`, a, 200},
		{"of another topic", `{"Type":"Notification","TopicArn":"` + wanted + `-2","Message":"hi"}`, a, 401},
		{"signed by somebody else", `{"Type":"Notification","TopicArn":"` + wanted + `","Message":"ho"}`, other, 401},
		{"a subscription to another topic", subscription(wanted + "-2"), a, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, text := do(t, http.DefaultClient, tt.signer.message(t, url, tt.body)); status != tt.status {
				t.Errorf("answered %d %s, want %d", status, text, tt.status)
			}
			if got := app.take(); len(got) > 0 != (tt.status == 200) {
				t.Errorf("the application got %v", got)
			}
		})
	}
	if status, text := do(t, http.DefaultClient, a.message(t, url, subscription(wanted))); status != http.StatusOK {
		t.Fatalf("the subscription: answered %d %s", status, text)
	}
	if token := <-a.confirmed; token != "the-token" {
		t.Errorf("confirmed with %q", token)
	}
}

// TestMadeUpCertificates: a stranger who names certificates that do not exist
// uses up its own fetches, and not those of Amazon.
func TestMadeUpCertificates(t *testing.T) {
	const topic = "arn:aws:sns:us-east-1:123456789012:orders"
	a, app := newAmazon(t), newApplication(t)
	_, url := behindProxy(t, "sns.us-east-1.amazonaws.com", a, "webhook_gateway /sns sns {\nverify aws-sns {\ntopic "+topic+"\n}\nto "+app.address()+"\n}")
	for i := range 10 {
		want := http.StatusUnauthorized
		if i >= 4 {
			want = http.StatusServiceUnavailable
		}
		r := post(t, url+"/sns", `{"Type":"Notification","MessageId":"1","TopicArn":"`+topic+`","Message":"hi","Timestamp":"2026-01-02T03:04:05.000Z","SignatureVersion":"2","Signature":"AAAA",`+
			fmt.Sprintf(`"SigningCertURL":"https://sns.us-east-1.amazonaws.com/SimpleNotificationService-%032x.pem"}`, i))
		if status, text := do(t, http.DefaultClient, r); status != want {
			t.Errorf("made up %d: answered %d %s, want %d", i, status, text, want)
		}
	}
	elsewhere := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext, DisableKeepAlives: true}
	message := `{"Type":"Notification","TopicArn":"` + topic + `","Message":"hi"}`
	if status, text := do(t, &http.Client{Transport: elsewhere}, a.message(t, url, message)); status != http.StatusOK {
		t.Errorf("a notification: answered %d %s, want 200", status, text)
	}
}

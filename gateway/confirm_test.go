package gateway

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A topic signs messages as SNS does, and receives the calls that confirm.
type topic struct {
	key    *rsa.PrivateKey
	public string
	calls  chan string

	// What a call is answered, when until is closed or nil.
	status int
	body   string
	err    error
	until  chan struct{}

	mu  sync.Mutex
	log bytes.Buffer
}

const topicARN = "arn:aws:sns:us-west-2:123456789012:MyTopic"

func newTopic(t *testing.T) *topic {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &topic{key: key, public: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), calls: make(chan string, 100)}
}

// RoundTrip implements http.RoundTripper.
func (p *topic) RoundTrip(r *http.Request) (*http.Response, error) {
	p.calls <- r.Method + " " + r.URL.String()
	if p.until != nil {
		<-p.until
	}
	if p.err != nil {
		return nil, p.err
	}
	header := http.Header{"Location": {"https://127.0.0.1/"}}
	return &http.Response{StatusCode: p.status, Header: header, Body: io.NopCloser(strings.NewReader(p.body))}, nil
}

func (p *topic) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(b)
}

// message is a message of the type about the topic.
func (p *topic) message(t *testing.T, kind, arn string) *http.Request {
	m := map[string]string{
		"Type": kind, "MessageId": "m1", "TopicArn": arn, "Message": "hi", "Timestamp": "2026-01-01T00:00:00.000Z", "SignatureVersion": "2",
		"SigningCertURL": "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-a.pem",
	}
	names := []string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"}
	if kind != "Notification" {
		m["Token"], m["SubscribeURL"] = "t0ken", "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=t0ken"
		names = []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}
	}
	var text strings.Builder
	for _, name := range names {
		text.WriteString(name + "\n" + m[name] + "\n")
	}
	digest := sha256.Sum256([]byte(text.String()))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	m["Signature"] = base64.StdEncoding.EncodeToString(signature)
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return request("POST", "/", string(body))
}

// gateway is an endpoint for the topic's messages.
func (p *topic) gateway(t *testing.T, topics string) (*Gateway, *stand, *outcomes) {
	g, s, o := newTest(t, func(c *Config) {
		c.Verify = verify.Config{Provider: "aws-sns", Secrets: []string{p.public}, Options: map[string]string{"topic": topics}}
	})
	g.Log = slog.New(slog.NewTextHandler(p, nil))
	g.Confirmer = &http.Client{Transport: p, CheckRedirect: confirmer.CheckRedirect}
	return g, s, o
}

// idle returns when no call is under way.
func idle(g *Gateway) {
	for range confirmAtOnce {
		g.handshakes.confirming <- struct{}{}
	}
	for range confirmAtOnce {
		<-g.handshakes.confirming
	}
}

func TestSubscriptionIsConfirmed(t *testing.T) {
	const address = "GET https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=t0ken"
	tests := []struct {
		name   string
		status int
		body   string
		err    error
		log    string
	}{
		{"well", 200, "<ok/>", nil, "level=INFO msg=\"webhook subscription confirmed\" endpoint=test provider=aws-sns status=200"},
		{"with a page without end", 200, strings.Repeat("x", 2*confirmAnswer), nil, "level=INFO msg=\"webhook subscription confirmed\""},
		{"redirected", 302, "", nil, "level=ERROR msg=\"webhook subscription not confirmed\" endpoint=test provider=aws-sns status=302"},
		{"expired", 403, "", nil, "level=ERROR msg=\"webhook subscription not confirmed\" endpoint=test provider=aws-sns status=403"},
		{"not reached", 0, "", io.ErrUnexpectedEOF, "status=0 error=\"unexpected EOF\""},
	}
	p := newTopic(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.status, p.body, p.err = tt.status, tt.body, tt.err
			p.log.Reset()
			g, s, o := p.gateway(t, topicARN)
			w := serve(g, p.message(t, "SubscriptionConfirmation", topicARN))
			idle(g)
			if w.Code != 200 || w.Body.Len() != 0 || len(s.got) != 0 || (*o)[0].Name != OutcomeHandshake || (*o)[0].Err != nil {
				t.Errorf("answered %d %q, outcome %+v", w.Code, w.Body, (*o)[0])
			}
			if n := len(p.calls); n != 1 {
				t.Fatalf("%d calls, want 1", n)
			}
			if got := <-p.calls; got != address {
				t.Errorf("called %s, want %s", got, address)
			}
			if log := p.log.String(); !strings.Contains(log, tt.log) || strings.Contains(log, "t0ken") {
				t.Errorf("logged %s, want %s", log, tt.log)
			}
		})
	}
}

func TestSubscriptionsNobodyAskedFor(t *testing.T) {
	p := newTopic(t)
	p.status = 200
	g, s, o := p.gateway(t, "*")
	if w := serve(g, p.message(t, "SubscriptionConfirmation", topicARN)); w.Code != 200 || len(s.got) != 0 || (*o)[0].Err == nil || !strings.Contains((*o)[0].Err.Error(), "option topic") {
		t.Errorf("any topic: %d, %+v", w.Code, (*o)[0])
	}
	g, s, o = p.gateway(t, topicARN)
	for i, kind := range []string{"SubscriptionConfirmation", "UnsubscribeConfirmation", "Notification"} {
		if w := serve(g, p.message(t, kind, topicARN+"2")); w.Code != 401 || (*o)[i].Name != ReasonSigBad {
			t.Errorf("%s of another topic: %d, %+v", kind, w.Code, (*o)[i])
		}
	}
	if w := serve(g, p.message(t, "UnsubscribeConfirmation", topicARN)); w.Code != 200 || (*o)[3].Handshake != "aws-sns-unsubscribe-confirmation" {
		t.Errorf("end of the subscription: %d, %+v", w.Code, (*o)[3])
	}
	if w := serve(g, p.message(t, "Notification", topicARN)); w.Code != 200 || len(s.got) != 1 {
		t.Errorf("notification: %d, delivered %d", w.Code, len(s.got))
	}
	idle(g)
	if len(p.calls) != 0 {
		t.Errorf("called %s", <-p.calls)
	}
}

// TestConfirmationsAreFew: those that cannot be made now are asked for again.
func TestConfirmationsAreFew(t *testing.T) {
	p := newTopic(t)
	p.until, p.err = make(chan struct{}), context.Canceled
	g, _, o := p.gateway(t, topicARN)
	for range confirmAtOnce {
		serve(g, p.message(t, "SubscriptionConfirmation", topicARN))
	}
	var refusal *Refusal
	err := g.Serve(httptest.NewRecorder(), p.message(t, "SubscriptionConfirmation", topicARN))
	if !errors.As(err, &refusal) || refusal.Status != 503 || refusal.Wait == 0 || (*o)[confirmAtOnce].Name != ReasonBusy {
		t.Errorf("Serve = %v, want 503", err)
	}
	close(p.until)
	idle(g)
}

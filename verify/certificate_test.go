package verify

import (
	"errors"
	"net/http"
	"regexp"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/keyset"
)

// An unreachable counts what it is asked, and answers nothing.
type unreachable struct{ n int }

func (a *unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	a.n++
	return nil, errors.New("unreachable")
}

// TestTopicBeforeCertificate: fetches are few, so none is made for a message
// that is not wanted whoever signed it.
func TestTopicBeforeCertificate(t *testing.T) {
	const wanted = "arn:aws:sns:us-east-1:123456789012:orders"
	tests := []struct {
		name, topic, certificate string
		fetches                  int
		want                     error
	}{
		{"another topic", wanted + "-2", "SimpleNotificationService-0a.pem", 0, ErrMismatch},
		{"a certificate of another form", wanted, "x.pem", 0, ErrMismatch},
		{"the wanted topic", wanted, "SimpleNotificationService-0a.pem", 1, ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := mustNew(t, Config{Provider: "aws-sns", Options: opts{"topic": wanted}})
			var asked unreachable
			v.checkers[0].remote.certs = keyset.NewCertificates(
				keyset.Pin{HostPattern: regexp.MustCompile(`sns\..*`), PathPattern: regexp.MustCompile(`/SimpleNotificationService-[0-9a-f]+\.pem`)},
				keyset.Options{Client: &http.Client{Transport: &asked}})
			r := &Request{Method: "POST", URI: "/", Header: http.Header{}, Body: []byte(`{"Type":"Notification","MessageId":"1","TopicArn":"` + tt.topic +
				`","Message":"m","Timestamp":"2026-01-02T03:04:05.000Z","SignatureVersion":"2","Signature":"AAAA","SigningCertURL":"https://sns.us-east-1.amazonaws.com/` + tt.certificate + `"}`)}
			if _, err := v.Verify(t0, r); !errors.Is(err, tt.want) || asked.n != tt.fetches {
				t.Errorf("Verify = %v after %d fetches, want %v after %d", err, asked.n, tt.want, tt.fetches)
			}
		})
	}
}

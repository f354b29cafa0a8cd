package keyset

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

var (
	paypal = Pin{Hosts: []string{"api.paypal.com", "api.sandbox.paypal.com"}, NameSuffix: ".paypal.com"}
	// The provider's own has no other paths.
	certs = Pin{Hosts: paypal.Hosts, PathPattern: regexp.MustCompile(`^/v1/certs/[0-9A-Z-]+$`)}
	sns   = Pin{HostPattern: regexp.MustCompile(`sns\.[a-z]{2}(-[a-z]+)+-[0-9]+\.amazonaws\.com(\.cn)?`), PathPattern: regexp.MustCompile(`/SimpleNotificationService-[0-9A-Za-z]+\.pem`)}
)

func TestAllowed(t *testing.T) {
	tests := []struct {
		name    string
		pin     Pin
		address string
		want    error
	}{
		{"PayPal", paypal, "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270", nil},
		{"the other host", paypal, "https://api.sandbox.paypal.com/c", nil},
		{"the port said", paypal, "https://api.paypal.com:443/c", nil},
		{"SNS", sns, "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-f3ecfb.pem", nil},
		{"SNS in China", sns, "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-a.pem", nil},
		{"dots in a name", paypal, "https://api.paypal.com/..c/a..b/.d", nil},

		{"empty", paypal, "", ErrForeignURL},
		{"http", paypal, "http://api.paypal.com/c", ErrForeignURL},
		{"scheme in capitals", paypal, "HTTPS://api.paypal.com/c", ErrForeignURL},
		{"no scheme", paypal, "//api.paypal.com/c", ErrForeignURL},
		{"file", paypal, "file:///etc/passwd", ErrForeignURL},
		{"one slash", paypal, "https:/api.paypal.com/c", ErrForeignURL},
		{"three slashes", paypal, "https:///api.paypal.com/c", ErrForeignURL},
		{"opaque", paypal, "https:api.paypal.com/c", ErrForeignURL},
		{"no path", paypal, "https://api.paypal.com", ErrForeignURL},
		{"empty path", paypal, "https://api.paypal.com/", ErrForeignURL},
		{"space before", paypal, " https://api.paypal.com/c", ErrForeignURL},
		{"space after", paypal, "https://api.paypal.com/c ", ErrForeignURL},
		{"too long", paypal, "https://api.paypal.com/" + strings.Repeat("c", maxURL), ErrForeignURL},

		{"as user", paypal, "https://api.paypal.com@evil.example/c", ErrForeignURL},
		{"as user and password", paypal, "https://api.paypal.com:443@evil.example/c", ErrForeignURL},
		{"a user", paypal, "https://a@api.paypal.com/c", ErrForeignURL},
		{"an empty user", paypal, "https://@api.paypal.com/c", ErrForeignURL},
		{"user in the path", paypal, "https://evil.example/@api.paypal.com/c", ErrForeignURL},
		{"as subdomain", paypal, "https://api.paypal.com.evil.example/c", ErrForeignURL},
		{"longer", paypal, "https://evilapi.paypal.com/c", ErrForeignURL},
		{"below it", paypal, "https://evil.api.paypal.com/c", ErrForeignURL},
		{"above it", paypal, "https://paypal.com/c", ErrForeignURL},
		{"port 8443", paypal, "https://api.paypal.com:8443/c", ErrForeignURL},
		{"port 80", paypal, "https://api.paypal.com:80/c", ErrForeignURL},
		{"port 0443", paypal, "https://api.paypal.com:0443/c", ErrForeignURL},
		{"empty port", paypal, "https://api.paypal.com:/c", ErrForeignURL},
		{"two ports", paypal, "https://api.paypal.com:443:443/c", ErrForeignURL},
		{"capitals", paypal, "https://API.paypal.com/c", ErrForeignURL},
		{"trailing dot", paypal, "https://api.paypal.com./c", ErrForeignURL},
		{"escape in the host", paypal, "https://api%2epaypal.com/c", ErrForeignURL},
		{"escaped slash in the host", paypal, "https://evil.example%2f.api.paypal.com/c", ErrForeignURL},
		{"escaped zero in the host", paypal, "https://api.paypal.com%00.evil.example/c", ErrForeignURL},
		{"zero byte", paypal, "https://api.paypal.com\x00.evil.example/c", ErrForeignURL},
		{"tab", paypal, "https://api.paypal.com\t/c", ErrForeignURL},
		{"line feed", paypal, "https://api.paypal.com/c\nHost: evil.example", ErrForeignURL},
		{"backslash for a slash", paypal, `https://evil.example\.api.paypal.com/c`, ErrForeignURL},
		{"backslash and at", paypal, `https://api.paypal.com\@evil.example/c`, ErrForeignURL},
		{"backslashes of the scheme", paypal, `https:\\api.paypal.com/c`, ErrForeignURL},
		{"backslash in the path", paypal, `https://api.paypal.com/a\c`, ErrForeignURL},
		{"query before the host", paypal, "https://evil.example?.api.paypal.com/c", ErrForeignURL},
		{"fragment before the host", paypal, "https://evil.example#.api.paypal.com/c", ErrForeignURL},
		{"fragment and user", paypal, "https://evil.example#@api.paypal.com/c", ErrForeignURL},
		{"query", paypal, "https://api.paypal.com/c?a=b", ErrForeignURL},
		{"empty query", paypal, "https://api.paypal.com/c?", ErrForeignURL},
		{"fragment", paypal, "https://api.paypal.com/c#a", ErrForeignURL},
		{"parameters", paypal, "https://api.paypal.com/c;a=b", ErrForeignURL},
		{"escape in the path", paypal, "https://api.paypal.com/%63", ErrForeignURL},
		{"up", paypal, "https://api.paypal.com/a/../c", ErrForeignURL},
		{"here", paypal, "https://api.paypal.com/./c", ErrForeignURL},
		{"empty segment", paypal, "https://api.paypal.com//evil.example/c", ErrForeignURL},
		{"slash at the end", paypal, "https://api.paypal.com/c/", ErrForeignURL},
		{"Cyrillic a", paypal, "https://аpi.paypal.com/c", ErrForeignURL},
		{"wide full stop", paypal, "https://api.paypal。com/c", ErrForeignURL},
		{"IPv4", paypal, "https://192.0.2.1/c", ErrForeignURL},
		{"IPv6", paypal, "https://[::1]/c", ErrForeignURL},
		{"IPv6 with a zone", paypal, "https://[fe80::1%25api.paypal.com]/c", ErrForeignURL},
		{"IPv4 as a number", paypal, "https://3232235521/c", ErrForeignURL},
		{"localhost", paypal, "https://localhost/c", ErrForeignURL},

		{"SNS as subdomain", sns, "https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-a.pem", ErrForeignURL},
		{"SNS with another ending", sns, "https://sns.us-east-1.amazonaws.com.evil/SimpleNotificationService-a.pem", ErrForeignURL},
		{"SNS below", sns, "https://evil.sns.us-east-1.amazonaws.com/SimpleNotificationService-a.pem", ErrForeignURL},
		{"another letter for the dot", sns, "https://snsxus-east-1.amazonaws.com/SimpleNotificationService-a.pem", ErrForeignURL},
		{"a bucket called sns", sns, "https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-a.pem", ErrForeignURL},
		{"SNS as user", sns, "https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-a.pem", ErrForeignURL},
		{"another path", sns, "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a.txt", ErrForeignURL},
		{"path in a query", sns, "https://sns.us-east-1.amazonaws.com/?/SimpleNotificationService-a.pem", ErrForeignURL},
		{"path in a fragment", sns, "https://sns.us-east-1.amazonaws.com/a#/SimpleNotificationService-a.pem", ErrForeignURL},
		{"made-up name", sns, "https://sns.us-east-1.amazonaws.com/x.pem", ErrForeignURL},
		{"below another path", sns, "https://sns.us-east-1.amazonaws.com/x/SimpleNotificationService-a.pem", ErrForeignURL},
		{"another path below", sns, "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-a.pem/x", ErrForeignURL},
		{"without a number", sns, "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-.pem", ErrForeignURL},
		{"the path of a pattern", certs, "https://api.paypal.com/v1/certs/CERT-1", nil},
		{"more before the path", certs, "https://api.paypal.com/a/v1/certs/CERT-1", ErrForeignURL},
		{"less of the path", certs, "https://api.paypal.com/CERT-1", ErrForeignURL},

		{"pin of one label", Pin{Hosts: []string{"localhost"}}, "https://localhost/c", ErrForeignURL},
		{"zero pin", Pin{}, "https://api.paypal.com/c", ErrForeignURL},
		{"pin of an IP address", Pin{Hosts: []string{"192.0.2.1"}}, "https://192.0.2.1/c", ErrForeignURL},
		{"pattern of alternatives", Pin{HostPattern: regexp.MustCompile(`^a\.com|b\.com$`)}, "https://a.com.evil.example/c", ErrForeignURL},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := NewCertificates(tt.pin, Options{}).Allowed(tt.address)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Allowed = %v, want %v", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "evil") {
				t.Errorf("%v quotes the address", err)
			}
		})
	}
}

// Whatever is allowed is fetched from a pinned host.
func FuzzAllowed(f *testing.F) {
	f.Add("https://api.paypal.com/v1/notifications/certs/CERT-360caa42")
	f.Add("https://api.paypal.com:443/c")
	f.Add("https://api.paypal.com@evil.example/c")
	c := NewCertificates(paypal, Options{})
	f.Fuzz(func(t *testing.T, address string) {
		if c.Allowed(address) != nil {
			return
		}
		for _, host := range paypal.Hosts {
			rest, ok := strings.CutPrefix(address, "https://"+host)
			if ok && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, ":443/")) {
				return
			}
		}
		t.Errorf("%q is allowed", address)
	})
}

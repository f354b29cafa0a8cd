package e2e

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// A message is a request as a test writes it, for any version of HTTP. With
// wire set it is those very bytes, over HTTP/1.1.
type message struct {
	endpoint string
	method   string
	path     string
	header   []string // name, value, name, value
	body     string
	chunked  bool     // the length is not declared
	trailer  []string // as header; needs chunked
	wire     string
	hangUp   bool // sends FIN behind the wire's last byte
}

// set gives a header these values, each on a line of its own; none removes it.
func (m message) set(name string, values ...string) message {
	var header []string
	for pair := range slices.Chunk(m.header, 2) {
		if !strings.EqualFold(pair[0], name) {
			header = append(header, pair...)
		}
	}
	for _, v := range values {
		header = append(header, name, v)
	}
	m.header = header
	return m
}

// get returns a header's first value.
func (m message) get(name string) string {
	for pair := range slices.Chunk(m.header, 2) {
		if strings.EqualFold(pair[0], name) {
			return pair[1]
		}
	}
	return ""
}

// to sends the message to another endpoint.
func (m message) to(endpoint string) message {
	m.endpoint, m.path = endpoint, "/"+endpoint
	return m
}

func (m message) at(path string) message     { m.path = path; return m }
func (m message) by(method string) message   { m.method = method; return m }
func (m message) saying(body string) message { m.body = body; return m }
func (m message) inChunks(trailer ...string) message {
	m.chunked, m.trailer = true, trailer
	return m
}

// edited is the message on the wire with one text in it replaced.
func (m message) edited(old, by string) message {
	text := m.text()
	if m.wire = strings.Replace(text, old, by, 1); m.wire == text {
		panic(fmt.Sprintf("%q is not in %q", old, text))
	}
	return m
}

// asIs sends the message over HTTP/1.1 only.
func (m message) asIs() message { m.wire = m.text(); return m }

// hangingUp closes the sender's side of the connection behind the message.
func (m message) hangingUp() message { m.hangUp = true; return m }

// text is the message as HTTP/1.1.
func (m message) text() string {
	if m.wire != "" {
		return m.wire
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: hooks\r\n", m.method, m.path)
	for pair := range slices.Chunk(m.header, 2) {
		fmt.Fprintf(&b, "%s: %s\r\n", pair[0], pair[1])
	}
	if !m.chunked {
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(m.body), m.body)
		return b.String()
	}
	for pair := range slices.Chunk(m.trailer, 2) {
		fmt.Fprintf(&b, "Trailer: %s\r\n", pair[0])
	}
	fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n", len(m.body), m.body)
	for pair := range slices.Chunk(m.trailer, 2) {
		fmt.Fprintf(&b, "%s: %s\r\n", pair[0], pair[1])
	}
	return b.String() + "\r\n"
}

// request is the message for a client of net/http.
func (m message) request(t *testing.T, base string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(m.method, base+m.path, strings.NewReader(m.body))
	if err != nil {
		t.Fatal(err)
	}
	for pair := range slices.Chunk(m.header, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	if m.chunked {
		r.ContentLength, r.Trailer = -1, http.Header{}
		r.Body = io.NopCloser(strings.NewReader(m.body))
	}
	for pair := range slices.Chunk(m.trailer, 2) {
		r.Trailer.Add(pair[0], pair[1])
	}
	return r
}

// A reply is what came back.
type reply struct {
	proto    int // major version
	status   int
	header   http.Header
	body     string
	informed []int  // informational statuses before it
	rest     string // what followed it on the connection
}

// dump is everything that the sender can see.
func (r reply) dump() string { return fmt.Sprint(r.status, r.header, r.body, r.rest) }

// exchange writes the message to a new connection and reads until its end.
func exchange(t *testing.T, addr string, m message) reply {
	t.Helper()
	conn := dial(t, addr)
	defer conn.Close()
	go func() {
		_, _ = io.WriteString(conn, m.text()) // who is refused early may be cut short
		if m.hangUp {
			_ = conn.CloseWrite()
		}
	}()
	in := bufio.NewReader(conn)
	got := readReply(t, in, m.method)
	_ = conn.CloseWrite() // an error means that the server closed first
	rest, _ := io.ReadAll(in)
	got.rest = string(rest)
	return got
}

// dial connects over TCP. A server that never answers fails the test in time.
func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// readReply reads one final answer and those of 1xx before it.
func readReply(t *testing.T, in *bufio.Reader, method string) reply {
	t.Helper()
	var got reply
	for {
		answer, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Errorf("reading the answer: %v", err)
			return got
		}
		if answer.StatusCode < 200 {
			got.informed = append(got.informed, answer.StatusCode)
			continue
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Errorf("reading the answer's body: %v", err)
		}
		got.proto, got.status, got.header, got.body = answer.ProtoMajor, answer.StatusCode, answer.Header, string(body)
		return got
	}
}

// fetch sends a request through a client.
func fetch(t *testing.T, client *http.Client, r *http.Request) reply {
	t.Helper()
	answer, err := client.Do(r)
	if err != nil {
		t.Errorf("no answer: %v", err)
		return reply{}
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Errorf("reading the answer's body: %v", err)
	}
	return reply{proto: answer.ProtoMajor, status: answer.StatusCode, header: answer.Header, body: string(body)}
}

// scrape returns the series of the process whose names begin with prefix and
// which are not zero.
func (c *caddy) scrape(prefix string) map[string]string {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+c.admin+"/metrics", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	_, text := do(c.t, http.DefaultClient, r)
	series := make(map[string]string)
	for line := range strings.Lines(text) {
		i := strings.LastIndexByte(line, ' ')
		if value := strings.TrimSpace(line[i+1:]); strings.HasPrefix(line, prefix) && value != "0" {
			series[strings.TrimPrefix(line[:i], prefix)] = value
		}
	}
	return series
}

// eventually looks at the metrics until they are as hoped for.
func (c *caddy) eventually(what string, holds func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			c.t.Fatalf("still not so: %s", what)
		}
	}
}

// fresh is a text that no other request has.
func fresh() string { return fmt.Sprint("fresh", serial.Add(1)) }

const (
	githubSecret   = "the-secret-of-github"
	githubOld      = "the-former-secret-of-github"
	broxiSecret    = "the-secret-of-broxi"
	standardSecret = "the-secret-of-standard-webhooks"
)

// inputEndpoints is one endpoint for each way in which a row is checked. The
// rest is not found: in a route, because elsewhere respond comes first.
const inputEndpoints = `
	webhook_gateway /github github {
		verify github {env.GITHUB} {env.GITHUB_OLD}
		max_body 1KiB
		to {APP}
	}
	webhook_gateway /broxi broxi {
		verify broxi {env.BROXI}
		to {APP}
	}
	webhook_gateway /standard standard {
		verify standard-webhooks {env.STANDARD}
		to {APP}
	}
	webhook_gateway /dated dated {
		verify hmac {env.BROXI} {
			header X-Sum
			timestamp header X-Date
			unit rfc3339
			content "{ts}.{body}"
		}
		to {APP}
	}
	webhook_gateway /listed listed {
		verify github {env.GITHUB}
		allow_ips 192.0.2.0/24 fe80::1
		to {APP}
	}
	webhook_gateway /per_ip per_ip {
		verify github {env.GITHUB}
		rate_limit 1/24h per {client_ip}
		to {APP}
	}
	webhook_gateway /per_endpoint per_endpoint {
		verify github {env.GITHUB}
		rate_limit 1/24h
		to {APP}
	}
	webhook_gateway /wanted wanted {
		verify broxi {env.BROXI}
		events workflow.*
		to {APP}
	}
	webhook_gateway /slow slow {
		verify github {env.GITHUB}
		body_timeout 1s
		to {APP}
	}
	webhook_gateway /large large {
		verify github {env.GITHUB}
		body_timeout 1m
		to {APP}
	}
	respond 404`

// An inputSite serves inputEndpoints over HTTP/1.1, HTTP/2 and HTTP/3.
type inputSite struct {
	*journal
	app           *application
	plain, secure string // host:port
	trust         *tls.Config
}

// newInputSite starts one; options are for the global option webhook_gateway.
func newInputSite(t *testing.T, options string) *inputSite {
	return newInputSiteWith(t, options, inputEndpoints)
}

// newSmallSite starts one whose endpoints have 256 KiB of memory, all together.
func newSmallSite(t *testing.T) *inputSite {
	endpoints := strings.Replace(inputEndpoints, "max_body 1KiB\n", "", 1)
	return newInputSiteWith(t, "max_buffered 256KiB", strings.ReplaceAll(endpoints, "to {APP}", "max_body 256KiB\n\t\tto {APP}"))
}

func newInputSiteWith(t *testing.T, options, endpoints string) *inputSite {
	s := &inputSite{app: newApplication(t), plain: freeAddr(t), secure: freeAddr(t)}
	dir, roots := t.TempDir(), x509.NewCertPool()
	roots.AddCert(newCertificate(t, dir))
	s.trust = &tls.Config{RootCAs: roots}
	_, port, _ := strings.Cut(s.plain, ":")
	text := strings.NewReplacer("{OPTIONS}", options, "{APP}", s.app.address(), "{PORT}", port, "{SECURE}", s.secure, "{DIR}", dir).Replace(`{
		admin {ADMIN}
		auto_https off
		servers {
			trusted_proxies static private_ranges
			trusted_proxies_strict
		}
		webhook_gateway {
			store off
			{OPTIONS}
		}
	}
	(endpoints) {` + endpoints + `
	}
	http://:{PORT} {
		bind 127.0.0.1
		route {
			import endpoints
		}
	}
	https://{SECURE} {
		tls {DIR}/cert.pem {DIR}/key.pem
		route {
			import endpoints
		}
	}`)
	s.journal = start(t, text, "GITHUB="+githubSecret, "GITHUB_OLD="+githubOld, "BROXI="+broxiSecret, "STANDARD="+whsec(standardSecret)).journal()
	return s
}

// A sender is a client of one version of HTTP and what its URLs begin with.
type sender struct {
	client *http.Client
	base   string
}

// senders is one sender for each version.
func (s *inputSite) senders(t *testing.T) iter.Seq2[int, sender] {
	third := &http3.Transport{
		TLSClientConfig: s.trust.Clone(),
		// With a socket for each connection, closing it tells the server, which
		// else waits for it before it stops.
		Dial: quic.DialAddrEarly,
	}
	t.Cleanup(func() { third.Close() })
	return func(yield func(int, sender) bool) {
		_ = yield(1, sender{newClient(t, nil), "http://" + s.plain}) &&
			yield(2, sender{newClient(t, s.trust.Clone()), "https://" + s.secure}) &&
			yield(3, sender{&http.Client{Transport: third}, "https://" + s.secure})
	}
}

func whsec(key string) string { return "whsec_" + base64.StdEncoding.EncodeToString([]byte(key)) }

// signedGitHub has no timestamp, and an id that is not signed.
func signedGitHub(body string) message {
	return message{endpoint: "github", method: "POST", path: "/github", body: body, header: []string{
		"Content-Type", "application/json", "X-Hub-Signature-256", "sha256=" + mac(githubSecret, body),
		"X-GitHub-Delivery", fresh(), "X-GitHub-Event", "push",
	}}
}

// signedBroxi signs a timestamp and has its id in the body.
func signedBroxi(ts any, body string) message {
	stamp := fmt.Sprint(ts)
	return message{endpoint: "broxi", method: "POST", path: "/broxi", body: body, header: []string{
		"Content-Type", "application/json", "X-Broxi-Timestamp", stamp, "X-Broxi-Signature", mac(broxiSecret, stamp+"."+body),
	}}
}

// signedStandard signs an id and a timestamp in headers, in base64.
func signedStandard(id, body string) message {
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	sum, _ := hex.DecodeString(mac(standardSecret, id+"."+stamp+"."+body))
	return message{endpoint: "standard", method: "POST", path: "/standard", body: body, header: []string{
		"Content-Type", "application/json", "webhook-id", id, "webhook-timestamp", stamp,
		"webhook-signature", "v1," + base64.StdEncoding.EncodeToString(sum),
	}}
}

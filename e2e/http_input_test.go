package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A row is one odd request and all that is to come of it.
type row struct {
	name string // with its number in the threat model's list of faults
	message
	status int
	reason string   // in log and metric; "" is Caddy's own answer, before the gateway
	fields []string // of the answer: name, value or ? for any
	answer string   // "" is Caddy's own
}

func passes(name string, m message) row { return row{name, m, 200, "delivered", nil, "thanks"} }

func refuses(name string, m message, status int, reason string, header ...string) row {
	return row{name, m, status, reason, header, refused(status)}
}

func answers(name string, m message, reason, status string) row {
	return row{name, m, 200, reason, nil, "{\"status\":\"" + status + "\"}\n"}
}

func byCaddy(name string, m message, status int) row { return row{name, m, status, "", nil, ""} }

// inputs is the list; each call makes messages that no other has. Left out:
// 87 to 90 (store full, failed, not started, draining), because this version
// has no store; 71 and 72 (strict and decoded content encodings), because it
// has no such modes; 84 and 85 (slow headers, idle connections), which are
// Caddy's own and take a minute; 62 (early data), in which clients of HTTP/3
// send no POST. 83 and 86 are tests of their own here, 53 and 56 (the
// same in flight, and many at once) in idempotency_test.go. 36 and 37 stay
// clear of the very edge, which is tested where the clock is an argument.
func inputs() []row {
	const sum, stamp, id, sum64 = "X-Hub-Signature-256", "X-Broxi-Timestamp", "webhook-id", "webhook-signature"
	now := time.Now()
	text := func() string { return `{"n":"` + fresh() + `"}` }
	event := func() string { return `{"event":"workflow.done","delivery_id":"` + fresh() + `"}` }
	good := func() message { return signedGitHub(text()) }
	hex := func(change func(string) string) message {
		m := good()
		return m.set(sum, change(strings.TrimPrefix(m.get(sum), "sha256=")))
	}
	constant := func(s string) func(string) string { return func(string) string { return s } }
	signed := func(secret string) message {
		m := good()
		return m.set(sum, "sha256="+mac(secret, m.body))
	}
	timed := func(ts any) message { return signedBroxi(ts, event()) }
	standard := func() message { return signedStandard(fresh(), text()) }
	with64 := func(change func(string) string) message {
		m := standard()
		for !strings.Contains(m.get(sum64), "/") {
			m = standard()
		}
		return m.set(sum64, change(m.get(sum64)))
	}
	before64 := func(n int) message {
		wrong := "v1," + base64.StdEncoding.EncodeToString(make([]byte, 32)) + " "
		return with64(func(s string) string { return strings.Repeat(wrong, n) + s })
	}
	wanted := func(body string) message { return signedBroxi(now.Unix(), body).to("wanted") }
	dated := func(date string) message {
		m := signedBroxi(date, event()).to("dated")
		return m.set("X-Sum", m.get("X-Broxi-Signature")).set("X-Date", date)
	}
	from := func(forwarded string) message { return good().to("listed").set("X-Forwarded-For", forwarded) }
	chunks := func(old, by string) message { return good().inChunks().edited(old, by) }
	again, spaced := good(), signedGitHub(`{"n": "`+fresh()+`"}`)
	tail := good()
	twice := tail.edited("Content-Length", fmt.Sprintf("Content-Length: %d\r\nContent-Length", len(tail.body)))
	full := signedGitHub(fmt.Sprintf("%-1024s", text()))
	over := signedGitHub(fmt.Sprintf("%-1025s", text()))

	return []row{
		passes("1 4 5 good", good()),
		passes("2 upper-case hex", hex(func(s string) string { return "sha256=" + strings.ToUpper(s) })),
		passes("3 former secret", signed(githubOld)),
		passes("6 in chunks", good().inChunks()),
		passes("8 empty body", signedGitHub("").asIs()), // once: there is one empty body, and it has one signature
		passes("9 body at the limit", full),
		refuses("10 body over the limit", over, 413, "too_large"),
		refuses("11 chunks over the limit", over.inChunks(), 413, "too_large"),
		refuses("10 body over the limit, waiting for 100", over.set("Expect", "100-continue").asIs(), 413, "too_large"),
		refuses("12 no signature", good().set(sum), 401, "sig_missing"),
		refuses("13 empty signature", good().set(sum, ""), 401, "sig_missing"),
		refuses("14 signature on two lines", tail.set(sum, tail.get(sum), tail.get(sum)), 401, "sig_ambiguous"),
		passes("15 8 candidates, the last right", before64(7)),
		refuses("15 9 candidates, the last right", before64(8), 401, "sig_too_many"),
		refuses("16 prefix of another hash", hex(func(s string) string { return "sha1=" + s }), 401, "sig_bad"),
		refuses("17 no prefix", hex(func(s string) string { return s }), 401, "sig_bad"),
		refuses("17 prefix alone", hex(constant("sha256=")), 401, "sig_bad"),
		refuses("18 63 digits", hex(func(s string) string { return "sha256=" + s[:63] }), 401, "sig_bad"),
		refuses("19 62 digits", hex(func(s string) string { return "sha256=" + s[:62] }), 401, "sig_bad"),
		refuses("20 65 digits", hex(func(s string) string { return "sha256=" + s + "0" }), 401, "sig_bad"),
		refuses("21 not hex", hex(constant("sha256="+strings.Repeat("xy", 32))), 401, "sig_bad"),
		refuses("21 not ASCII", hex(constant("sha256="+strings.Repeat("é", 32))), 401, "sig_bad"),
		refuses("21 space inside", hex(func(s string) string { return "sha256= " + s }), 401, "sig_bad"),
		refuses("23 base64 without padding", with64(func(s string) string { return strings.TrimRight(s, "=") }), 401, "sig_bad"),
		refuses("24 alphabet of base64 for URLs", with64(func(s string) string { return strings.ReplaceAll(s, "/", "_") }), 401, "sig_bad"),
		refuses("24 version alone", with64(constant("v1,")), 401, "sig_bad"),
		refuses("25 secret of another endpoint", signed(broxiSecret), 401, "sig_bad"),
		refuses("26 JSON written anew", spaced.saying(strings.ReplaceAll(spaced.body, " ", "")), 401, "sig_bad"),
		refuses("27 bit of the body flipped", tail.saying(strings.Replace(tail.body, `"n"`, `"o"`, 1)), 401, "sig_bad"),
		refuses("28 newline added", tail.saying(tail.body+"\n"), 401, "sig_bad"),
		refuses("29 signature in a trailer", tail.set(sum).inChunks(sum, tail.get(sum)), 401, "sig_missing"),
		passes("29 trailer of a good request", good().inChunks("X-After", "1", "Webhook-Gateway-Attempt", "9")),
		refuses("30 underscores in the name", tail.set(sum).set("X_Hub_Signature_256", tail.get(sum)), 401, "sig_missing"),
		byCaddy("33 signature of 1 MB", hex(func(s string) string { return strings.Repeat(s, 1<<14) }).asIs(), 431),

		passes("37 just in time", timed(now.Unix()-270)),
		refuses("34 no timestamp", timed(now.Unix()).set(stamp), 401, "ts_missing"),
		refuses("35 301 s old", timed(now.Unix()-301), 401, "ts_stale"),
		refuses("36 in the future", timed(now.Unix()+360), 401, "ts_future"),
		refuses("38 milliseconds", timed(now.UnixMilli()), 401, "ts_bad"),
		refuses("39 the largest integer", timed(int64(1<<63-1)), 401, "ts_bad"),
		refuses("41 negative", timed(-now.Unix()), 401, "ts_bad"),
		refuses("42 plus sign", timed(fmt.Sprint("+", now.Unix())), 401, "ts_bad"),
		refuses("44 fraction", timed(fmt.Sprint(now.Unix(), ".5")), 401, "ts_bad"),
		refuses("46 RFC 3339 for seconds", timed(now.UTC().Format(time.RFC3339)), 401, "ts_bad"),
		refuses("47 leap second for seconds", timed(now.UTC().Format("2006-01-02T15:04:60Z")), 401, "ts_bad"),
		passes("47 leap second", dated(now.UTC().Format("2006-01-02T15:04:60Z"))),
		refuses("48 two timestamps", timed(now.Unix()).set(stamp, fmt.Sprint(now.Unix()), fmt.Sprint(now.Unix())), 401, "sig_ambiguous"),

		passes("50 id of 255 bytes", signedStandard(strings.Repeat("i", 240)+fmt.Sprintf("%015s", fresh()), text())),
		refuses("49 no id", standard().set(id), 400, "malformed"),
		refuses("50 id of 256 bytes", signedStandard(strings.Repeat("i", 256), text()), 400, "malformed"),
		refuses("51 dot in the id", signedStandard("a.b", text()), 400, "malformed"),
		refuses("51 space in the id", signedStandard("a b", text()), 400, "malformed"),
		refuses("51 id not ASCII", signedStandard("é", text()), 400, "malformed"),
		refuses("51 two ids", standard().set(id, "a", "b"), 401, "sig_ambiguous"),
		byCaddy("51 NUL in the id", signedStandard("a?b", text()).edited("a?b", "a\x00b"), 400),
		passes("52 first of two", again),
		answers("52 second of two", again, "duplicate", "already_processed"),
		answers("52 second of two, with another id", again.set("X-GitHub-Delivery", fresh()), "duplicate", "already_processed"),

		passes("57 address on the list", from("192.0.2.9")),
		passes("57 address on the list, as IPv6", from("::ffff:192.0.2.9")),
		refuses("57 address not on the list", from("203.0.113.7"), 403, "ip_denied"),
		refuses("58 address of the list spoofed", from("192.0.2.9, 203.0.113.7"), 403, "ip_denied"),
		passes("60 address with a zone", from("fe80::1%eth0")),
		passes("63 within the address's rate", good().to("per_ip").asIs()),
		refuses("63 over the address's rate", good().to("per_ip"), 429, "rate_limited", "Retry-After", "?", "RateLimit", "?", "RateLimit-Policy", "?"),
		refuses("63 over it, badly signed", hex(constant("sha256=00")).to("per_ip"), 429, "rate_limited"),
		refuses("64 badly signed takes no token", hex(constant("sha256=00")).to("per_endpoint"), 401, "sig_bad"),
		passes("64 within the endpoint's rate", good().to("per_endpoint").asIs()),
		refuses("64 over the endpoint's rate", good().to("per_endpoint"), 429, "rate_limited", "Retry-After", "?", "RateLimit", "?"),

		refuses("65 GET", good().by("GET"), 405, "method", "Allow", "POST"),
		refuses("65 PUT", good().by("PUT"), 405, "method", "Allow", "POST"),
		refuses("65 OPTIONS", good().by("OPTIONS"), 405, "method", "Allow", "POST"),
		refuses("65 lower-case post", good().by("post"), 405, "method", "Allow", "POST"),
		byCaddy("66 unknown path", good().at("/nothing"), 404),
		refuses("67 CONNECT", good().by("CONNECT").asIs(), 405, "method", "Allow", "POST"),
		byCaddy("67 method of 33 letters", good().by(strings.Repeat("P", 33)).asIs(), 405),
		refuses("68 upgrade to websocket", good().set("Upgrade", "websocket").set("Connection", "Upgrade").asIs(), 400, "malformed"),
		passes("68 upgrade to h2c", good().set("Upgrade", "h2c").set("Connection", "Upgrade, HTTP2-Settings").set("HTTP2-Settings", "").asIs()),
		passes("70 headers of ours", good().set("Webhook-Gateway-Attempt", "7", "8").set("webhook-gateway-secret", "x")),
		passes("70 headers of ours, with underscores", good().set("Webhook_Gateway_Attempt", "7").set("Webhook-Gateway_Attempt", "8").set("webhook.gateway.attempt", "9")),
		passes("73 JSON that is called text", timed(now.Unix()).to("wanted").set("Content-Type", "text/plain")),

		passes("76 not JSON where nothing needs it", signedBroxi(now.Unix(), "\xff"+fresh())),
		refuses("76 invalid UTF-8", wanted(strings.Replace(event(), "done", "\xff", 1)), 400, "malformed"),
		refuses("76 JSON cut short", wanted(strings.TrimSuffix(event(), "}")), 400, "malformed"),
		refuses("76 two JSON values", wanted(event()+event()), 400, "malformed"),
		refuses("76 empty body", wanted(""), 400, "malformed"),
		refuses("76 the id twice", signedBroxi(now.Unix(), strings.Replace(event(), "{", `{"delivery_id":"x",`, 1)), 400, "malformed"),
		refuses("76 the id twice, once escaped", signedBroxi(now.Unix(), strings.Replace(event(), "{", `{"delivery\u005fid":"x",`, 1)), 400, "malformed"),
		refuses("76 the event twice", wanted(strings.Replace(event(), "{", `{"event":"workflow.x",`, 1)), 400, "malformed"),
		passes("76 another key twice, and the event inside it", wanted(strings.Replace(event(), "{", `{"data":{"event":1},"data":2,`, 1))),
		answers("76 no event", wanted(`{"delivery_id":"`+fresh()+`"}`), "filtered", "ignored"),
		answers("76 event that is not wanted", wanted(strings.Replace(event(), "workflow", "billing", 1)), "filtered", "ignored"),

		refuses("77 body cut short", good().edited("Content-Length: ", "Content-Length: 1").hangingUp(), 400, "body_broken"),
		refuses("77 chunks cut short", chunks("\r\n0\r\n\r\n", "").hangingUp(), 400, "body_broken"),
		refuses("78 length of a chunk not hex", chunks("\r\n\r\n", "\r\n\r\nzz\r\n"), 400, "body_broken"),
		refuses("79 bare LF behind a chunk's length", chunks("\r\n{", "\n{"), 400, "body_broken"),
		byCaddy("82 two Hosts", good().edited("Host: hooks", "Host: hooks\r\nHost: other"), 400),
		byCaddy("82 no Host", good().edited("Host: hooks\r\n", ""), 400),

		passes("7 waiting for 100", good().set("Expect", "100-continue").asIs()),
		byCaddy("other expectation", good().set("Expect", "magic").asIs(), 417),
		refuses("Connection names the signature", good().set("Connection", sum).asIs(), 400, "malformed"),
		refuses("Connection names the signature too", good().set("Connection", "close, x-hub-signature-256").asIs(), 400, "malformed"),
		refuses("Connection names it on its second line", good().set("Connection", "close", sum).asIs(), 400, "malformed"),
		refuses("Connection names the id", good().set("Connection", "X-GitHub-Delivery").asIs(), 400, "malformed"),
		refuses("Connection names a header of ours", good().set("Connection", "webhook-gateway-event-id").asIs(), 400, "malformed"),
		passes("Connection close", good().set("Connection", "close").asIs()),
		refuses("signature folded", good().edited("sha256=", "sha256=\r\n "), 401, "sig_bad"),
		passes("lines that end with LF alone", good().edited("Host: hooks\r\n", "Host: hooks\n")),
		passes("target in absolute form", good().edited(" /", " http://evil.example/")),
		passes("percent sign in the path", good().at("/%67ithub?a=%20&b")),
		byCaddy("bad percent sign in the path", good().at("/github%zz").asIs(), 400),
		byCaddy("space before a colon", good().edited("Host: hooks\r\n", "Host: hooks\r\nX-A : b\r\n"), 400),
		byCaddy("bare CR in a value", good().edited("Host: hooks\r\n", "Host: hooks\r\nX-A: a\rb\r\n"), 400),
		passes("same length twice", twice),
		byCaddy("two lengths", good().edited("Content-Length", "Content-Length: 1\r\nContent-Length"), 400),
		byCaddy("list of lengths", good().edited("\r\n\r\n", ", 2\r\n\r\n"), 400),
		byCaddy("negative length", good().edited("Content-Length: ", "Content-Length: -"), 400),
		passes("length and chunks", chunks("Transfer-Encoding", "Content-Length: 3\r\nTransfer-Encoding")),
		byCaddy("gzip, chunked", chunks("chunked", "gzip, chunked"), 501),
		byCaddy("identity", chunks("chunked", "identity"), 501),
		passes("HTTP/1.0", good().edited("HTTP/1.1", "HTTP/1.0")),
		refuses("chunks in HTTP/1.0", chunks("HTTP/1.1", "HTTP/1.0"), 401, "sig_bad"),
		byCaddy("HTTP/9.9", good().edited("HTTP/1.1", "HTTP/9.9"), 505),
	}
}

func TestHTTPInput(t *testing.T) {
	s := newInputSite(t, "")
	for proto, over := range s.senders(t) {
		for _, tt := range inputs() {
			send := func(t *testing.T) reply { return fetch(t, over.client, tt.request(t, over.base)) }
			if proto == 1 {
				send = func(t *testing.T) reply { return exchange(t, s.plain, tt.message) }
			} else if tt.wire != "" {
				continue
			}
			t.Run(fmt.Sprintf("HTTP %d %s", proto, tt.name), func(t *testing.T) {
				before := s.scrape(requestsTotal)
				got := send(t)
				if got.proto != proto || got.rest != "" {
					t.Errorf("answered with HTTP %d, and after that %q", got.proto, got.rest)
				}
				tt.check(t, got)
				tt.checkTrace(t, s, difference(before, s.scrape(requestsTotal)))
				tt.checkApplication(t, s.app.take())
			})
		}
	}
	log := s.lines.text()
	for _, secret := range []string{githubSecret, githubOld, broxiSecret, standardSecret, whsec(standardSecret), "sha256="} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

const requestsTotal = "caddy_webhook_gateway_requests_total"

// check looks at what the sender gets.
func (r row) check(t *testing.T, got reply) {
	t.Helper()
	if got.status != r.status || r.answer != "" && got.body != r.answer {
		t.Errorf("answered %d %q, want %d %q", got.status, got.body, r.status, r.answer)
	}
	if kind := got.header.Get("Content-Type"); r.status >= 400 && r.reason != "" && kind != "application/problem+json" {
		t.Errorf("the answer is %q", kind)
	}
	for pair := range slices.Chunk(r.fields, 2) {
		if value := got.header.Get(pair[0]); value == "" || pair[1] != "?" && value != pair[1] {
			t.Errorf("%s: %q, want %q", pair[0], value, pair[1])
		}
	}
	if waits := r.get("Expect") == "100-continue" && r.status == 200; waits != slices.Equal(got.informed, []int{100}) {
		t.Errorf("before the answer: %v", got.informed)
	}
	for _, secret := range []string{githubSecret, broxiSecret, standardSecret, mac(githubSecret, r.body)} {
		if strings.Contains(got.dump(), secret) {
			t.Errorf("the answer has %q: %s", secret, got.dump())
		}
	}
}

// checkTrace looks at the metrics, which counted the request before its log
// line was written, and at the line.
func (r row) checkTrace(t *testing.T, s *inputSite, counted map[string]string) {
	t.Helper()
	want := map[string]string{}
	if r.reason != "" {
		want[fmt.Sprintf("{endpoint=%q,outcome=%q}", r.endpoint, r.reason)] = "+1"
	}
	if !maps.Equal(counted, want) {
		t.Errorf("counted %v, want %v", counted, want)
	}
	if r.reason == "" || len(counted) == 0 {
		return
	}
	if line := s.expect(t, r.endpoint, r.reason); line["status"] != float64(r.status) {
		t.Errorf("logged %v", line)
	}
}

// checkApplication looks at what reached the application.
func (r row) checkApplication(t *testing.T, got []received) {
	t.Helper()
	if r.reason != "delivered" {
		if len(got) != 0 {
			t.Errorf("the application got %+v", got)
		}
		return
	}
	if len(got) != 1 {
		t.Fatalf("the application got %d requests", len(got))
	}
	if got[0].Body != r.body || got[0].RequestURI != r.path || got[0].Trailer != nil {
		t.Errorf("the application got %s %q, trailer %v", got[0].RequestURI, got[0].Body, got[0].Trailer)
	}
	for name, values := range got[0].Header {
		ours := strings.HasPrefix(strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name)), "webhook-gateway-")
		if ours && (strings.ContainsAny(name, "_.") || len(values) != 1 || name == "Webhook-Gateway-Secret") {
			t.Errorf("the application got %s: %q", name, values)
		}
	}
	if attempt := got[0].Header["Webhook-Gateway-Attempt"]; !slices.Equal(attempt, []string{"1"}) {
		t.Errorf("the application was told attempt %q", attempt)
	}
}

// difference is by how much each series grew.
func difference(before, after map[string]string) map[string]string {
	grown := make(map[string]string)
	for series, value := range after {
		was, _ := strconv.Atoi(before[series])
		is, _ := strconv.Atoi(value)
		if is != was {
			grown[series] = fmt.Sprintf("%+d", is-was)
		}
	}
	return grown
}

// 83: what drips in keeps the connection busy, but not beyond body_timeout.
func TestBodyThatDripsIn(t *testing.T) {
	s := newInputSite(t, "")
	for proto, send := range s.senders(t) {
		t.Run(fmt.Sprint("HTTP ", proto), func(t *testing.T) {
			body, drip := io.Pipe()
			ended := make(chan bool)
			go func() {
				defer close(ended)
				for err := error(nil); err == nil; _, err = io.WriteString(drip, "x") {
					s.metric("buffered_bytes") // takes its time
				}
			}()
			defer func() {
				body.Close()
				<-ended
			}()
			before := s.scrape(requestsTotal)
			r := signedGitHub("xxx").to("slow").request(t, send.base)
			r.Body, r.ContentLength = body, -1
			want := refuses("", signedGitHub("").to("slow"), http.StatusRequestTimeout, "body_timeout")
			want.check(t, fetch(t, send.client, r))
			want.checkTrace(t, s, difference(before, s.scrape(requestsTotal)))
			if got := s.app.take(); len(got) != 0 {
				t.Errorf("the application got %+v", got)
			}
		})
	}
}

// Bodies beyond max_buffered are refused while the others wait for their rest.
func TestManyLargeBodiesAtOnce(t *testing.T) {
	const fit, all, part = 4, 20, 48 << 10 // more than half, so that each has room for all of its 64 KiB
	s := newSmallSite(t)
	replies := make(chan reply, all)
	proceed := make(chan bool)
	for i := range all {
		for i == fit && s.metric("buffered_bytes") != "262144" && t.Context().Err() == nil {
			runtime.Gosched() // memory is held for what has come
		}
		m := signedGitHub(fmt.Sprintf("%-65536s", fresh())).to("large")
		conn := dial(t, s.plain)
		defer conn.Close()
		go func() {
			io.WriteString(conn, m.text()[:part])
			go func() {
				<-proceed
				io.WriteString(conn, m.text()[part:])
			}()
			replies <- readReply(t, bufio.NewReader(conn), "POST")
		}()
	}
	busy := refuses("", signedGitHub("").to("large"), http.StatusServiceUnavailable, "busy", "Retry-After", "1")
	for range all - fit {
		busy.check(t, <-replies)
	}
	if held := s.metric("buffered_bytes"); held != "262144" {
		t.Errorf("%s bytes are held", held)
	}
	close(proceed)
	for range fit {
		passes("", signedGitHub("")).check(t, <-replies)
	}
	want := map[string]string{`{endpoint="large",outcome="busy"}`: "16", `{endpoint="large",outcome="delivered"}`: "4"}
	if counted := s.scrape(requestsTotal); !maps.Equal(counted, want) {
		t.Errorf("counted %v, want %v", counted, want)
	}
	s.eventually("no bytes are held", func() bool { return s.metric("buffered_bytes") == "0" })
}

// One address opens requests, of which it sends the headers, for as long as it
// gets memory; there is some left for everybody else.
func TestOneSenderHoldsAllItGets(t *testing.T) {
	const fit, all = 48, 80
	s := newSmallSite(t)
	from := func(sender string) message { return signedGitHub(fresh()).to("large").set("X-Forwarded-For", sender) }
	replies := make(chan reply, all)
	proceed := make(chan bool)
	for range all {
		m := from("198.51.100.7")
		conn := dial(t, s.plain)
		defer conn.Close()
		go func() {
			io.WriteString(conn, strings.TrimSuffix(m.text(), m.body))
			go func() {
				<-proceed
				io.WriteString(conn, m.body)
			}()
			replies <- readReply(t, bufio.NewReader(conn), "POST")
		}()
	}
	busy := refuses("", signedGitHub("").to("large"), http.StatusServiceUnavailable, "busy", "Retry-After", "1")
	for range all - fit {
		busy.check(t, <-replies)
	}
	for _, sender := range []string{"203.0.113.7", "198.51.100.8", "2001:db8::1"} {
		passes("", signedGitHub("")).check(t, exchange(t, s.plain, from(sender)))
	}
	busy.check(t, exchange(t, s.plain, from("198.51.100.7")))
	if held := s.metric("buffered_bytes"); held != "196608" {
		t.Errorf("one address holds %s bytes", held)
	}
	close(proceed)
	for range fit {
		passes("", signedGitHub("")).check(t, <-replies)
	}
}

// 86: streams that are opened, given half a body and reset.
func TestRapidReset(t *testing.T) {
	s := newInputSite(t, "")
	good := func() { passes("", signedGitHub("")).check(t, exchange(t, s.plain, signedGitHub(fresh()))) }
	good()
	goroutines := s.goroutines()
	for sent := 0; sent < 4000; {
		sent += s.resetStreams(t, 4000-sent)
	}
	good()
	if got := s.app.take(); len(got) != 2 {
		t.Errorf("the application got %d requests", len(got))
	}
	s.eventually("no bytes are held", func() bool { return s.metric("buffered_bytes") == "0" })
	s.eventually("no goroutines are left over", func() bool { return s.goroutines() <= goroutines+10 })
}

// goroutines is how many the process has.
func (s *inputSite) goroutines() int {
	n, _ := strconv.Atoi(s.scrape("go_goroutines")[""])
	return n
}

// resetStreams resets up to n streams on a connection of its own, until the
// server has enough of it, and returns how many.
func (s *inputSite) resetStreams(t *testing.T, n int) int {
	config := s.trust.Clone()
	config.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", s.secure, config)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan bool)
	defer func() {
		conn.Close()
		<-ended
	}()
	go func() {
		defer close(ended)
		frames := http2.NewFramer(nil, conn)
		for f, err := frames.ReadFrame(); err == nil; f, err = frames.ReadFrame() {
			if away, ok := f.(*http2.GoAwayFrame); ok && away.ErrCode == http2.ErrCodeNo {
				t.Error("one stream's end was the end of the connection")
			}
		}
	}()
	io.WriteString(conn, http2.ClientPreface)
	framer := http2.NewFramer(conn, nil)
	if err := framer.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	m := signedGitHub(fresh()).to("large")
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := range n {
		block.Reset()
		fields := append([]string{":method", m.method, ":scheme", "https", ":authority", s.secure, ":path", m.path}, m.header...)
		for pair := range slices.Chunk(fields, 2) {
			_ = encoder.WriteField(hpack.HeaderField{Name: strings.ToLower(pair[0]), Value: pair[1]}) // into memory
		}
		id := uint32(2*i + 1)
		err := errors.Join(
			framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndHeaders: true}),
			framer.WriteData(id, false, make([]byte, 1000)),
			framer.WriteRSTStream(id, http2.ErrCodeCancel),
		)
		if err != nil {
			return i + 1
		}
	}
	return n
}

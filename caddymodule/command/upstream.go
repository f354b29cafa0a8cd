package command

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const (
	stepTime   = 3 * time.Second // for each step of looking at an upstream
	expiresIn  = 14 * 24 * time.Hour
	clockDrift = 30 * time.Second
)

// A proxy is what counts here of Caddy's reverse_proxy.
type proxy struct {
	Upstreams []struct {
		Dial string `json:"dial"`
	} `json:"upstreams"`
	Transport struct {
		TLS *transportTLS `json:"tls"`
	} `json:"transport"`
}

type transportTLS struct {
	ServerName         string          `json:"server_name"`
	InsecureSkipVerify bool            `json:"insecure_skip_verify"`
	CA                 json.RawMessage `json:"ca"`
	RootCAPool         []string        `json:"root_ca_pool"`
	RootCAPEMFiles     []string        `json:"root_ca_pem_files"`
}

// ownRoots reports whether other certificate authorities are trusted than the
// system's.
func (t *transportTLS) ownRoots() bool {
	return len(t.CA) > 0 || len(t.RootCAPool) > 0 || len(t.RootCAPEMFiles) > 0
}

// checkUpstreams looks at every upstream in the endpoint's destination.
func (d *doctor) checkUpstreams(e *endpoint) {
	found := 0
	for _, destination := range e.Deliver {
		for _, h := range handlers(treeOf(destination.Routes), "reverse_proxy") {
			var p proxy
			b, _ := json.Marshal(h) // it came from JSON
			if err := json.Unmarshal(b, &p); err != nil {
				d.note("upstream", levelFail, "a reverse_proxy that cannot be read: "+err.Error(), "see caddy validate")
				continue
			}
			found += len(p.Upstreams)
			for _, u := range p.Upstreams {
				d.checkUpstream(e, u.Dial, p.Transport.TLS)
			}
		}
	}
	if found == 0 {
		d.note("upstream", levelOK, "none in the configuration to be checked", "")
	}
}

// treeOf is the value as JSON has it.
func treeOf(value any) (tree any) {
	b, _ := json.Marshal(value) // it came from JSON
	_ = json.Unmarshal(b, &tree)
	return tree
}

// A sight is what was seen of an upstream: the same for all endpoints.
type sight struct {
	findings  []finding
	reachable bool
	drift     time.Duration // of its clock, either way
	err       error         // why the drift is not known
}

// checkUpstream looks at one address, once for all endpoints.
func (d *doctor) checkUpstream(e *endpoint, dial string, t *transportTLS) {
	if d.now == nil {
		return
	}
	b, _ := json.Marshal(t) // plain data
	key := dial + string(b)
	if d.sights[key] == nil {
		d.sights[key] = d.look(dial, t)
	}
	s := d.sights[key]
	for _, f := range s.findings {
		d.note(f.Check, f.Level, f.Text, f.Fix)
	}
	if s.reachable {
		d.checkClock(e, dial, s)
	}
}

// look connects to an address.
func (d *doctor) look(dial string, t *transportTLS) *sight {
	s := new(sight)
	address, err := caddy.NewReplacer().ReplaceOrErr(dial, true, true)
	if err != nil {
		s.note("upstream", levelWarn, dial+": known only when a request comes, so not checked", "")
		return s
	}
	n, err := caddy.ParseNetworkAddress(address)
	if err != nil {
		s.note("upstream", levelFail, address+": "+err.Error(), "correct the address")
		return s
	}
	ctx, cancel := context.WithTimeout(d.ctx, stepTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, n.Network, n.JoinHostPort(0))
	if err != nil {
		s.note("upstream", levelFail, address+": not reachable: "+err.Error(), "start the application, or correct the address")
		return s
	}
	_ = conn.Close() // only the connecting counts
	s.note("upstream", levelOK, address+": reachable", "")
	if t != nil {
		s.checkCertificate(d.ctx, d.now(), n, t)
	}
	s.reachable = true
	s.drift, s.err = d.drift(n, t)
	return s
}

func (s *sight) note(check, level, text, fix string) {
	s.findings = append(s.findings, finding{Check: check, Level: level, Text: text, Fix: fix})
}

// checkCertificate connects with TLS and looks at who answers.
func (s *sight) checkCertificate(ctx context.Context, now time.Time, n caddy.NetworkAddress, t *transportTLS) {
	address := n.JoinHostPort(0)
	if t.InsecureSkipVerify {
		s.note("tls", levelWarn, address+": the certificate is not verified (tls_insecure_skip_verify)", "trust its authority instead: tls_trust_pool")
	}
	name := t.ServerName
	if name == "" || strings.Contains(name, "{") {
		name = n.Host
	}
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	// The handshake must show the certificate whatever it is; it is verified below.
	dialer := tls.Dialer{Config: &tls.Config{ServerName: name, InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, n.Network, address)
	if err != nil {
		s.note("tls", levelFail, address+": "+err.Error(), "does the upstream speak TLS on this port?")
		return
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	chain := conn.(*tls.Conn).ConnectionState().PeerCertificates
	if !t.InsecureSkipVerify && !t.ownRoots() {
		if err := verifyChain(chain, name, now); err != nil {
			s.note("tls", levelFail, address+": "+err.Error(), "renew the certificate, or trust its authority: tls_trust_pool")
			return
		}
	}
	switch left := chain[0].NotAfter.Sub(now); {
	case left <= 0:
		s.note("tls", levelFail, address+": the certificate has expired", "renew it")
	case left < expiresIn:
		s.note("tls", levelWarn, fmt.Sprintf("%s: the certificate expires in %d days", address, int(left.Hours()/24)), "renew it")
	default:
		s.note("tls", levelOK, address+": the certificate is valid until "+chain[0].NotAfter.UTC().Format(time.DateOnly), "")
	}
}

func verifyChain(chain []*x509.Certificate, name string, now time.Time) error {
	others := x509.NewCertPool()
	for _, c := range chain[1:] {
		others.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: name, Intermediates: others, CurrentTime: now})
	return err
}

// checkClock compares the upstream's clock with this one.
func (d *doctor) checkClock(e *endpoint, dial string, s *sight) {
	if s.err != nil {
		d.note("clock", levelWarn, dial+": not compared: "+s.err.Error(), "")
		return
	}
	tolerance := d.tolerance(e)
	fix := "find out which clock is wrong; run NTP on both machines"
	switch {
	case tolerance > 0 && s.drift > tolerance:
		d.note("clock", levelFail, fmt.Sprintf("%v off the upstream's, more than the %v by which a timestamp may be off", s.drift, tolerance), fix)
	case s.drift > clockDrift:
		d.note("clock", levelWarn, fmt.Sprintf("%v off the upstream's", s.drift), fix)
	default:
		d.note("clock", levelOK, "in step with the upstream's", "")
	}
}

// tolerance is how far the timestamps of an endpoint may be off; 0 where any
// age is accepted, or there are none.
func (d *doctor) tolerance(e *endpoint) time.Duration {
	if t, err := gateway.ParseDuration(e.Verify.Options["tolerance"]); err == nil {
		return time.Duration(t)
	}
	for _, s := range d.schemes {
		switch t := s.Timestamp; {
		case t == nil || t.AnyAge:
		case t.Tolerance == 0:
			return 5 * time.Minute
		default:
			return time.Duration(t.Tolerance) * time.Second
		}
	}
	return 0
}

var errNoDate = errors.New("its answer has no Date")

// drift asks for the upstream's time and returns how far it is from this
// machine's, to the second.
func (d *doctor) drift(n caddy.NetworkAddress, t *transportTLS) (time.Duration, error) {
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // only the time is taken
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, n.Network, n.JoinHostPort(0))
		},
	}
	client := &http.Client{Transport: transport, Timeout: stepTime, CheckRedirect: stay}
	r, err := http.NewRequestWithContext(d.ctx, http.MethodHead, addressOf(n, t != nil), nil)
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, errors.New(explainError(err))
	}
	defer answer.Body.Close() //nolint:errcheck // a HEAD has no body
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return 0, errNoDate
	}
	return d.now().Sub(date).Abs().Round(time.Second), nil
}

// addressOf is the URL of the upstream's root.
func addressOf(n caddy.NetworkAddress, secure bool) string {
	u := url.URL{Scheme: "http", Host: n.JoinHostPort(0), Path: "/"}
	if n.IsUnixNetwork() {
		u.Host = "localhost"
	}
	if secure {
		u.Scheme = "https"
	}
	return u.String()
}

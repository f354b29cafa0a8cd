package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A way is one of the three that are compared.
type way struct {
	name string
	make func(p *provider, d *delivery) (verifier, error)
}

// ways in the order of the columns.
var ways = [...]way{{"floor", floor}, {"ours", ours}, {"sdk", theirs}}

const (
	wayFloor = iota
	wayOurs
	waySDK
)

// floor does what no verifier can do without: decode the signature of d,
// compute the MAC with a hash that is reused, compare. It reads no header and
// no clock, and allocates nothing.
func floor(p *provider, d *delivery) (verifier, error) {
	m := hmac.New(sha256.New, p.key)
	got := make([]byte, len(d.mac)) // base64 wants room for padding
	sum := make([]byte, 0, sha256.Size)
	return func(r *verify.Request) error {
		n, err := p.encoding.Decode(got, d.mac)
		if err != nil {
			return err
		}
		m.Reset()
		m.Write(d.before)
		m.Write(r.Body)
		if !hmac.Equal(got[:n], m.Sum(sum)) {
			return verify.ErrMismatch
		}
		return nil
	}, nil
}

// ours reads the clock for each request, as the SDKs do.
func ours(p *provider, _ *delivery) (verifier, error) {
	v, err := verify.New(verify.Config{Provider: p.name, Secrets: []string{p.secret}})
	if err != nil {
		return nil, err
	}
	return func(r *verify.Request) error {
		_, err := v.Verify(time.Now(), r)
		return err
	}, nil
}

func theirs(p *provider, _ *delivery) (verifier, error) { return p.sdk(p.secret) }

// bench is the benchmark of one way. It signs anew each time: a delivery is
// only good for five minutes.
func (p *provider) bench(w way) func(b *testing.B) {
	return func(b *testing.B) {
		d := p.sign(time.Now(), event())
		check, err := w.make(p, d)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := check(d.Request); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// A cost is that of one verification.
type cost struct {
	ns     float64
	allocs int64
}

// measureOnce is for programs: testing.Benchmark tells of a failure only by
// running nothing.
func (p *provider) measureOnce(w way) (cost, error) {
	res := testing.Benchmark(p.bench(w))
	if res.N == 0 {
		return cost{}, fmt.Errorf("%s/%s: refused a good delivery; go test says why", p.name, w.name)
	}
	return cost{float64(res.T.Nanoseconds()) / float64(res.N), res.AllocsPerOp()}, nil
}

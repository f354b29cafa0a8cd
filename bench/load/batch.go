package load

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// Secret signs every request. It is known to everybody, and worth nothing.
const Secret = "bench-secret-0123456789-abcdefghijkl"

const (
	idLen  = 36 // dlv_, 16 hex digits of this process, 16 of the request
	sigLen = 2 * sha256.Size
)

// A template is one request, rendered. Requests differ in delivery id and
// signature, which are overwritten in place; so sending one costs a write.
type template struct {
	raw           []byte
	body          int // offset in raw
	id, signature []byte
}

// newTemplate renders a POST of exactly size bytes of body, signed at the time.
func newTemplate(size int, host string, at time.Time) *template {
	head := fmt.Sprintf("POST /hook HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nX-Broxi-Timestamp: %d\r\nX-Broxi-Signature: ", host, size, at.Unix())
	raw := append([]byte(head), make([]byte, sigLen)...)
	raw = append(raw, "\r\n\r\n"...)
	t := &template{body: len(raw)}
	t.raw = append(raw, newBody(size)...)
	t.signature = t.raw[len(head):][:sigLen]
	t.id = t.raw[t.body+idAt:][:idLen]
	return t
}

// A batch is many requests, signed before the clock runs, so that the load
// generator has the same small cost per request whatever the target.
type batch struct {
	size       int
	at         time.Time
	process    [8]byte // random, so that ids never repeat
	wrong      bool    // spoil every signature
	signatures []byte  // sigLen each
}

// newBatch signs n requests of size bytes, on every core.
func newBatch(n, size int, key string, at time.Time) *batch {
	b := &batch{size: size, at: at, signatures: make([]byte, n*sigLen)}
	_, _ = rand.Read(b.process[:]) // never fails
	cores := runtime.GOMAXPROCS(0)
	var wg sync.WaitGroup
	for c := range cores {
		wg.Go(func() { b.sign(key, c*n/cores, (c+1)*n/cores) })
	}
	wg.Wait()
	return b
}

func (b *batch) len() int { return len(b.signatures) / sigLen }

// sign fills in the signatures of requests from up to to.
func (b *batch) sign(key string, from, to int) {
	mac := hmac.New(sha256.New, []byte(key))
	t := newTemplate(b.size, "", b.at)
	prefix := strconv.AppendInt(nil, b.at.Unix(), 10)
	prefix = append(prefix, '.')
	var sum [sha256.Size]byte
	for i := from; i < to; i++ {
		b.fillID(t, i)
		mac.Reset()
		mac.Write(prefix)
		mac.Write(t.raw[t.body:])
		hex.Encode(b.signatures[i*sigLen:], mac.Sum(sum[:0]))
	}
}

// fill makes t the i-th request. t must be of the batch's size and time.
func (b *batch) fill(t *template, i int) {
	b.fillID(t, i)
	copy(t.signature, b.signatures[i*sigLen:])
	if b.wrong {
		t.signature[0] = spoiled(t.signature[0])
	}
}

func (b *batch) fillID(t *template, i int) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(i))
	copy(t.id, "dlv_")
	hex.Encode(t.id[4:], b.process[:])
	hex.Encode(t.id[20:], n[:])
}

// spoiled is another hex digit.
func spoiled(digit byte) byte {
	if digit == '0' {
		return '1'
	}
	return '0'
}

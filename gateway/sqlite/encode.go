package sqlite

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"net/http"
	"net/netip"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// An event's head is stored as one value: its facts and its header, each text
// behind its length, so that no byte of them can be mistaken for a border.
// The first byte tells the form: that of an event with a Trace ends with it.
const (
	headForm       = 1
	headFormTraced = 2
)

var errHead = errors.New("the stored head of an event is broken")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers what is stored of an event.
func checksum(head, body []byte) int64 {
	return int64(crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, body))
}

// digest is a short hash of a text (FNV-1a): what has another is not the same.
func digest(text string) int64 {
	h := uint32(2166136261)
	for i := range len(text) {
		h = (h ^ uint32(text[i])) * 16777619
	}
	return int64(int32(h)) // four bytes in a row, and not five
}

func appendHead(b []byte, e *gateway.Event) []byte {
	form := byte(headForm)
	if e.Trace != "" {
		form = headFormTraced
	}
	b = append(b, form)
	for _, text := range [...]string{e.ID, e.Type, e.Endpoint, e.Provider, e.Method, e.Target, e.Host, e.RemoteAddr} {
		b = appendText(b, text)
	}
	b = append(b, bit(e.TLS))
	sender, _ := e.Sender.MarshalBinary() // it cannot fail
	b = appendText(b, string(sender))
	b = binary.AppendUvarint(b, uint64(len(e.Header)))
	for name, values := range e.Header {
		b = binary.AppendUvarint(appendText(b, name), uint64(len(values)))
		for _, v := range values {
			b = appendText(b, v)
		}
	}
	if form == headFormTraced {
		b = appendText(b, e.Trace)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func bit(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// readable reports whether the head has a form that we know.
func readable(head []byte) bool {
	return len(head) > 0 && (head[0] == headForm || head[0] == headFormTraced)
}

// decodeHead is the event whose head is given, without key, body and instant.
func decodeHead(head []byte) (*gateway.Event, error) {
	if !readable(head) {
		return nil, errHead
	}
	d := decoder{rest: string(head[1:])}
	e := new(gateway.Event)
	for _, text := range [...]*string{&e.ID, &e.Type, &e.Endpoint, &e.Provider, &e.Method, &e.Target, &e.Host, &e.RemoteAddr} {
		*text = d.text()
	}
	e.TLS = d.take(1) == "\x01"
	var sender netip.Addr
	if err := sender.UnmarshalBinary([]byte(d.text())); err != nil {
		return nil, errHead
	}
	e.Sender = sender
	e.Header = d.header()
	if head[0] == headFormTraced {
		e.Trace = d.text()
	}
	if d.broken || d.rest != "" {
		return nil, errHead
	}
	return e, nil
}

// decodeNames reads the id and the type of the event whose head is given.
func decodeNames(head []byte) (id, kind string, err error) {
	if !readable(head) {
		return "", "", errHead
	}
	d := decoder{rest: string(head[1:])}
	id, kind = d.text(), d.text()
	if d.broken {
		return "", "", errHead
	}
	return id, kind, nil
}

// A decoder reads a head. After the first mistake everything is empty.
type decoder struct {
	rest   string
	broken bool
}

func (d *decoder) header() http.Header {
	h := make(http.Header)
	for range d.count() {
		name := d.text()
		n := d.count()
		values := make([]string, 0, n)
		for range n {
			values = append(values, d.text())
		}
		h[name] = values
	}
	return h
}

func (d *decoder) text() string { return d.take(d.count()) }

// count reads a number, of things of at least a byte each.
func (d *decoder) count() int {
	n, size := binary.Uvarint([]byte(d.rest[:min(len(d.rest), binary.MaxVarintLen64)]))
	if size <= 0 || n > uint64(len(d.rest)) {
		d.rest, d.broken = "", true
		return 0
	}
	d.rest = d.rest[size:]
	return int(n)
}

func (d *decoder) take(n int) string {
	if n > len(d.rest) {
		d.rest, d.broken = "", true
		return ""
	}
	text := d.rest[:n]
	d.rest = d.rest[n:]
	return text
}

package sqlite

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"sync"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// A record is an entry as the writer stores it. It shares no memory with the
// entry that may change.
type record struct {
	keys       keys
	until      int64 // 0: the keys are not claimed
	received   int64
	reference  int64 // hash of the event's
	kind       int64 // hash of the event's type
	sum        int64
	head, body []byte
	deliveries []gateway.Delivery
	first      int64 // the first delivery's id, once it is stored

	buffer []byte // has head, body and answers
}

// pooled is how many bytes a record may hold to be used again.
const pooled = 64 << 10

var records = sync.Pool{New: func() any { return new(record) }}

// newRecord copies what is stored of e.
func newRecord(e *gateway.Entry) *record {
	r := records.Get().(*record)
	*r = record{
		keys: keys{e.Event.Key, e.Event.Proof}, until: nanos(e.Until), received: nanos(e.Event.ReceivedAt),
		buffer: r.buffer[:0], deliveries: r.deliveries[:0],
	}
	if len(e.Deliveries) == 0 {
		return r
	}
	r.reference, r.kind = digest(e.Event.Reference()), digest(e.Event.Type)
	b := appendHead(r.buffer, e.Event)
	head := len(b)
	b = append(b, e.Event.Body...)
	r.head, r.body = b[:head], b[head:]
	r.sum = checksum(r.head, r.body)
	for _, d := range e.Deliveries {
		copied := *d
		start := len(b)
		b = append(b, d.LastAttempt.Answer...)
		copied.LastAttempt.Answer = b[start:] // in a buffer that was too small, perhaps, and is as good
		copied.Event = nil
		r.deliveries = append(r.deliveries, copied)
	}
	r.buffer = b
	return r
}

// size is the event's, as it is counted.
func (r *record) size() int64 { return int64(len(r.head) + len(r.body)) }

// keyOnly makes r forget everything but its keys.
func (r *record) keyOnly() {
	r.head, r.body, r.buffer, r.deliveries = nil, nil, nil, nil
}

// recycle lets r be used again, unless it is large.
func (r *record) recycle() {
	if cap(r.buffer) <= pooled {
		records.Put(r)
	}
}

func settled(s gateway.State) bool { return s == gateway.Delivered || s == gateway.Dead }

// ordering is what is stored of an order; 0 is none.
func ordering(order string) int64 {
	if order == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(order))
	return int64(binary.BigEndian.Uint64(sum[:]) | 1)
}

// orderName stands for the order whose hash is given: which is the same is all
// that is remembered.
func orderName(hash int64) string {
	if hash == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(hash), 16)
}

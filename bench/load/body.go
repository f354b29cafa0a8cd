package load

import (
	"bytes"
	"fmt"
	"strings"
)

// idPrefix begins every body.
const idPrefix = `{"delivery_id":"`

// idAt is where in a body the delivery id begins.
const idAt = len(idPrefix)

// newBody is a webhook body of exactly size bytes, at least 1 KiB: objects in
// arrays in objects, strings, numbers, null. The delivery id comes first, as in
// the provider's own bodies.
func newBody(size int) []byte {
	const tail = `],"notes":"`
	const end = `"}}`
	var b bytes.Buffer
	fmt.Fprintf(&b, idPrefix+`%s","event":"workflow.completed","timestamp":"2026-01-01T00:00:00Z",`+
		`"data":{"workflow_id":"support_0042","cost":0.1375,"success":true,"error":null,"turns":[`, strings.Repeat("0", idLen))
	copy(b.Bytes()[idAt:], "dlv_")
	for i := 0; ; i++ {
		turn := newTurn(i)
		if b.Len()+len(turn)+len(tail)+len(end) > size {
			break
		}
		b.WriteString(turn)
	}
	b.WriteString(tail)
	const words = "refund checked and sent to the customer; "
	free := size - b.Len() - len(end)
	b.WriteString(strings.Repeat(words, free/len(words)+1)[:free])
	b.WriteString(end)
	return b.Bytes()
}

// newTurn is one element of the array, with the comma before it where due.
func newTurn(i int) string {
	comma := ","
	if i == 0 {
		comma = ""
	}
	return fmt.Sprintf(`%s{"index":%d,"role":"assistant","text":"Order %d was \"delayed\"; the customer asks for a refund.",`+
		`"tokens":{"prompt":%d,"completion":%d},"scores":[0.%02d,0.25,1e-3],"tags":["billing","refund"],"tool":null}`,
		comma, i, 40000+i*7, 800+i%100, 20+i%30, i%100)
}

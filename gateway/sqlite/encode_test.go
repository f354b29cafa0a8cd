package sqlite

import (
	"errors"
	"net/http"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func headed(trace string) *gateway.Event {
	return &gateway.Event{
		ID: "d1", Type: "paid", Endpoint: "a", Provider: "broxi-ai", Method: http.MethodPost, Target: "/a?x=1", Host: "example.com",
		RemoteAddr: "203.0.113.7:1", TLS: true, Sender: netip.MustParseAddr("203.0.113.7"), Header: http.Header{"X-Many": {"1", "2"}}, Trace: trace,
	}
}

// TestHead: what is stored of an event is read as it was, and one that nobody
// traced is stored as the first version did.
func TestHead(t *testing.T) {
	for form, trace := range map[byte]string{headForm: "", headFormTraced: trace} {
		want := headed(trace)
		head := appendHead(nil, want)
		if head[0] != form {
			t.Errorf("with trace %q the form is %d, want %d", trace, head[0], form)
		}
		if id, kind, err := decodeNames(head); id != want.ID || kind != want.Type || err != nil {
			t.Errorf("decodeNames = %q, %q, %v", id, kind, err)
		}
		got, err := decodeHead(head)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(gateway.Event{}), cmpopts.EquateComparable(want.Sender)); diff != "" {
			t.Errorf("the event (-want +got):\n%s", diff)
		}
	}
}

func TestBrokenHeads(t *testing.T) {
	plain, traced := appendHead(nil, headed("")), appendHead(nil, headed(trace))
	asForm := func(form byte, head []byte) []byte { return append([]byte{form}, head[1:]...) }
	for name, head := range map[string][]byte{
		"nothing":                    nil,
		"a form of the future":       asForm(3, plain),
		"a trace that is not there":  asForm(headFormTraced, plain),
		"a trace that is not due":    asForm(headForm, traced),
		"a trace that is cut off":    traced[:len(traced)-1],
		"something after the header": append(plain[:len(plain):len(plain)], 0),
		"something after the trace":  append(traced[:len(traced):len(traced)], 0),
	} {
		if e, err := decodeHead(head); !errors.Is(err, errHead) {
			t.Errorf("%s: decodeHead = %+v, %v; want %v", name, e, err, errHead)
		}
	}
}

package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func addrs(list ...string) (all []netip.Addr) {
	for _, s := range list {
		all = append(all, netip.MustParseAddr(s))
	}
	return all
}

// The first sender, with any of its addresses, opens as many requests as all
// memory is for; then the others come.
func TestOneSenderLeavesMemoryForOthers(t *testing.T) {
	const all = 64
	tests := []struct {
		name   string
		from   []netip.Addr
		others []netip.Addr
		held   int64 // buffers that the first sender gets
		want   string
	}{
		{"an address", addrs("198.51.100.7"), addrs("203.0.113.7", "198.51.100.8", "2001:db8::1"), all * 3 / 4, ""},
		{"a network of IPv6", addrs("2001:db8::1", "2001:db8::2", "2001:db8::ffff:0:0:1"), addrs("2001:db8:0:1::1", "203.0.113.7"), all * 3 / 4, ""},
		{"the same address", addrs("198.51.100.7"), addrs("198.51.100.7"), all * 3 / 4, ReasonBusy},
		{"a proxy in a network of ours", addrs("10.1.2.3"), nil, all, ""},
		{"a proxy on this machine", addrs("127.0.0.1"), nil, all, ""},
		{"addresses that are not known", []netip.Addr{{}}, nil, all, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				budget := NewBudget(all * smallest)
				var open []*io.PipeWriter
				results := make(chan error, all)
				for i := range all {
					r, w := io.Pipe()
					open = append(open, w)
					go func() { results <- readFrom(budget.share(tt.from[i%len(tt.from)]), r, 1000) }()
				}
				synctest.Wait()
				if got, want := budget.Used(), tt.held*smallest; got != want {
					t.Errorf("the first sender holds %d bytes, want %d", got, want)
				}
				for _, other := range tt.others {
					if err := readFrom(budget.share(other), strings.NewReader("abc"), 3); reason(err) != tt.want {
						t.Errorf("a body from %s: %v, want %q", other, err, tt.want)
					}
				}
				for _, w := range open {
					w.Close()
					if err := <-results; reason(err) != ReasonBodyBroken && reason(err) != ReasonBusy {
						t.Errorf("a body of the first sender: %v", err)
					}
				}
				checkUnused(t, budget)
			})
		})
	}
}

// readFrom reads a body and gives its memory back.
func readFrom(s share, from io.Reader, length int64) error {
	b, err := readShared(s, from, length)
	if err == nil {
		b.release()
	}
	return err
}

func readShared(s share, from io.Reader, length int64) (*body, error) {
	r := httptest.NewRequest(http.MethodPost, "/", from)
	r.ContentLength = length
	return readBody(httptest.NewRecorder(), r, 1<<20, time.Hour, s)
}

func checkUnused(t *testing.T, b *Budget) {
	t.Helper()
	if b.Used() != 0 {
		t.Errorf("%d bytes are still held", b.Used())
	}
	for i := range b.senders {
		if n := b.senders[i].Load(); n != 0 {
			t.Errorf("%d bytes of a sender are still counted", n)
		}
	}
}

// A body may be as large as the memory, if its sender has no other, and half as
// large beside some.
func TestABodyAloneMayHaveAllMemory(t *testing.T) {
	const all = 16 * smallest
	budget := NewBudget(all)
	sender := budget.share(netip.MustParseAddr("198.51.100.7"))
	large := strings.Repeat("x", all)
	if err := readFrom(sender, strings.NewReader(large), all); err != nil {
		t.Errorf("alone: %v", err)
	}
	var others []*body
	for _, n := range []int64{4 * smallest, 3} {
		if err := readFrom(sender, strings.NewReader(large[:all/2]), all/2); err != nil {
			t.Errorf("beside %d that are not verified: %v", len(others), err)
		}
		other, err := readShared(sender, strings.NewReader(large[:n]), n)
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, other)
	}
	if err := readFrom(sender, strings.NewReader(large[:all/2]), all/2); reason(err) != ReasonBusy {
		t.Errorf("beside too many that are not verified: %v", err)
	}
	others[1].verified()
	if err := readFrom(sender, strings.NewReader(large[:all/4]), all/4); err != nil {
		t.Errorf("beside one that is verified: %v", err)
	}
	for _, other := range others {
		other.release()
	}
	checkUnused(t, budget)
}

func TestASharesMemoryIsCountedWithoutAllocating(t *testing.T) {
	budget := NewBudget(smallest)
	for _, sender := range addrs("198.51.100.7", "2001:db8::1") {
		n := testing.AllocsPerRun(100, func() {
			s := budget.share(sender)
			if err := s.take(smallest, 0); err != nil {
				t.Fatal(err)
			}
			s.give(smallest)
		})
		if n != 0 {
			t.Errorf("%v allocations for %s", n, sender)
		}
	}
}

package load

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

var t0 = time.Unix(1767225600, 0)

// parse reads t as a server would.
func parse(t *testing.T, tmpl *template) (*http.Request, []byte) {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(tmpl.raw))
	r, err := http.ReadRequest(in)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || in.Buffered() > 0 {
		t.Fatalf("body: %v, %d bytes left over", err, in.Buffered())
	}
	return r, body
}

// sum signs independently of what is tested.
func sum(ts string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(Secret))
	_, _ = io.WriteString(mac, ts+"."+string(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestRequest(t *testing.T) {
	for _, size := range []int{1 << 10, 2 << 10, 16 << 10, 256 << 10} {
		b := newBatch(5, size, Secret, t0)
		tmpl := newTemplate(size, "127.0.0.1:80", t0)
		seen := make(map[string]bool)
		for i := range b.len() {
			b.fill(tmpl, i)
			r, body := parse(t, tmpl)
			if len(body) != size {
				t.Errorf("body is %d bytes, want %d", len(body), size)
			}
			ts := r.Header.Get("X-Broxi-Timestamp")
			if got, want := r.Header.Get("X-Broxi-Signature"), sum(ts, body); ts != "1767225600" || got != want {
				t.Errorf("%d bytes, request %d: signature %q at %q, want %q", size, i, got, ts, want)
			}
			seen[deliveryID(t, body)] = true
		}
		if len(seen) != b.len() {
			t.Errorf("%d ids for %d requests", len(seen), b.len())
		}
	}
}

func deliveryID(t *testing.T, body []byte) string {
	t.Helper()
	var event struct {
		ID    string `json:"delivery_id"`
		Event string
		Data  struct{ Turns []any }
	}
	if err := json.Unmarshal(body, &event); err != nil {
		t.Fatal(err)
	}
	if event.ID == "" || event.Event == "" || len(event.Data.Turns) == 0 {
		t.Errorf("body lacks something: %s", body)
	}
	return event.ID
}

func TestBatchesShareNoID(t *testing.T) {
	tmpl := newTemplate(2<<10, "", t0)
	newBatch(1, 2<<10, Secret, t0).fill(tmpl, 0)
	first := string(tmpl.id)
	newBatch(1, 2<<10, Secret, t0).fill(tmpl, 0)
	if first == string(tmpl.id) {
		t.Errorf("both batches begin with %s", first)
	}
}

func TestWrongSignature(t *testing.T) {
	b := newBatch(40, 2<<10, Secret, t0)
	b.wrong = true
	tmpl := newTemplate(2<<10, "", t0)
	for i := range b.len() {
		b.fill(tmpl, i)
		r, body := parse(t, tmpl)
		got := r.Header.Get("X-Broxi-Signature")
		if _, err := hex.DecodeString(got); err != nil || got == sum("1767225600", body) {
			t.Errorf("request %d: signature %q is good, or not hex", i, got)
		}
	}
}

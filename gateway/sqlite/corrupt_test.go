package sqlite

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/storetest"
)

// TestFlippedBits: whatever is wrong with the file, nothing panics, and no event
// is given out as it was not received.
func TestFlippedBits(t *testing.T) {
	path := closed(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var detected int
	for range 40 {
		bad := append([]byte(nil), good...)
		for range 1 + random.IntN(20) {
			i := random.IntN(len(bad))
			for bad[i] == 0 { // what is used
				i = random.IntN(len(bad))
			}
			bad[i] ^= 1 << random.IntN(8)
		}
		path := filepath.Join(t.TempDir(), "hooks.db")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if useDamaged(t, path) != nil {
			detected++
		}
	}
	t.Logf("%d of 40 were detected", detected)
	if detected == 0 {
		t.Error("no damage at all was detected")
	}
}

// useDamaged does with a store what may be done with one.
func useDamaged(t *testing.T, path string) error {
	o := testOptions(t)
	o.Log = nil // it complains
	s, err := Open(path, o)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	ctx, now := t.Context(), storetest.Epoch
	if _, err := s.List(ctx, gateway.Filter{}, 10); err != nil {
		return err
	}
	if _, err := s.Stats(ctx, now); err != nil {
		return err
	}
	leased, _, err := s.Lease(ctx, to, now, now.Add(time.Hour), 10)
	if err != nil {
		return err
	}
	for _, d := range leased {
		if err := useEvent(t, s, d); err != nil {
			return err
		}
	}
	if _, err := s.Append(ctx, storetest.Entry("b", to)); err != nil {
		return err
	}
	_, err = s.Sweep(ctx, now.Add(10*storetest.Retention))
	return err
}

func useEvent(t *testing.T, s *Store, d *gateway.Delivery) error {
	if err := s.Load(t.Context(), d); err != nil {
		return err
	}
	want := storetest.Event("a")
	if diff := cmp.Diff(want.Header, d.Event.Header); diff != "" || string(want.Body) != string(d.Event.Body) || want.Target != d.Event.Target {
		t.Errorf("a damaged event is given out: %s %q", diff, d.Event.Body)
	}
	d.State = gateway.Dead
	_, err := s.Finish(t.Context(), d)
	return err
}

// FuzzHead: whatever is stored as a head is decoded or refused; what was
// encoded is decoded to the same.
func FuzzHead(f *testing.F) {
	f.Add(appendHead(nil, storetest.Event("a")))
	f.Add([]byte{headForm})
	f.Fuzz(func(t *testing.T, head []byte) {
		e, err := decodeHead(head)
		if err != nil {
			return
		}
		again, err := decodeHead(appendHead(nil, e))
		if diff := cmp.Diff(e, again, cmpopts.IgnoreUnexported(gateway.Event{}), cmpopts.EquateComparable(e.Sender), cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("it comes back as another, %v:\n%s", err, diff)
		}
	})
}

package ipranges

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func newPlace(t *testing.T) place {
	return place{provider: "github", from: hooks, dir: filepath.Join(t.TempDir(), "a", "b")}
}

func (p place) snapshot(fetched time.Time, ranges ...string) snapshot {
	return snapshot{From: p.from, Fetched: fetched, ETag: `"1"`, Ranges: prefixes(ranges...)}
}

func TestSaveAndLoad(t *testing.T) {
	p := newPlace(t)
	if s, err := p.load(); err != nil || s.Ranges != nil {
		t.Errorf("nothing was kept, and load = %+v, %v", s, err)
	}
	for _, want := range []snapshot{p.snapshot(time.Unix(1, 0).UTC(), "192.0.2.0/24"), p.snapshot(time.Unix(2, 0).UTC(), "203.0.113.0/24", "2001:db8::/32")} {
		if err := p.save(want); err != nil {
			t.Fatal(err)
		}
		got, err := p.load()
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Prefix{})); diff != "" || err != nil {
			t.Errorf("load = %v (-saved +loaded)\n%s", err, diff)
		}
	}
	for path, want := range map[string]os.FileMode{p.file(): 0o600, p.dir: 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	wantFiles(t, p, "github.json")
}

func wantFiles(t *testing.T, p place, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(p.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
}

// TestSaveFails: what cannot replace the file leaves it and nothing else.
func TestSaveFails(t *testing.T) {
	p := newPlace(t)
	if err := os.MkdirAll(filepath.Join(p.file(), "not-empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := p.save(p.snapshot(time.Unix(1, 0), "192.0.2.0/24")); err == nil {
		t.Error("a file has replaced a folder")
	}
	wantFiles(t, p, "github.json")
}

// TestMirrorsHaveFiles: a mirror's list is not taken for the provider's.
func TestMirrorsHaveFiles(t *testing.T) {
	p := newPlace(t)
	a, b := p, p
	a.mirror, a.from.URL = true, "https://a.example/meta"
	b.mirror, b.from.URL = true, "https://b.example/meta"
	if p.file() == a.file() || a.file() == b.file() || p.file() == b.file() {
		t.Errorf("files %s, %s, %s", p.file(), a.file(), b.file())
	}
}

func TestLoadRefuses(t *testing.T) {
	p := newPlace(t)
	valid, err := json.Marshal(p.snapshot(time.Unix(1, 0), "192.0.2.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(from, to string) string { return strings.Replace(string(valid), from, to, 1) }
	tests := []struct {
		odd, text string
		err       error // nil: any
	}{
		{"nothing in the file", "", nil},
		{"cut short", string(valid[:len(valid)-1]), nil},
		{"another place", edit("lists.example", "elsewhere.example"), nil},
		{"everybody", edit("192.0.2.0/24", "0.0.0.0/0"), errRange},
		{"private", edit("192.0.2.0/24", "10.0.0.0/8"), errRange},
		{"bits outside the range", edit("192.0.2.0/24", "192.0.2.1/24"), errRange},
		{"no range", edit("192.0.2.0/24", ""), errRange},
		{"no ranges", edit(`["192.0.2.0/24"]`, "[]"), errEmpty},
		{"null", edit(`["192.0.2.0/24"]`, "null"), errEmpty},
		{"too many", edit(`"192.0.2.0/24"`, strings.Repeat(`"192.0.2.0/24",`, maxRanges)+`"192.0.2.0/24"`), errMany},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			if err := os.MkdirAll(p.dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p.file(), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := p.load()
			if err == nil || tt.err != nil && !errors.Is(err, tt.err) || got.Ranges != nil {
				t.Errorf("load = %+v, %v; want error %v", got, err, tt.err)
			}
		})
	}
}

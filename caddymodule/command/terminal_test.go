package command

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// hostile is a text of a stranger that would command a terminal.
const hostile = "a\x1b[2J\x9b1m\u009b\x07\u202eb\u2028c\x7f"

func TestPrintable(t *testing.T) {
	t.Parallel()
	if got := printable(hostile + "\nü"); got != "a [2J\ufffd1m   b c  ü" {
		t.Errorf("%q", got)
	}
	if got := printableLines("a\tb\r\n\x1b\rc\n"); got != "a    b\n  c\n" {
		t.Errorf("%q", got)
	}
}

func TestPrintJSON(t *testing.T) {
	t.Parallel()
	text, err := json.MarshalIndent(map[string]string{"a": hostile + "\U000e0001", "b": "\n<&>"}, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := printJSON(&b, append(text, '\n')); err != nil {
		t.Fatal(err)
	}
	var got, want map[string]string
	if json.Unmarshal(b.Bytes(), &got) != nil || json.Unmarshal(text, &want) != nil || got["a"] != want["a"] || got["b"] != want["b"] {
		t.Errorf("%s, want %s", &b, text)
	}
	if i := strings.IndexFunc(strings.TrimSuffix(b.String(), "\n"), func(r rune) bool { return !harmless(r) }); i >= 0 {
		t.Errorf("character %d of %q is not harmless", i, &b)
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		width int
		want  string
	}{
		{"no terminal", 0, "ID   REFERENCE                 LAST\n100  an-id-that-is-quite-long  200\n"},
		{"a wide terminal", 80, "ID   REFERENCE                 LAST\n100  an-id-that-is-quite-long  200\n"},
		{"a small terminal", 28, "ID   REFERENCE          LAST\n100  an-id-that-is-qu…  200\n"},
		{"a tiny terminal", 5, "ID   REFERENCE     LAST\n100  an-id-that-…  200\n"},
	} {
		table := &table{cut: 1, width: tt.width}
		table.add("ID", "REFERENCE", "LAST")
		table.add("100", "an-id-that-is-quite-long", "200")
		var b bytes.Buffer
		if err := table.print(&b); err != nil || b.String() != tt.want {
			t.Errorf("%s: %v\n%swant\n%s", tt.name, err, &b, tt.want)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		width int
		want  string
	}{
		{0, "  one two three"},
		{9, "  one two\n  three"},
		{8, "  one\n  two\n  three"},
		{3, "  one\n  two\n  three"},
	} {
		if got := fold("one two\nthree", "  ", tt.width); got != tt.want {
			t.Errorf("width %d: %q, want %q", tt.width, got, tt.want)
		}
	}
}

func TestTook(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{0: "0 ms", 0.0123456: "12.3 ms", 0.9: "900 ms", 1.26: "1.3s", 75: "1m15s"} {
		if got := took(seconds); got != want {
			t.Errorf("%v: %q, want %q", seconds, got, want)
		}
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                     {},
		"2026-01-01T00:00:00Z": time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		"90m":                  now.Add(-90 * time.Minute),
		"7d":                   now.Add(-7 * 24 * time.Hour),
	} {
		if got, err := instant(now, "--since", text); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"x", "-1h", "2026-01-01", "7"} {
		if got, err := instant(now, "--since", text); err == nil {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
}

package load

import (
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	tests := []struct {
		name, stat string
		want       time.Duration
		ok         bool
	}{
		{"plain", "12 (caddy) S 1 12 12 0 -1 4194560 900 0 0 0 150 50 0 0 20 0 9 0 100", 2 * time.Second, true},
		{"a name with spaces and a parenthesis", "12 (a) b) S 1 12 12 0 -1 4194560 900 0 0 0 1 0 0 0", 10 * time.Millisecond, true},
		{"cut off", "12 (caddy) S 1 12", 0, false},
		{"not a number", "12 (caddy) S 1 12 12 0 -1 4194560 900 0 0 0 x 50 0", 0, false},
	}
	for _, tt := range tests {
		got, err := parseStat([]byte(tt.stat))
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestParseMachineStat(t *testing.T) {
	all, stolen, err := parseMachineStat([]byte("cpu  10 20 30 400 5 6 7 22 9 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n"))
	if all != 5*time.Second || stolen != 220*time.Millisecond || err != nil {
		t.Errorf("parseMachineStat = %v, %v, %v", all, stolen, err)
	}
	for _, stat := range []string{"", "intr 1 2 3 4 5 6 7 8 9", "cpu 1 2 3", "cpu 1 2 3 4 5 6 7 x"} {
		if _, _, err := parseMachineStat([]byte(stat)); err == nil {
			t.Errorf("%q is not an error", stat)
		}
	}
}

func TestParseStatus(t *testing.T) {
	rss, peak, err := parseStatus([]byte("Name:\tcaddy\nVmHWM:\t    3000 kB\nVmRSS:\t    2000 kB\nThreads:\t9\n"))
	if rss != 2000<<10 || peak != 3000<<10 || err != nil {
		t.Errorf("parseStatus = %d, %d, %v", rss, peak, err)
	}
	if _, _, err := parseStatus([]byte("Name:\tzombie\n")); err == nil {
		t.Error("a process without memory is not an error")
	}
}

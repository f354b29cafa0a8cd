package ratelimit

import "testing"

func TestKey(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"IPv4", "192.0.2.1", "192.0.2.1"},
		{"IPv4-mapped", "::ffff:192.0.2.1", "192.0.2.1"},
		{"IPv4-mapped in hex", "::FFFF:c000:201", "192.0.2.1"},
		{"IPv4-mapped with a zone", "::ffff:192.0.2.1%eth0", "192.0.2.1"},
		{"IPv6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"same /64, other spelling", "2001:0DB8:1:2::ffff", "2001:db8:1:2::/64"},
		{"next /64", "2001:db8:1:3::1", "2001:db8:1:3::/64"},
		{"zone", "fe80::1%eth0", "fe80::/64"},
		{"zone with a colon", "fe80::1%a:b", "fe80::/64"},
		{"loopback", "::1", "::/64"},
		{"already a key", "2001:db8:1:2::/64", "2001:db8:1:2::/64"},
		{"empty", "", ""},
		{"not an address", "workflow.completed", "workflow.completed"},
		{"hex with colons", "dead:beef:", "dead:beef:"},
		{"address and port", "192.0.2.1:80", "192.0.2.1:80"},
		{"bracketed", "[::1]", "[::1]"},
		{"empty zone", "fe80::1%", "fe80::1%"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Key(tt.in)
			if got != tt.want {
				t.Errorf("Key(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if again := Key(got); again != got {
				t.Errorf("Key(%q) = %q, want it unchanged", got, again)
			}
		})
	}
}

func TestKeyAllocatesNothing(t *testing.T) {
	for _, s := range []string{"192.0.2.1", "workflow.completed", "urn:example:a:b:c", ""} {
		if n := testing.AllocsPerRun(100, func() { Key(s) }); n != 0 {
			t.Errorf("Key(%q): %v allocations", s, n)
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"192.0.2.1", "::ffff:192.0.2.1", "fe80::1%eth0", "a:b:c", "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k := Key(s); Key(k) != k {
			t.Errorf("Key(%q) = %q, Key of that = %q", s, k, Key(k))
		}
	})
}

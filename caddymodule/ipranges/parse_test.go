package ipranges

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

func TestParse(t *testing.T) {
	many := make([]string, maxRanges+1)
	for i := range many {
		many[i] = fmt.Sprintf(`"198.51.%d.%d"`, i/256, i%256)
	}
	array := func(texts []string) string { return `{"hooks": [` + strings.Join(texts, ",") + `]}` }
	tests := []struct {
		odd   string
		paths string // "": text
		body  string
		want  string
		err   error
	}{
		{"one range", "hooks", `{"hooks": ["192.0.2.0/24"]}`, "192.0.2.0/24", nil},
		{"addresses without a length", "hooks", `{"hooks": ["192.0.2.1", "2001:db8::1"]}`, "192.0.2.1/32 2001:db8::1/128", nil},
		{"IPv4 written as IPv6", "hooks", `{"hooks": ["::ffff:192.0.2.0/120", "::ffff:198.51.100.7"]}`, "192.0.2.0/24 198.51.100.7/32", nil},
		{"not in order, twice and within others", "hooks", `{"hooks": ["203.0.113.0/24", "192.0.2.9", "192.0.2.0/24", "192.0.2.0/24", "192.0.2.0/28"]}`, "192.0.2.0/24 203.0.113.0/24", nil},
		{"as wide as can be", "hooks", `{"hooks": ["8.0.0.0/8", "2001::/16"]}`, "8.0.0.0/8 2001::/16", nil},
		{"other members", "hooks", `{"web": ["0.0.0.0/0"], "hooks": ["192.0.2.0/24"], "n": 1}`, "192.0.2.0/24", nil},
		{"members of members", "a.b.v4 a.b.v6", `{"a": {"b": {"v4": ["192.0.2.0/24"], "v6": ["2001:db8::/32"]}}}`, "192.0.2.0/24 2001:db8::/32", nil},
		{"one of several lists is empty", "v4 v6", `{"v4": ["192.0.2.0/24"], "v6": []}`, "192.0.2.0/24", nil},
		{"a member of each element", "items.*.cidr", `{"items": [{"cidr": "192.0.2.0/24"}, {"cidr": "203.0.113.0/24", "x": 1}]}`, "192.0.2.0/24 203.0.113.0/24", nil},
		{"lists of each member", "*.ip_ranges", `{"us": {"ip_ranges": ["192.0.2.0/24"]}, "eu": {"ip_ranges": ["203.0.113.0/24"]}}`, "192.0.2.0/24 203.0.113.0/24", nil},
		{"each member is a list", "*", `{"us": ["192.0.2.0/24"], "eu": ["203.0.113.0/24"]}`, "192.0.2.0/24 203.0.113.0/24", nil},
		{"nothing but a list", "*", `["192.0.2.0/24", "203.0.113.0/24"]`, "192.0.2.0/24 203.0.113.0/24", nil},
		{"text", "", "192.0.2.0/24\n2001:db8::/32", "192.0.2.0/24 2001:db8::/32", nil},
		{"text with comments and empty lines", "", "# ours\r\n\r\n 192.0.2.1 \r\n#\r\n", "192.0.2.1/32", nil},
		{"as many as can be", "hooks", array(many[:maxRanges]), "", nil},

		{"HTML", "hooks", "<!DOCTYPE html><p>Sign in</p>", "", errFormat},
		{"HTML as text", "", "<!DOCTYPE html>\n<p>Sign in</p>\n", "", errFormat},
		{"nothing", "hooks", "", "", errFormat},
		{"nothing, as text", "", "", "", errEmpty},
		{"only comments", "", "# soon\n", "", errEmpty},
		{"JSON cut short", "hooks", `{"hooks": ["192.0.2.0/24"]`, "", errFormat},
		{"two values", "hooks", `{"hooks": ["192.0.2.0/24"]} {}`, "", errFormat},
		{"no list", "hooks", `{"message": "rate limit exceeded"}`, "", errPath},
		{"the list in another case", "hooks", `{"Hooks": ["192.0.2.0/24"]}`, "", errPath},
		{"one of two lists is missing", "v4 v6", `{"v4": ["192.0.2.0/24"]}`, "", errPath},
		{"one element without the member", "items.*.cidr", `{"items": [{"cidr": "192.0.2.0/24"}, {}]}`, "", errPath},
		{"an object instead of the list", "hooks", `{"hooks": {"a": "192.0.2.0/24"}}`, "", errPath},
		{"null instead of the list", "hooks", `{"hooks": null}`, "", errPath},
		{"a number instead of elements", "items.*.cidr", `{"items": 1}`, "", errPath},
		{"a number in the list", "hooks", `{"hooks": ["192.0.2.0/24", 7]}`, "", errPath},
		{"a list in the list", "hooks", `{"hooks": [["192.0.2.0/24"]]}`, "", errPath},
		{"an empty list", "hooks", `{"hooks": []}`, "", errEmpty},
		{"no elements", "items.*.cidr", `{"items": []}`, "", errEmpty},
		{"too many", "hooks", array(many), "", errMany},

		{"no address", "hooks", `{"hooks": ["192.0.2.0/24", "everywhere"]}`, "", errFormat},
		{"empty text", "hooks", `{"hooks": ["192.0.2.0/24", ""]}`, "", errFormat},
		{"a zone", "hooks", `{"hooks": ["2001:db8::1%eth0"]}`, "", errFormat},
		{"a length beyond the address", "hooks", `{"hooks": ["192.0.2.0/33"]}`, "", errFormat},
		{"bits outside the range", "hooks", `{"hooks": ["192.0.2.1/24"]}`, "", errRange},
		{"all of IPv4", "hooks", `{"hooks": ["192.0.2.0/24", "0.0.0.0/0"]}`, "", errRange},
		{"all of IPv6", "hooks", `{"hooks": ["192.0.2.0/24", "::/0"]}`, "", errRange},
		{"all of IPv4, written as IPv6", "hooks", `{"hooks": ["::ffff:0.0.0.0/96"]}`, "", errRange},
		{"more than all of IPv4, written as IPv6", "hooks", `{"hooks": ["::fffe:0:0/95"]}`, "", errRange},
		{"half of IPv4", "", "0.0.0.0/1\n128.0.0.0/1", "", errRange},
		{"IPv4 too wide", "hooks", `{"hooks": ["8.0.0.0/7"]}`, "", errRange},
		{"IPv6 too wide", "hooks", `{"hooks": ["2000::/15"]}`, "", errRange},
		{"loopback", "hooks", `{"hooks": ["127.0.0.1"]}`, "", errRange},
		{"loopback IPv6", "hooks", `{"hooks": ["::1"]}`, "", errRange},
		{"loopback, written as IPv6", "hooks", `{"hooks": ["::ffff:127.0.0.1"]}`, "", errRange},
		{"unspecified", "hooks", `{"hooks": ["0.0.0.0"]}`, "", errRange},
		{"private 10", "hooks", `{"hooks": ["10.1.0.0/16"]}`, "", errRange},
		{"private 172", "hooks", `{"hooks": ["172.31.255.255"]}`, "", errRange},
		{"private 192", "hooks", `{"hooks": ["192.168.0.0/16"]}`, "", errRange},
		{"private within a wide range", "hooks", `{"hooks": ["172.0.0.0/8"]}`, "", errRange},
		{"shared", "hooks", `{"hooks": ["100.64.0.1"]}`, "", errRange},
		{"link-local", "hooks", `{"hooks": ["169.254.169.254"]}`, "", errRange},
		{"multicast", "hooks", `{"hooks": ["224.0.0.1"]}`, "", errRange},
		{"broadcast", "hooks", `{"hooks": ["255.255.255.255"]}`, "", errRange},
		{"private IPv6", "hooks", `{"hooks": ["fd00::/16"]}`, "", errRange},
		{"link-local IPv6", "hooks", `{"hooks": ["fe80::1"]}`, "", errRange},
		{"multicast IPv6", "hooks", `{"hooks": ["ff02::1"]}`, "", errRange},
		{"IPv4 translated (RFC 6052)", "hooks", `{"hooks": ["64:ff9b::/96"]}`, "", errRange},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			from := verify.IPRanges{Format: "text"}
			if tt.paths != "" {
				from = verify.IPRanges{Format: "json", Paths: strings.Fields(tt.paths)}
			}
			got, err := parse(from, []byte(tt.body))
			if !errors.Is(err, tt.err) {
				t.Fatalf("parse = %v, want %v", err, tt.err)
			}
			if tt.want != "" || err != nil {
				wantRanges(t, got, strings.Fields(tt.want)...)
			}
		})
	}
}

func TestParseUnknownFormat(t *testing.T) {
	if _, err := parse(verify.IPRanges{Format: "csv"}, []byte("192.0.2.1")); !errors.Is(err, errFormat) {
		t.Errorf("parse = %v, want %v", err, errFormat)
	}
}

// FuzzParse: whatever comes, only plausible ranges are in a list.
func FuzzParse(f *testing.F) {
	f.Add(`{"hooks": ["192.0.2.0/24", "::ffff:10.0.0.0/104"]}`)
	f.Add("192.0.2.1\n# x\n2001:db8::/32\n")
	f.Fuzz(func(t *testing.T, body string) {
		for _, from := range []verify.IPRanges{hooks, {Format: "text"}, {Format: "json", Paths: []string{"*", "*.*"}}} {
			got, err := parse(from, []byte(body))
			if (err == nil) != (len(got) > 0) {
				t.Errorf("%d ranges, and %v", len(got), err)
			}
			for _, p := range got {
				if !plausible(p) {
					t.Errorf("%v is in the list", p)
				}
			}
		}
	})
}

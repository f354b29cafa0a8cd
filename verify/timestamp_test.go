package verify

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestTimestamps(t *testing.T) {
	const edge = 5 * time.Minute
	tests := []struct {
		name string
		unit string
		text string
		now  time.Time
		want error
	}{
		{"now", "s", t0s, t0, nil},
		{"at the edge", "s", t0s, t0.Add(edge), nil},
		{"just past it", "s", t0s, t0.Add(edge + 1), ErrStale},
		{"ahead, at the edge", "s", t0s, t0.Add(-edge), nil},
		{"ahead, just past it", "s", t0s, t0.Add(-edge - 1), ErrFuture},
		{"zero", "s", "0", t0, ErrBadTimestamp},
		{"one", "s", "1", t0, ErrStale},
		{"leading zero", "s", "0" + t0s, t0, nil},
		{"12 digits", "s", "999999999999", t0, ErrFuture},
		{"milliseconds for seconds", "s", "1767225600000", t0, ErrBadTimestamp},
		{"largest int64", "s", "9223372036854775807", t0, ErrBadTimestamp},
		{"30 digits", "s", "176722560017672256001767225600", t0, ErrBadTimestamp},
		{"minus", "s", "-1", t0, ErrBadTimestamp},
		{"plus", "s", "+1767225600", t0, ErrBadTimestamp},
		{"exponent", "s", "1e9", t0, ErrBadTimestamp},
		{"hexadecimal", "s", "0x6955b900", t0, ErrBadTimestamp},
		{"underscore", "s", "1_767_225_600", t0, ErrBadTimestamp},
		{"fraction", "s", "1767225600.0", t0, ErrBadTimestamp},
		{"Arabic digits", "s", "١٧٦٧٢٢٥٦٠٠", t0, ErrBadTimestamp},
		{"empty", "s", "", t0, ErrBadTimestamp},
		{"the character after 9", "s", "176722560:", t0, ErrBadTimestamp},
		{"the character before 0", "s", "176722560/", t0, ErrBadTimestamp},
		{"space", "s", "1767225600 ", t0, ErrBadTimestamp},

		{"ms", "ms", t0s + "000", t0, nil},
		{"ms at the edge", "ms", t0s + "000", t0.Add(edge), nil},
		{"ms just past it", "ms", t0s + "000", t0.Add(edge + 1), ErrStale},
		{"ms with 12 digits", "ms", "176722560000", t0, ErrBadTimestamp},
		{"ms with 14 digits", "ms", "17672256000000", t0, ErrBadTimestamp},
		{"seconds for ms", "ms", t0s, t0, ErrBadTimestamp},

		{"rfc3339", "rfc3339", "2026-01-01T00:00:00Z", t0, nil},
		{"nanoseconds", "rfc3339", "2026-01-01T00:00:00.123456789Z", t0, nil},
		{"offset", "rfc3339", "2026-01-01T05:30:00+05:30", t0, nil},
		{"offset ignored would be stale", "rfc3339", "2025-12-31T19:00:00-05:00", t0, nil},
		{"leap second", "rfc3339", "2025-12-31T23:59:60Z", t0, nil},
		{"leap second counts as 59", "rfc3339", "2025-12-31T23:59:60Z", t0.Add(edge - time.Second), nil},
		{"and not as 60", "rfc3339", "2025-12-31T23:59:60Z", t0.Add(edge - time.Second + 1), ErrStale},
		{"second 61", "rfc3339", "2025-12-31T23:59:61Z", t0, ErrBadTimestamp},
		{"minute 60", "rfc3339", "2025-12-31T23:60:00Z", t0, ErrBadTimestamp},
		{"lower-case z", "rfc3339", "2026-01-01T00:00:00z", t0, ErrBadTimestamp},
		{"space for T", "rfc3339", "2026-01-01 00:00:00Z", t0, ErrBadTimestamp},
		{"comma fraction", "rfc3339", "2026-01-01T00:00:00,5Z", t0, ErrBadTimestamp},
		{"one-digit hour", "rfc3339", "2026-01-01T0:00:00Z", t0, ErrBadTimestamp},
		{"no seconds", "rfc3339", "2026-01-01T00:00Z", t0, ErrBadTimestamp},
		{"leap second alone", "rfc3339", "2025-12-31T23:59:60", t0, ErrBadTimestamp},
		{"no zone", "rfc3339", "2026-01-01T00:00:00", t0, ErrBadTimestamp},
		{"30 February", "rfc3339", "2026-02-30T00:00:00Z", t0, ErrBadTimestamp},
		{"year 0", "rfc3339", "0000-01-01T00:00:00Z", t0, ErrStale},
		{"year 9999", "rfc3339", "9999-12-31T23:59:59Z", t0, ErrFuture},

		{"http-date", "http-date", "Thu, 01 Jan 2026 00:00:00 GMT", t0, nil},
		{"wrong weekday", "http-date", "Fri, 01 Jan 2026 00:00:00 GMT", t0, ErrBadTimestamp},
		{"another zone", "http-date", "Thu, 01 Jan 2026 00:00:00 CET", t0, ErrBadTimestamp},
		{"old form", "http-date", "Thursday, 01-Jan-26 00:00:00 GMT", t0, ErrBadTimestamp},
	}
	for _, tt := range tests {
		t.Run(tt.unit+"/"+tt.name, func(t *testing.T) {
			s := newStamp(&Timestamp{In: "header", Name: "T", Unit: tt.unit, Tolerance: 300}, nil, "")
			if err := s.check(tt.now, tt.text); !errors.Is(err, tt.want) {
				t.Errorf("check = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestTimestampHeader(t *testing.T) {
	v := mustNew(t, Config{Provider: "broxi", Secrets: []string{secret16}})
	sig := hexMAC(secret16, t0s, ".hi")
	tests := []struct {
		name  string
		lines []string
		want  error
	}{
		{"once", []string{t0s}, nil},
		{"missing", nil, ErrNoTimestamp},
		{"empty", []string{""}, ErrNoTimestamp},
		{"repeated", []string{t0s, t0s}, ErrAmbiguous},
		{"other spelling of the same time", []string{"0" + t0s}, ErrMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &Request{Body: []byte("hi"), Header: http.Header{"X-Broxi-Signature": {sig}, "X-Broxi-Timestamp": tt.lines}}
			if _, err := v.Verify(t0, r); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

// Without a delimiter at its side, digits could move between the timestamp and
// what is next to it, and the signature would still match.
func TestTimestampWithoutDelimiter(t *testing.T) {
	discord := Config{Provider: "discord", Secrets: []string{hex.EncodeToString(discordKey.Public().(ed25519.PublicKey))}}
	headers := func(text string) []string {
		return []string{"S", hexMAC(secret16, text), "X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(discordKey, []byte(text)))}
	}
	content := func(text string) Config {
		return Config{Provider: "hmac", Secrets: []string{secret16}, Options: opts{"header": "S", "content": text, "timestamp": "header X-Signature-Timestamp"}}
	}
	inMilliseconds := content("{ts}{body}")
	inMilliseconds.Options["unit"] = "ms"
	tests := []struct {
		name     string
		c        Config
		text     string // signed
		ts, body string
		want     error
	}{
		{"as signed", discord, t0s + `{"type":2}`, t0s, `{"type":2}`, nil},
		{"in 2001", discord, "1000000000{}", "1000000000", "{}", nil},
		{"one digit in the body", discord, t0s + `{"type":2}`, t0s[:9], t0s[9:] + `{"type":2}`, ErrBadTimestamp},
		{"all but one", discord, t0s + `{"type":2}`, t0s[:1], t0s[1:] + `{"type":2}`, ErrBadTimestamp},
		{"digits of the body in it", discord, t0s + "12", t0s + "1", "2", ErrBadTimestamp},
		{"delimiter in front alone", content("v0:{ts}{body}"), "v0:" + t0s + "{}", t0s[:9], t0s[9:] + "{}", ErrBadTimestamp},
		{"delimiter behind alone", content("{body}{ts}."), "1" + t0s + ".", "1" + t0s, "", ErrBadTimestamp},
		{"at the end", content("{body}{ts}"), "1" + t0s, "1" + t0s, "", ErrBadTimestamp},
		{"at the end, as signed", content("{body}{ts}"), "1" + t0s, t0s, "1", nil},
		{"in milliseconds", inMilliseconds, t0s + "000{}", t0s + "00", "0{}", ErrBadTimestamp},
		{"in milliseconds, as signed", inMilliseconds, t0s + "000{}", t0s + "000", "{}", nil},
		{"with a delimiter it may be short", content("{ts}.{body}"), "1.{}", "1", "{}", ErrStale},
		{"alone at the end it may be long", content("{body}.{ts}"), "{}.0" + t0s, "0" + t0s, "{}", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, r := mustNew(t, tt.c), sendAll(tt.body, append(headers(tt.text), "X-Signature-Timestamp", tt.ts)...)
			if _, err := v.Verify(t0, r); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
			if err := v.CheckHeader(t0, r.Header); !errors.Is(err, tt.want) {
				t.Errorf("CheckHeader = %v, want %v", err, tt.want)
			}
		})
	}
}

// What is signed decides, not who signs it.
func TestSchemesWithoutDelimiter(t *testing.T) {
	want := []string{
		"airwallex/default", "box/default", "cloudinary/default", "discord/default", "dropbox-sign/default", "hubspot/v3", "klaviyo/default",
		"mailgun/json", "mailgun/form", "sendgrid/default", "twitch/default", "zendesk/default",
	}
	var got []string
	for _, p := range Providers() {
		for _, s := range p.Schemes {
			if s.Content == "" {
				continue
			}
			text, err := compileTemplate(s.Content, "")
			if err != nil {
				t.Fatal(err)
			}
			if text.abuts() {
				got = append(got, p.Name+"/"+s.Name)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("schemes with a timestamp that has no delimiter: %q, want %q", got, want)
	}
}

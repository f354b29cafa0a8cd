package caddymodule

import (
	"encoding/json"
	"testing"
)

func TestCarry(t *testing.T) {
	const carried = `{"handler":"reverse_proxy","transport":{"protocol":"webhook_gateway"}}`
	tests := []struct{ odd, raw, want string }{
		{"no proxy", `{"handler":"static_response","body":"<reverse_proxy>"}`, `{"body":"\u003creverse_proxy\u003e","handler":"static_response"}`},
		{"a proxy", `{"handler":"reverse_proxy"}`, carried},
		{"a transport of its own", `{"handler":"reverse_proxy","transport":{"protocol":"fastcgi"}}`, `{"handler":"reverse_proxy","transport":{"protocol":"webhook_gateway","transport":{"protocol":"fastcgi"}}}`},
		{"in capitals", `{"handler":"reverse_proxy","Transport":{"protocol":"fastcgi"}}`, `{"handler":"reverse_proxy","transport":{"protocol":"webhook_gateway","transport":{"protocol":"fastcgi"}}}`},
		{"null", `{"handler":"reverse_proxy","transport":null}`, carried},
		{"in a subroute", `{"handler":"subroute","routes":[{"handle":[{"handler":"reverse_proxy"}]}]}`, `{"handler":"subroute","routes":[{"handle":[` + carried + `]}]}`},
		{"behind a proxy's answer", `{"handler":"reverse_proxy","handle_response":[{"routes":[{"handle":[{"handler":"reverse_proxy"}]}]}]}`,
			`{"handle_response":[{"routes":[{"handle":[` + carried + `]}]}],` + carried[1:]},
		{"a long number", `{"handler":"x","n":9007199254740993}`, `{"handler":"x","n":9007199254740993}`},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			if got, err := carryRaw(json.RawMessage(tt.raw)); err != nil || string(got) != tt.want {
				t.Errorf("carryRaw = %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

package load

import (
	"bufio"
	"strings"
	"testing"
)

func TestReadAnswer(t *testing.T) {
	tests := []struct{ name, answer, want string }{
		{"as wanted", "HTTP/1.1 200 OK\r\nA: b\r\ncontent-length: 2\r\n\r\nok", ""},
		{"no body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
		{"another status", "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 4\r\n\r\nslow", "status 429, want 200: slow"},
		{"length unknown", "HTTP/1.1 200 OK\r\n\r\n", "answer without Content-Length"},
		{"not HTTP", "SSH-2.0-OpenSSH_9.9\r\n", `not a status line: "SSH-2.0-OpenSSH_9.9\r\n"`},
		{"cut off in the header", "HTTP/1.1 200 OK\r\nA: b\r\n", "EOF"},
		{"cut off in the body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", "EOF"},
	}
	for _, tt := range tests {
		in := bufio.NewReader(strings.NewReader(tt.answer))
		got := ""
		if err := readAnswer(in, 200); err != nil {
			got = err.Error()
		}
		if got != tt.want || got == "" && in.Buffered() > 0 {
			t.Errorf("%s: %q, want %q; %d bytes left", tt.name, got, tt.want, in.Buffered())
		}
	}
}

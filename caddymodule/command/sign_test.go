package command

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// TestSignVerify: what sign prints, verify accepts, for every scheme.
func TestSignVerify(t *testing.T) {
	for _, p := range verify.Providers() {
		for _, s := range p.Schemes {
			if s.Kind == "none" || s.Kind == "mtls" {
				continue
			}
			t.Run(p.Name+"/"+s.Name, func(t *testing.T) {
				pair := pairFor(s)
				args := append([]string{"--provider", p.Name, "--now", "1767225600"}, optionsFor(s)...)
				sign := append([]string{"sign", "--format", "http", "--url", "https://hooks.example.com/in", "--secret", pair[0]}, args...)
				request := execute(t, "", sign...)
				request.wants(t, 0, "POST /in", "")
				execute(t, request.out, append([]string{"verify", "--secret", pair[1]}, args...)...).wants(t, 0, "valid\n", "")
			})
		}
	}
}

// mac is computed apart from the signer.
func mac(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}

func TestSignForms(t *testing.T) {
	args := []string{"sign", "--provider", "broxi", "--secret", "s3cret-s3cret", "--now", "1767225600", "--url", "http://u:p@h:1/a?b=c#d", "--body", "-"}
	var got struct {
		Method, URL string
		Headers     map[string][]string
		Body        []byte `json:"body_base64"`
	}
	r := execute(t, "it's\n", append(args, "--json")...)
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatal(err, r)
	}
	signature := mac("s3cret-s3cret", "1767225600.it's\n")
	want := map[string][]string{"Content-Type": {"application/json"}, "X-Broxi-Timestamp": {"1767225600"}, "X-Broxi-Signature": {signature}}
	if diff := cmp.Diff(want, got.Headers); diff != "" || got.Method != "POST" || got.URL != "http://u:p@h:1/a?b=c" || string(got.Body) != "it's\n" {
		t.Errorf("%s\n%s", r.out, diff)
	}
	http := "POST /a?b=c HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/json\r\nX-Broxi-Signature: " + signature +
		"\r\nX-Broxi-Timestamp: 1767225600\r\nContent-Length: 5\r\n\r\nit's\n"
	if r := execute(t, "it's\n", append(args, "--format", "http")...); r.out != http {
		t.Errorf("%q, want %q", r.out, http)
	}
	curl := "curl -sS -X 'POST' -g --path-as-is 'http://u:p@h:1/a?b=c' \\\n  -H 'Content-Type: application/json' \\\n  -H 'X-Broxi-Signature: " + signature +
		"' \\\n  -H 'X-Broxi-Timestamp: 1767225600' \\\n  --data-binary 'it'\\''s\n'\n"
	if r := execute(t, "it's\n", args...); r.out != curl {
		t.Errorf("%s, want %s", r.out, curl)
	}
}

func TestSignRefusesBodiesThatAShellCannotTake(t *testing.T) {
	for body, want := range map[string]string{
		"\xff":                             "not text",
		"a\x00b":                           "not text",
		strings.Repeat("x", maxArgument+1): "too large",
	} {
		execute(t, body, "sign", "--provider", "github", "--secret", "x", "--body", "-").wants(t, 2, "", want)
		execute(t, body, "sign", "--provider", "github", "--secret", "x", "--body", "-", "--json").wants(t, 0, "body_base64", "")
	}
}

// A received request, as far as a signature may cover it.
type received struct {
	method, uri string
	header      http.Header
	body        string
}

// TestCurlInAShell runs the printed command in a shell, with what shells and
// curl take for their own.
func TestCurlInAShell(t *testing.T) {
	requests := make(chan received, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Header.Set("Host", r.Host)
		requests <- received{r.Method, r.RequestURI, r.Header, string(body)}
	}))
	defer server.Close()
	for name, body := range map[string]string{
		"JSON": `{"a":"it's $HOME ` + "`id`" + ` \"!\" \\ *"}`, "empty": "", "a file's name": "@/etc/passwd", "a file's name, quoted": "'@x'",
		"newlines": "\na\r\nb\n\n", "not ASCII": "żółw\x01\t", "large": strings.Repeat("x'y", maxArgument/4),
	} {
		t.Run(name, func(t *testing.T) {
			uri := "/a/../b[1-3]{x,y}?c='%41'"
			want, err := url.Parse(uri)
			if err != nil {
				t.Fatal(err)
			}
			r := execute(t, body, "sign", "--provider", "github", "--secret", "x", "--body", "-", "--url", server.URL+uri,
				"--header", "X-Empty:", "--header", "X-Many: a'b", "--header", "X-Many: $c", "--header", "Host: h.example", "--method", "put")
			script := exec.Command("sh")
			script.Stdin = strings.NewReader(r.out)
			if out, err := script.CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%v: %s\n%.999s%s", err, out, r.out, r.err)
			}
			got := <-requests
			if got.method != "PUT" || got.body != body || got.uri != want.RequestURI() {
				t.Errorf("%s %s %.99q", got.method, got.uri, got.body)
			}
			if got.header["X-Empty"] == nil || got.header.Get("Host") != "h.example" || strings.Join(got.header["X-Many"], "|") != "a'b|$c" {
				t.Errorf("%v", got.header)
			}
		})
	}
}

func TestSignPlaces(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a header", []string{"--provider", "github", "--id", "i1", "--event", "push"}, "X-Github-Delivery: i1\r\nX-Github-Event: push\r\n"},
		{"the sample's event", []string{"--provider", "github"}, "X-Github-Event: pull_request\r\n"},
		{"a header given", []string{"--provider", "github", "--header", "x-github-delivery: mine"}, "X-Github-Delivery: mine\r\n"},
		{"another host", []string{"--provider", "github", "--header", "host: h.example"}, "/github HTTP/1.1\r\nHost: h.example\r\nContent-Type"},
		{"the body", []string{"--provider", "stripe", "--id", "evt_9", "--event", "a.b"}, `"id":"evt_9"`},
		{"the body, by an option", []string{"--provider", "github", "--option", "id=json pull_request.id", "--id", "7"}, `"pull_request":{"id":7}`},
		{"a new member", []string{"--provider", "github", "--option", "event=json a.b", "--event", "x"}, `,"a":{"b":"x"}}`},
		{"a form", []string{"--provider", "paddle-classic", "--secret", pairs()["rsa"][0], "--id", "77"}, "alert_id=77&"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"sign", "--format", "http"}, tt.args...)
			if !strings.Contains(tt.name, "form") {
				args = append(args, "--secret", "a-secret")
			}
			execute(t, "", args...).wants(t, 0, tt.want, "")
		})
	}
}

func TestSecretsFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "from-a-file\r\n")
	t.Setenv("SIGNER", "from-a-variable")
	request := execute(t, "", "sign", "--provider", "github", "--secret", "{env.SIGNER}", "--format", "http").out
	execute(t, request, "verify", "--provider", "github", "--secret-file", file, "--secret", "from-a-variable").wants(t, 0, "secret  2 of 2", "")
	request = execute(t, "", "sign", "--provider", "github", "--secret-file", file, "--format", "http").out
	execute(t, request, "verify", "--provider", "github", "--secret", "from-a-file").wants(t, 0, "valid\n", "")
	execute(t, request, "verify", "--provider", "github", "--secret", "from-another").wants(t, 1, "not valid: sig_bad", "")
}

// TestSignTopic: what is signed without an option is about the sample's topic,
// and verifies where any is wanted; with it, about the first that is wanted.
func TestSignTopic(t *testing.T) {
	const orders = "arn:aws:sns:us-east-1:123456789012:orders"
	p, _ := verify.Lookup("aws-sns")
	pair := pairFor(p.Schemes[0])
	for _, tt := range []struct {
		name       string
		sign, take []string
		topic      string
		status     int
		verdict    string
	}{
		{"none", nil, nil, "arn:aws:sns:us-west-2:123456789012:MyTopic", 0, "valid\n"},
		{"any", []string{"--option", "topic=*"}, nil, "arn:aws:sns:us-west-2:123456789012:MyTopic", 0, "valid\n"},
		{"one of two", []string{"--option", "topic=" + orders + " x"}, []string{"--option", "topic=x " + orders}, orders, 0, "valid\n"},
		{"another than is wanted", []string{"--option", "topic=" + orders + "-2"}, []string{"--option", "topic=" + orders}, orders + "-2", 1, "not valid: sig_bad"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			signed := execute(t, "", append([]string{"sign", "--provider", "aws-sns", "--format", "http", "--secret", pair[0]}, tt.sign...)...)
			signed.wants(t, 0, `"TopicArn":"`+tt.topic+`"`, "")
			execute(t, signed.out, append([]string{"verify", "--provider", "aws-sns", "--secret", pair[1]}, tt.take...)...).wants(t, tt.status, tt.verdict, "")
		})
	}
}

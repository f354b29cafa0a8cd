package verify

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	secret16 = "0123456789abcdef"
	secret32 = secret16 + secret16
)

type opts = map[string]string

func TestNewErrors(t *testing.T) {
	hm := func(o opts) Config {
		all := opts{"header": "X-Sig"}
		maps.Copy(all, o)
		return Config{Provider: "hmac", Secrets: []string{secret16}, Options: all}
	}
	p := func(provider string, o opts, secrets ...string) Config {
		return Config{Provider: provider, Secrets: secrets, Options: o}
	}
	tests := []struct {
		name string
		c    Config
		want string
	}{
		{"unknown provider", p("strip", nil, secret16), "unknown provider"},
		{"no provider", p("", nil, secret16), "unknown provider"},
		{"no secret", p("stripe", nil), "provider stripe: a secret is required"},
		{"empty secret", p("stripe", nil, ""), "secret 1 is empty"},
		{"second secret empty", p("stripe", nil, secret16, ""), "secret 2 is empty"},
		{"newline at the end", p("stripe", nil, secret16+"\n"), "secret 1 begins or ends with white space"},
		{"space in front", p("bearer", nil, " "+secret16), "secret 1 begins or ends with white space"},
		{"short for hmac", p("hmac", opts{"header": "X"}, "1234567"), "secret 1 is shorter than 8 bytes"},
		{"short after decoding", p("hmac", opts{"header": "X", "key": "hex"}, "00112233445566"), "secret 1 is shorter than 8 bytes"},
		{"short token", p("token", nil, "1234567"), "secret 1 is shorter than 8 bytes"},
		{"long token", p("token", nil, strings.Repeat("x", 2049)), "secret 1 is longer than 2048 bytes"},
		{"token with a tab", p("token", nil, "12345678\t9"), "secret 1 is not printable ASCII"},
		{"basic without colon", p("basic", nil, secret16), "secret 1 is not user:password"},
		{"prefix alone", p("standard-webhooks", nil, "whsec_"), "secret 1 is empty"},
		{"not base64", p("standard-webhooks", nil, "whsec_!!!!"), "secret 1 is not base64"},
		{"both secrets bad", p("standard-webhooks", nil, "whsec_", "whsec_!"), "secret 2 is not base64"},
		{"not hex", p("hmac", opts{"header": "X", "key": "hex"}, "zz112233445566778899"), "secret 1 is not hex"},
		{"public key as a secret", p("stripe", nil, "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="), "secret 1 is a public key"},
		{"secret as a public key", p("standard-webhooks", opts{"scheme": "v1a"}, "AAAA"), "secret 1 is 3 bytes, an Ed25519 public key is 32"},
		{"none with a secret", p("none", nil, secret16), "provider none: takes no secrets"},
		{"a scheme without a secret", p("standard-webhooks", opts{"scheme": "v1 v1a"}, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "no secret is of use to scheme v1a"},

		{"unknown option", p("stripe", opts{"tolerant": "5m"}, secret16), `unknown option "tolerant"; there are algorithm, application_key, aud,`},
		{"unknown scheme", p("github", opts{"scheme": "sha3"}, secret16), `option scheme: "sha3" is repeated or not one of sha256, sha1`},
		{"scheme twice", p("github", opts{"scheme": "sha1 sha1"}, secret16), `option scheme: "sha1" is repeated`},
		{"scheme empty", p("github", opts{"scheme": " "}, secret16), "option scheme: is empty"},
		{"fixed by the provider", p("stripe", opts{"header": "X"}, secret16), "provider stripe: option header: is of no use to scheme default"},
		{"tolerance without timestamp", p("github", opts{"tolerance": "5m"}, secret16), "option tolerance: scheme sha256 has no timestamp"},
		{"unit without timestamp", hm(opts{"unit": "ms"}), "option unit: scheme hmac has no timestamp"},
		{"unit of a provider", p("stripe", opts{"unit": "ms"}, secret16), "option unit: is of no use to scheme default"},
		{"empty option", hm(opts{"prefix": ""}), "option prefix: is empty"},
		{"no topic", p("aws-sns", nil), "provider aws-sns: option topic is required: the topics whose messages are wanted"},
		{"empty topic", p("aws-sns", opts{"topic": " "}), "provider aws-sns: option topic: is empty"},
		{"any topic and one", p("aws-sns", opts{"topic": "* arn:aws:sns:us-east-1:1:a"}), "provider aws-sns: option topic: * stands alone: it means any topic"},
		{"no header", p("hmac", nil, secret16), "provider hmac: header is required"},
		{"bad header", hm(opts{"header": "X Sig"}), `header: "X Sig" is not a header name`},
		{"host", hm(opts{"header": "host"}), "Host is not among the headers"},
		{"md5", hm(opts{"algorithm": "md5"}), `algorithm: "md5" is not one of sha1, sha256`},
		{"base32", hm(opts{"encoding": "base32"}), `encoding: "base32" is not one of`},
		{"key base32", hm(opts{"key": "base32"}), `key: "base32" is not one of utf8, hex, base64`},
		{"signatures", hm(opts{"signatures": "v1 , t"}), "option signatures: is neither raw"},
		{"prefix and list", hm(opts{"signatures": "list v1", "prefix": "v0="}), "option signatures: prefix and a list exclude"},
		{"template", hm(opts{"content": "{body"}), "content: unbalanced brace"},
		{"template token", hm(opts{"content": "{body}{secret}"}), "content: {secret} belongs to kind hash"},
		{"template header", hm(opts{"content": "{h:}{body}"}), "unknown template token {h:}"},
		{"template with five headers", hm(opts{"content": "{h:A}.{h:B}.{h:C}.{h:D}.{h:E}.{body}"}), "more than 4 headers"},
		{"template without body", hm(opts{"content": "{method}"}), "content: without {body}"},
		{"timestamp not signed", hm(opts{"timestamp": "header X-Ts"}), "content: without {ts} the timestamp is not signed"},
		{"no timestamp to sign", hm(opts{"content": "{ts}{body}"}), "content: {ts} needs a timestamp"},
		{"timestamp form", hm(opts{"timestamp": "X-Ts", "content": "{ts}{body}"}), "option timestamp: is neither header <name> nor"},
		{"timestamp in a raw signature", hm(opts{"timestamp": "signature t", "content": "{ts}{body}"}), "only a kv signature"},
		{"two timestamps", hm(opts{"signatures": "kv v1 t", "timestamp": "header X", "content": "{ts}{body}"}), "option timestamp: differs"},
		{"unit", hm(opts{"timestamp": "header X", "unit": "ns", "content": "{ts}{body}"}), `unit: "ns" is not one of s, ms`},
		{"tolerance text", p("stripe", opts{"tolerance": "five"}, secret16), `option tolerance: "five" is not a duration`},
		{"tolerance 0", p("stripe", opts{"tolerance": "0s"}, secret16), "is not a whole number of seconds from 1s to 24h"},
		{"tolerance negative", p("stripe", opts{"tolerance": "-5m"}, secret16), "is not a whole number of seconds"},
		{"tolerance of 1.5 s", p("stripe", opts{"tolerance": "1500ms"}, secret16), "is not a whole number of seconds"},
		{"tolerance too long", p("stripe", opts{"tolerance": "24h0m1s"}, secret16), "is not a whole number of seconds"},
		{"id form", p("stripe", opts{"id": "X-Id"}, secret16), "option id: is neither header <name> nor json <path>"},
		{"id path", p("stripe", opts{"id": "json a..b"}, secret16), `option id: json path "a..b" has an empty name`},
		{"event header", p("stripe", opts{"event": "header X:Y"}, secret16), "option event: place:"},
		{"two problems: first", hm(opts{"algorithm": "md5", "nope": "x", "id": "x"}), `unknown option "nope"`},
		{"two problems: second", hm(opts{"algorithm": "md5", "nope": "x", "id": "x"}), "option id:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.c)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("New = %v, want %q", err, tt.want)
			}
			for _, s := range tt.c.Secrets {
				if len(s) > 6 && strings.Contains(err.Error(), strings.TrimSpace(s)) {
					t.Errorf("the secret is in the error: %v", err)
				}
			}
		})
	}
}

func TestDecodeProviderErrors(t *testing.T) {
	const head = `{"name":"x","title":"X","confidence":"docs",`
	tests := []struct{ name, file, want string }{
		{"unknown field", head + `"colour":1}`, "unknown field"},
		{"check_future", head + `"schemes":[{"name":"a","kind":"hmac","timestamp":{"in":"header","name":"T","check_future":false}}]}`, "unknown field"},
		{"no schemes", head + `"schemes":[]}`, "schemes are required"},
		{"trailing", head + `"schemes":[{"name":"a","kind":"none"}]} {}`, "more than one value"},
		{"scheme twice", head + `"schemes":[{"name":"a","kind":"none"},{"name":"a","kind":"none"}]}`, `scheme "a": the name is missing or taken`},
		{"unknown kind", head + `"schemes":[{"name":"a","kind":"saml"}]}`, `kind: "saml" is not one of`},
		{"none with a header", head + `"schemes":[{"name":"a","kind":"none","signature":{"name":"X"}}]}`, "header: not for kind none"},
		{"unknown parse", head + `"schemes":[{"name":"a","kind":"hmac","algorithm":"sha256","content":"{body}","signature":{"name":"X","parse":"jws"}}]}`, `parse: "jws" is not one of`},
		{"kv without key", head + `"schemes":[{"name":"a","kind":"hmac","algorithm":"sha256","content":"{body}","signature":{"name":"X","parse":"kv"}}]}`, "sig_key is required for parse kv"},
		{"token with encoding", head + `"schemes":[{"name":"a","kind":"token","signature":{"name":"X","encoding":"hex"}}]}`, "parse and encoding: not for kind token"},
		{"token with timestamp", head + `"schemes":[{"name":"a","kind":"token","signature":{"name":"X"},"timestamp":{"in":"header","name":"T"}}]}`, "timestamp: kind token does not sign one"},
		{"token with content", head + `"schemes":[{"name":"a","kind":"token","content":"{body}","signature":{"name":"X"}}]}`, "content: kind token has none"},
		{"unknown configurable", head + `"schemes":[{"name":"a","kind":"token","signature":{"name":"X"},"configurable":["headers"]}]}`, `unknown option "headers"`},
		{"place", head + `"schemes":[{"name":"a","kind":"none"}],"id":{"in":"query","name":"x"}}`, "is neither a header, nor a form field, nor a json path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := decodeProvider([]byte(tt.file)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("decodeProvider = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestLoadCatalogueErrors(t *testing.T) {
	file := func(name, more string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(`{"name":"` + name + `","title":"X","confidence":"docs","schemes":[{"name":"a","kind":"none"}]` + more + `}`)}
	}
	_, err := loadCatalogue(fstest.MapFS{
		"providers/a.json": file("a", ""),
		"providers/b.json": file("b", `,"aliases":["a"]`),
		"providers/c.json": file("other", ""),
	})
	for _, want := range []string{`b.json: name "a" is taken`, `c.json: name "other" differs`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("loadCatalogue = %v, want %q", err, want)
		}
	}
}

func TestCatalogue(t *testing.T) {
	var names []string
	for _, p := range Providers() {
		names = append(names, p.Name)
		for _, alias := range p.Aliases {
			if q, ok := Lookup(alias); !ok || q != p {
				t.Errorf("Lookup(%s) = %v, %v", alias, q, ok)
			}
		}
	}
	if len(names) < 149 || !slices.IsSorted(names) {
		t.Errorf("%d providers: %s", len(names), names)
	}
	if p, ok := Lookup("Stripe"); ok {
		t.Errorf("Lookup(Stripe) = %v, names are lower case", p.Name)
	}
}

func TestOptionTable(t *testing.T) {
	names := OptionNames()
	if !slices.IsSorted(names) || len(names) != len(Options()) {
		t.Errorf("OptionNames = %v", names)
	}
	for _, o := range Options() {
		if len(o.Description) < 20 || !strings.Contains(o.Description, "Default: ") {
			t.Errorf("option %s: description %q", o.Name, o.Description)
		}
	}
}

func TestFacts(t *testing.T) {
	tests := []struct {
		name     string
		c        Config
		idSigned bool
		headers  string
	}{
		{"id in the body", Config{Provider: "stripe", Secrets: []string{secret16}}, true, "Stripe-Signature"},
		{"id in an unsigned header", Config{Provider: "github", Secrets: []string{secret16}}, false, "X-Github-Delivery X-Github-Event X-Hub-Signature-256"},
		{"id in a signed header", Config{Provider: "standard-webhooks", Secrets: []string{"whsec_" + secret32}}, true, "Webhook-Id Webhook-Signature Webhook-Timestamp"},
		{"id in a form whose fields the text does not delimit", Config{Provider: "plivo", Secrets: []string{secret16}, Options: opts{"url": "https://h.example/plivo"}}, false, "X-Plivo-Signature-V3 X-Plivo-Signature-V3-Nonce"},
		{"id by option in such a form", Config{Provider: "twilio", Secrets: []string{secret16}, Options: opts{"url": "https://h.example/twilio", "id": "json sid"}}, false, "X-Twilio-Signature"},
		{"id in JSON in such a form", Config{Provider: "mandrill", Secrets: []string{secret16}, Options: opts{"url": "https://h.example/mandrill", "id": "json 0._id"}}, false, "X-Mandrill-Signature"},
		{"id by option in a body with a signed hash", Config{Provider: "twilio", Secrets: []string{secret16}, Options: opts{"scheme": "json-body", "url": "https://h.example/twilio", "id": "json sid"}}, true, "X-Twilio-Signature"},
		{"id in a form with a delimited text", Config{Provider: "gitea", Secrets: []string{secret16}, Options: opts{"scheme": "form", "id": "json sid"}}, true, "X-Gitea-Event X-Gitea-Signature"},
		{"no id", Config{Provider: "bridge", Secrets: []string{secret16}}, false, "Bridgeapi-Signature"},
		{"unsigned id by option", Config{Provider: "stripe", Secrets: []string{secret16}, Options: opts{"id": "header X-Id"}}, false, "Stripe-Signature X-Id"},
		{"id in a signed header of two names", Config{Provider: "svix", Secrets: []string{"whsec_" + secret32}}, true, "Svix-Id Svix-Signature Svix-Timestamp Webhook-Id Webhook-Signature Webhook-Timestamp"},
		{"second choice of a signed header", Config{Provider: "hmac", Secrets: []string{secret16}, Options: opts{"header": "S", "content": "{h:A|B}.{body}", "id": "header B"}}, true, "A B S"},
		{"first choice of a signed header", Config{Provider: "hmac", Secrets: []string{secret16}, Options: opts{"header": "S", "content": "{h:A|B}.{body}", "id": "header A"}}, true, "A B S"},
		{"token", Config{Provider: "token", Secrets: []string{secret16}, Options: opts{"id": "json id"}}, false, "X-Api-Key"},
		{"basic", Config{Provider: "basic", Secrets: []string{"user:password"}}, false, "Authorization"},
		{"none", Config{Provider: "none", Options: opts{"id": "json id"}}, false, ""},
		{"one of two schemes", Config{Provider: "gitlab", Secrets: []string{"whsec_" + secret32}, Options: opts{"scheme": "signing token"}}, false, "Webhook-Id Webhook-Signature Webhook-Timestamp X-Gitlab-Event X-Gitlab-Token"},
		{"absent header", Config{Provider: "broxi", Secrets: []string{secret16}, Options: opts{"scheme": "legacy"}}, true, "X-Broxi-Signature X-Broxi-Timestamp"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := mustNew(t, tt.c)
			if v.IDSigned() != tt.idSigned {
				t.Errorf("IDSigned = %v", v.IDSigned())
			}
			if got := strings.Join(v.Headers(), " "); got != tt.headers {
				t.Errorf("Headers = %s, want %s", got, tt.headers)
			}
			for _, name := range v.Headers() {
				if name != http.CanonicalHeaderKey(name) {
					t.Errorf("%s is not canonical", name)
				}
			}
		})
	}
}

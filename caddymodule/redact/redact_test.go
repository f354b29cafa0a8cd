package redact

import (
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	tests := []struct{ odd, in, want string }{
		{"secrets", `{"verify":{"provider":"token","secrets":["s3cret","{env.A}","{file./run/secrets/a}"]}}`, `{"verify":{"provider":"token","secrets":["[redacted]","{env.A}","{file./run/secrets/a}"]}}`},
		{"a placeholder and more", `{"secrets":["a{env.A}"]}`, `{"secrets":["[redacted]"]}`},
		{"a JWK", `{"secrets":["{\"kty\":\"oct\"}"]}`, `{"secrets":["[redacted]"]}`},
		{"sign", `{"sign":"whsec_x"}`, `{"sign":"[redacted]"}`},
		{"options", `{"options":{"key":"hex","key_prefix":"whsec_","verify_token":"s3cret","application_key":"s3cret","url":"https://u:s3cret@a.example/?token=s3cret&x=1","header":"X-Signature"}}`,
			`{"options":{"application_key":"[redacted]","header":"X-Signature","key":"hex","key_prefix":"whsec_","url":"https://[redacted]@a.example/?token=[redacted]\u0026x=1","verify_token":"[redacted]"}}`},
		{"what is no secret", `{"name":"a","idempotency":{"key":"{webhook.id}"},"max_body":1048576,"retry":{"on":["5xx"]},"mode":"store"}`,
			`{"idempotency":{"key":"{webhook.id}"},"max_body":1048576,"mode":"store","name":"a","retry":{"on":["5xx"]}}`},
		{"header_up", `{"headers":{"request":{"set":{"Authorization":["Bearer s3cret"],"X-Api-Key":["s3cret"],"X-A":["b"]},"delete":["Authorization"]}}}`,
			`{"headers":{"request":{"delete":["Authorization"],"set":{"Authorization":["[redacted]"],"X-A":["b"],"X-Api-Key":["[redacted]"]}}}}`},
		{"replaced in a header", `{"replace":{"Cookie":[{"search":"s3cret","replace":"s3cret"}]}}`, `{"replace":{"Cookie":[{"replace":"[redacted]","search":"[redacted]"}]}}`},
		{"basic_auth", `{"handler":"authentication","providers":{"http_basic":{"accounts":[{"username":"u","password":"$2a$s3cret"}]}}}`,
			`{"handler":"authentication","providers":{"http_basic":{"accounts":[{"password":"[redacted]","username":"u"}]}}}`},
		{"a pair", `{"set":[{"key":"token","val":"s3cret"},{"key":"page","val":"1"}]}`, `{"set":[{"key":"token","val":"[redacted]"},{"key":"page","val":"1"}]}`},
		{"a rewrite", `{"handler":"rewrite","uri":"/x?api_key=s3cret&a={env.B}"}`, `{"handler":"rewrite","uri":"/x?api_key=[redacted]\u0026a={env.B}"}`},
		{"words for a secret in a URL", `{"options":{"url":"https://h.example/hook?code=s3cret&pwd=s3cret&k=1"}}`, `{"options":{"url":"https://h.example/hook?code=[redacted]\u0026pwd=[redacted]\u0026k=1"}}`},
		{"an escaped word in a URL", `{"uri":"/x?%63ode=s3cret&a[pass]=s3cret&%zz=s3cret&zipcode=1"}`, `{"uri":"/x?%63ode=[redacted]\u0026a[pass]=[redacted]\u0026%zz=[redacted]\u0026zipcode=1"}`},
		{"a number", `{"password":12345,"token":true}`, `{"password":"[redacted]","token":true}`},
		{"a condition", `{"accept":"headers[\"x-token\"] == \"s3cret\"","expr":"body.n > 3"}`, `{"accept":"[redacted]","expr":"body.n \u003e 3"}`},
		{"no JSON", `{"a":s3cret}`, `"[redacted]"`},
		{"nothing", ``, `"[redacted]"`},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			got := string(JSON([]byte(tt.in)))
			if got != tt.want {
				t.Errorf("JSON = %s, want %s", got, tt.want)
			}
			if strings.Contains(got, "s3cret") {
				t.Error("the secret is there")
			}
		})
	}
}

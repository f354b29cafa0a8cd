package verify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A request is verified with the secrets of its provider, and then named.
func Example() {
	v, err := verify.New(verify.Config{
		Provider: "github",
		Secrets:  []string{"the new secret", "It's a Secret to Everybody"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	r := &verify.Request{
		Method: "POST",
		Header: http.Header{
			"X-Hub-Signature-256": {"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
			"X-Github-Delivery":   {"72d3162e-cc78-11e3-81ab-4c9367dc0958"},
			"X-Github-Event":      {"ping"},
		},
		Body: []byte("Hello, World!"),
	}
	now := time.Unix(1767225600, 0)
	res, err := v.Verify(now, r)
	fmt.Println("secret:", res.Secret, "error:", err)
	fmt.Println(v.Identify(r, nil, true))

	r.Body = []byte("Hello, world!")
	_, err = v.Verify(now, r)
	fmt.Println(err, errors.Is(err, verify.ErrMismatch))
	// Output:
	// secret: 1 error: <nil>
	// 72d3162e-cc78-11e3-81ab-4c9367dc0958 ping <nil>
	// X-Hub-Signature-256: signature mismatch true
}

// A provider that is not in the catalogue is described by options.
func ExampleNew_options() {
	v, err := verify.New(verify.Config{
		Provider: "hmac",
		Secrets:  []string{"a secret of ours"},
		Options: map[string]string{
			"header":     "X-Acme-Signature",
			"signatures": "kv v1 t",
			"content":    "{ts}.{body}",
			"tolerance":  "1m",
			"id":         "json delivery.id",
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := hmac.New(sha256.New, []byte("a secret of ours"))
	m.Write([]byte(`1767225600.{"delivery":{"id":42}}`))
	r := &verify.Request{
		Header: http.Header{"X-Acme-Signature": {"t=1767225600,v1=" + hex.EncodeToString(m.Sum(nil))}},
		Body:   []byte(`{"delivery":{"id":42}}`),
	}
	_, err = v.Verify(time.Unix(1767225660, 0), r)
	fmt.Println(err)
	_, err = v.Verify(time.Unix(1767225661, 0), r)
	fmt.Println(err)
	id, _, _ := v.Identify(r, nil, true)
	fmt.Println("id", id, "signed", v.IDSigned())
	// Output:
	// <nil>
	// X-Acme-Signature: timestamp too old (more than 1m0s)
	// id 42 signed true
}

// Every problem of a config is reported, without the secrets.
func ExampleNew_errors() {
	_, err := verify.New(verify.Config{Provider: "stripe", Secrets: []string{"", "ends with a newline\n"}})
	fmt.Println(err)
	// Output:
	// provider stripe: secret 1 is empty
	// secret 2 begins or ends with white space (a newline at the end of a file?)
}

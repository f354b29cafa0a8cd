package verify

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
	"testing"
)

// TestSignedFieldIsTheOneThatIsRead: where one field of a form is signed, the
// request has nothing that an application could take for that field instead.
func TestSignedFieldIsTheOneThatIsRead(t *testing.T) {
	const genuine = `payload=%7B%22a%22%3A1%7D`
	mac := hmac.New(sha256.New, []byte(secret16))
	mac.Write([]byte(`{"a":1}`))
	signature := hex.EncodeToString(mac.Sum(nil))
	v := mustNew(t, Config{Provider: "gitea", Secrets: []string{secret16}, Options: opts{"scheme": "form"}})
	tests := []struct {
		name, body string
		want       error
	}{
		{"as it is sent", genuine, nil},
		{"another field", genuine + "&other=1", nil},
		{"twice", genuine + "&payload=2", ErrAmbiguous},
		{"PHP cuts off spaces in front", genuine + "&+payload=2", ErrAmbiguous},
		{"PHP ends a name at a zero byte", genuine + "&payload%00x=2", ErrAmbiguous},
		{"PHP and Rack make a list of it", genuine + "&payload%5B%5D=2", ErrAmbiguous},
		{"PHP and Rack make a map of it", "payload[a]=2&" + genuine, ErrAmbiguous},
		{"ASP.NET knows no case", "Payload=2&" + genuine, ErrAmbiguous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}, "X-Gitea-Signature": {signature}}
			if _, err := v.Verify(t0, &Request{Method: "POST", Header: h, Body: []byte(tt.body)}); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
	t.Run("in parts, which are read in many ways", func(t *testing.T) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		field, err := w.CreateFormField("payload")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = field.Write([]byte(`{"a":1}`))
		file, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name='payload'`}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.Write([]byte("2"))
		_ = w.Close()
		h := http.Header{"Content-Type": {w.FormDataContentType()}, "X-Gitea-Signature": {signature}}
		if _, err := v.Verify(t0, &Request{Method: "POST", Header: h, Body: body.Bytes()}); !errors.Is(err, ErrMalformed) {
			t.Errorf("Verify = %v, want %v", err, ErrMalformed)
		}
	})
}

// TestSignedParameterIsTheOneThatIsRead: likewise where one parameter of the
// query is signed.
func TestSignedParameterIsTheOneThatIsRead(t *testing.T) {
	at := strconv.FormatInt(t0.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret16))
	mac.Write([]byte("id:1;request-id:r;ts:" + at + ";"))
	h := http.Header{"X-Request-Id": {"r"}, "X-Signature": {"ts=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}
	v := mustNew(t, Config{Provider: "mercado-pago", Secrets: []string{secret16}})
	tests := []struct {
		name, query string
		want        error
	}{
		{"as it is sent", "data.id=1&type=payment", nil},
		{"twice", "data.id=1&data.id=2", ErrAmbiguous},
		{"PHP puts _ for a dot", "data.id=1&data_id=2", ErrAmbiguous},
		{"PHP cuts off spaces in front", "data.id=1&+data.id=2", ErrAmbiguous},
		{"ASP.NET knows no case", "Data.ID=2&data.id=1", ErrAmbiguous},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &Request{Method: "POST", URI: "/?" + tt.query, Header: h, Body: []byte("{}")}
			if _, err := v.Verify(t0, r); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

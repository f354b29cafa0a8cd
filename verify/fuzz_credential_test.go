package verify

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzCredential: tokens, users and passwords.
func FuzzCredential(f *testing.F) {
	const token, user = "a-token-of-the-tests", "user:correct horse"
	fill := func(_ *asked, text string) string {
		return strings.NewReplacer("$K", token, "$E", asBase64([]byte(user)), "$R", base64.RawStdEncoding.EncodeToString([]byte(user))).Replace(text)
	}
	only := func(ok func(q *asked) bool) func(q *asked) [][]byte {
		return func(q *asked) [][]byte {
			if ok(q) {
				return [][]byte{{}}
			}
			return nil
		}
	}
	header := func(provider, scheme, name, form, secret string, want func(value string) bool) *subject {
		return &subject{provider: provider, scheme: scheme, secret: secret, signature: name, form: form, body: sampleJSON, fill: fill,
			judge: only(func(q *asked) bool {
				lines := q.Header[http.CanonicalHeaderKey(name)]
				return len(lines) == 1 && want(trimSpace(lines[0]))
			})}
	}
	is := func(value string) bool { return value == token }
	behind := func(scheme, want string) func(string) bool {
		return func(value string) bool {
			return len(value) > len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) && strings.Trim(value[len(scheme):], " \t") == want
		}
	}
	inQuery := func(provider, scheme, name string) *subject {
		return &subject{provider: provider, scheme: scheme, secret: token, uri: "in?" + name + "=$K&x=1", body: sampleJSON, fill: fill,
			judge: only(func(q *asked) bool {
				_, query, _ := strings.Cut(q.URI, "?")
				values, err := url.ParseQuery(query)
				return err == nil && len(values[name]) == 1 && strings.Trim(values[name][0], " \t") == token
			})}
	}
	fuzzFamily(f,
		header("token", "token", "X-API-Key", "$K", token, is),
		header("auth0", "default", "Authorization", "$K", token, is),
		header("gitlab", "token", "X-Gitlab-Token", "$K", token, is),
		header("bearer", "bearer", "Authorization", "Bearer $K", token, behind("Bearer ", token)),
		header("basic", "basic", "Authorization", "Basic $E", user, behind("Basic ", asBase64([]byte(user)))),
		inQuery("azure-event-grid", "query-token", "code"),
		inQuery("mailchimp-marketing", "url-secret", "secret"),
		&subject{provider: "microsoft-graph", scheme: "client-state", secret: token, body: `{"value":[{"clientState":"$K"},{"clientState":"$K"}]}`, bodies: []string{`{"value":[{"clientState":"$K"},{}]}`, `{"value":[{"clientState":"$K"},{"clientState":""}]}`, `{"value":[]}`, `{"value":[{"clientState":"$K"},{"clientState":"x"}]}`, `{"value":{"*":{"clientState":"$K"}}}`}, fixedBody: true, fill: fill, judge: only(everyState(token))},
	)
}

// everyState reports whether each element of a batch has the token.
func everyState(token string) func(q *asked) bool {
	return func(q *asked) bool {
		var batch struct {
			Value []struct {
				State string `json:"clientState"`
			} `json:"value"`
		}
		if json.Unmarshal(q.Body, &batch) != nil {
			return false
		}
		for _, element := range batch.Value {
			if element.State != token {
				return false
			}
		}
		return len(batch.Value) > 0
	}
}

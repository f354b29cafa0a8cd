package e2e

import (
	"fmt"
	"testing"
)

// githubPost returns the headers with which GitHub sends body.
func githubPost(id, body string) []string {
	return []string{"X-GitHub-Event", "push", "X-GitHub-Delivery", id, "X-Hub-Signature-256", "sha256=" + mac("identity-secret", body)}
}

// TestIdentity sends deliveries one after the other and says which of them
// are duplicates of one before.
func TestIdentity(t *testing.T) {
	type step struct {
		name, id, body string
		want           string // the reason
	}
	const a, b = `{"x":"a"}`, `{"x":"b"}`
	tests := []struct {
		name, options string
		steps         []step
	}{
		{"github", "", []step{
			{"first", "1", a, "delivered"},
			{"again", "1", a, "duplicate"},
			{"replayed under another id", "2", a, "duplicate"},
			{"replayed without an id", "", a, "duplicate"},
			{"the same id for another body", "1", b, "delivered"},
		}},
		{"by-id", "idempotency {webhook.id}", []step{
			{"first", "1", a, "delivered"},
			{"again", "1", a, "duplicate"},
			{"another id", "2", a, "delivered"},
			{"the same id for another body", "1", b, "delivered"},
			{"no id", "", a, "malformed"},
		}},
		{"by-body", "idempotency {webhook.body.x}", []step{
			{"first", "1", a, "delivered"},
			{"the same value in another body", "2", `{"x":"a","y":1}`, "duplicate"},
			{"another value", "3", b, "delivered"},
			{"a number is not the text", "4", `{"x":9007199254740993}`, "delivered"},
			{"a number that a float would round to the last", "5", `{"x":9007199254740992}`, "delivered"},
			{"no value", "6", `{"y":"a"}`, "malformed"},
			{"null", "7", `{"x":null}`, "malformed"},
			{"the value twice", "8", `{"x":"a","x":"c"}`, "malformed"},
			{"not JSON", "9", `x=a`, "malformed"},
			{"spaces", "10", `{"x":"a b"}`, "malformed"},
		}},
		{"by-both", "idempotency {webhook.event}/{webhook.body.x} ttl 1h", []step{
			{"first", "1", a, "delivered"},
			{"again, signed anew", "2", a, "duplicate"},
			{"another value", "3", b, "delivered"},
		}},
		{"off", "idempotency off", []step{
			{"first", "1", a, "delivered"},
			{"again", "1", a, "delivered"},
			{"not JSON", "1", "text", "delivered"},
		}},
	}
	eachFront(t, func(t *testing.T, f front) {
		app, site := newApplication(t), ""
		for _, tt := range tests {
			site += fmt.Sprintf("webhook_gateway /%s %s {\nverify github {env.SECRET}\n%s\nto %s\n}\n", tt.name, tt.name, tt.options, app.address())
		}
		c := start(t, f.caddyfile("", site), "SECRET=identity-secret")
		log := c.journal()
		for _, tt := range tests {
			for _, s := range tt.steps {
				t.Run(tt.name+"/"+s.name, func(t *testing.T) {
					got := f.ask(t, post(t, f.url+"/"+tt.name, s.body, githubPost(s.id, s.body)...))
					switch s.want {
					case "delivered":
						got.want(t, 200, "thanks")
					case "duplicate":
						got.want(t, 200, processed)
					default:
						got.want(t, 400, refused(400))
					}
					log.expect(t, tt.name, s.want)
					if n := len(app.take()); (n == 1) != (s.want == "delivered") {
						t.Errorf("the application got %d requests", n)
					}
				})
			}
		}
		c.keeps(t, "identity-secret")
	})
}

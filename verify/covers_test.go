package verify

import "testing"

// What is signed of the body decides which ids prove anything.
func TestWhatIsSignedOfTheBody(t *testing.T) {
	const hexKey = "44782DEF44782DEF44782DEF44782DEF44782DEF44782DEF44782DEF44782DEF"
	tests := []struct {
		name     string
		c        Config
		idSigned bool
		whole    bool
	}{
		{"all of it", Config{Provider: "stripe", Secrets: []string{secret16}}, true, true},
		{"all of it, another member", Config{Provider: "stripe", Secrets: []string{secret16}, Options: opts{"id": "json other"}}, true, true},
		{"its hash in a token", Config{Provider: "qstash", Secrets: []string{secret16}, Options: opts{"id": "json id", "url": "https://hooks.example.com/"}}, true, true},
		{"its hash in the URL", Config{Provider: "twilio", Secrets: []string{secret16}, Options: opts{"scheme": "json-body", "id": "json id", "url": "https://hooks.example.com/"}}, true, true},
		{"with the headers", Config{Provider: "contentful", Secrets: []string{hexKey}, Options: opts{"id": "json sys.id"}}, true, true},
		{"none of it", Config{Provider: "mailgun", Secrets: []string{secret16}}, false, false},
		{"a token", Config{Provider: "token", Secrets: []string{secret16}, Options: opts{"id": "json id"}}, false, false},
		{"nothing at all", Config{Provider: "none", Options: opts{"id": "json id"}}, false, false},
		{"elements of a batch", Config{Provider: "adyen", Secrets: []string{hexKey}}, false, false},
		{"elements of a batch, and an id beside them", Config{Provider: "adyen", Secrets: []string{hexKey}, Options: opts{"id": "json id"}}, false, false},
		{"some members", Config{Provider: "aws-sns", Options: opts{"topic": "*"}}, true, false},
		{"some members, and the id is another", Config{Provider: "aws-sns", Options: opts{"topic": "*", "id": "json UnsubscribeURL"}}, false, false},
		{"some members, and the id is below one", Config{Provider: "aws-sns", Options: opts{"topic": "*", "id": "json Message.id"}}, false, false},
		{"a field of a form, with the id in it", Config{Provider: "travis-ci", Options: opts{"id": "json id"}}, true, false},
		{"all fields of a form, with nothing between them", Config{Provider: "plivo", Secrets: []string{secret16}, Options: opts{"url": "https://hooks.example.com/"}}, false, false},
		{"all fields of a form, and the id is in JSON", Config{Provider: "plivo", Secrets: []string{secret16}, Options: opts{"id": "json id", "url": "https://hooks.example.com/"}}, false, false},
		{"all fields of a form, sorted", Config{Provider: "mandrill", Secrets: []string{secret16}, Options: opts{"id": "json id", "url": "https://hooks.example.com/"}}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := mustNew(t, tt.c)
			if got := v.IDSigned(); got != tt.idSigned {
				t.Errorf("IDSigned = %v", got)
			}
			if got := v.WholeBodySigned(); got != tt.whole {
				t.Errorf("WholeBodySigned = %v", got)
			}
		})
	}
	if new(Verifier).WholeBodySigned() {
		t.Error("the zero Verifier signs bodies")
	}
}

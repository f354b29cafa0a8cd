package canonical

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxText is how many bytes a text may have, as written, that no provider makes
// long: an address, a token, a signature.
const maxText = 16 << 10

// A Message is what Amazon SNS posts. The texts are as sent; none of them but
// SubscribeURL is empty.
type Message struct {
	Type         string // Notification, SubscriptionConfirmation or UnsubscribeConfirmation
	MessageID    string
	TopicArn     string // to be compared with the topic that is expected
	Timestamp    string
	SubscribeURL string // of the confirmations

	Text      []byte // what Signature is over
	Signature string // in base64
	Version   string // of the signature: 1 is SHA-1, 2 is SHA-256
	CertURL   string // of the signer's certificate; not to be trusted, nor signed
}

// snsSigned are the members that SNS signs, in this order, when they are
// there. No notification has a SubscribeURL or a Token, nor a confirmation a
// Subject: whoever adds one changes the signed text.
var snsSigned = []string{"Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}

// SNSSigns reports whether Amazon SNS signs the member of its messages.
func SNSSigns(member string) bool { return slices.Contains(snsSigned, member) }

// snsUnsigned are the members about the signature.
var snsUnsigned = []string{"Signature", "SignatureVersion", "SigningCertURL"}

// SNS reads a message of Amazon SNS:
// https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
//
// Only Message may have more than one line: the text is names and values, each
// on a line, so that a value with line breaks could pass for several members.
// UnsubscribeURL is not signed.
func SNS(body []byte) (*Message, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	wanted := slices.Concat(snsSigned, snsUnsigned)
	object, err := members(body, wanted...)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, name := range wanted {
		if name == "Message" {
			continue // the only long one, which nobody but the text needs
		}
		if len(object[name]) > maxText {
			return nil, fmt.Errorf("member %s is too long: %w", name, ErrMalformed)
		}
		s, ok, err := text(object[name])
		if err != nil || strings.Contains(s, "\n") {
			return nil, fmt.Errorf("member %s: %w", name, ErrMalformed)
		}
		if ok {
			found[name] = s
		}
	}
	if err := checkSNS(found); err != nil {
		return nil, err
	}
	signed, err := snsText(found, object["Message"])
	if err != nil {
		return nil, err
	}
	return &Message{
		Type:         found["Type"],
		MessageID:    found["MessageId"],
		TopicArn:     found["TopicArn"],
		Timestamp:    found["Timestamp"],
		SubscribeURL: found["SubscribeURL"],
		Text:         signed,
		Signature:    found["Signature"],
		Version:      found["SignatureVersion"],
		CertURL:      found["SigningCertURL"],
	}, nil
}

// checkSNS checks that a message has what its type must have, but for Message.
func checkSNS(found map[string]string) error {
	required := []string{"MessageId", "Timestamp", "TopicArn", "Type", "Signature", "SignatureVersion", "SigningCertURL"}
	switch found["Type"] {
	case "Notification":
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		required = append(required, "SubscribeURL", "Token")
	default:
		return fmt.Errorf("member Type: %w", ErrMalformed)
	}
	for _, name := range required {
		if found[name] == "" {
			return fmt.Errorf("member %s: %w", name, ErrMalformed)
		}
	}
	if v := found["SignatureVersion"]; v != "1" && v != "2" {
		return fmt.Errorf("member SignatureVersion: %w", ErrMalformed)
	}
	return nil
}

// snsText is the signed text. Message, which is as it was written, must be
// there, and may be empty.
func snsText(found map[string]string, message json.RawMessage) ([]byte, error) {
	size := len(message) + len("Message\n\n")
	for name, value := range found {
		size += len(name) + len(value) + len("\n\n")
	}
	b, there, err := appendText(append(make([]byte, 0, size), "Message\n"...), message) // in the text, it is the first
	if err != nil || !there {
		return nil, fmt.Errorf("member Message: %w", ErrMalformed)
	}
	b = append(b, '\n')
	for _, name := range snsSigned {
		if value, ok := found[name]; ok {
			b = append(append(append(append(b, name...), '\n'), value...), '\n')
		}
	}
	return b, nil
}

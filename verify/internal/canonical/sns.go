package canonical

import (
	"fmt"
	"slices"
	"strings"
)

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
		s, ok, err := text(object[name])
		if err != nil || strings.Contains(s, "\n") && name != "Message" {
			return nil, fmt.Errorf("member %s: %w", name, ErrMalformed)
		}
		if ok {
			found[name] = s
		}
	}
	if err := checkSNS(found); err != nil {
		return nil, err
	}
	return &Message{
		Type:         found["Type"],
		MessageID:    found["MessageId"],
		TopicArn:     found["TopicArn"],
		Timestamp:    found["Timestamp"],
		SubscribeURL: found["SubscribeURL"],
		Text:         snsText(found),
		Signature:    found["Signature"],
		Version:      found["SignatureVersion"],
		CertURL:      found["SigningCertURL"],
	}, nil
}

// checkSNS checks that a message has what its type must have. Message itself
// may be empty.
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
	if _, ok := found["Message"]; !ok {
		return fmt.Errorf("member Message: %w", ErrMalformed)
	}
	if v := found["SignatureVersion"]; v != "1" && v != "2" {
		return fmt.Errorf("member SignatureVersion: %w", ErrMalformed)
	}
	return nil
}

func snsText(found map[string]string) []byte {
	var b []byte
	for _, name := range snsSigned {
		if value, ok := found[name]; ok {
			b = append(b, name+"\n"+value+"\n"...)
		}
	}
	return b
}

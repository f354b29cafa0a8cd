package canonical

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestContentful(t *testing.T) {
	const mandatory = "x-contentful-signed-headers,x-contentful-timestamp"
	head := func(list string, extra ...string) http.Header {
		h := http.Header{"X-Contentful-Timestamp": {"1"}, "X-Contentful-Signed-Headers": {list}}
		for i := 0; i < len(extra); i += 2 {
			h.Add(extra[i], extra[i+1])
		}
		return h
	}
	tests := []struct {
		name, method, uri, list string
		h                       http.Header
		want                    string // "" is refused
	}{
		{"mandatory", "POST", "/", mandatory, head(mandatory), "POST\n/\nx-contentful-signed-headers:" + mandatory + ";x-contentful-timestamp:1\nbody"},
		{"timestamp not listed", "POST", "/", "a,b", head("a,b"), "POST\n/\nx-contentful-signed-headers:a,b;x-contentful-timestamp:1\nbody"},
		{"listed header is not there", "POST", "/", "a," + mandatory, head("a," + mandatory), "POST\n/\nx-contentful-signed-headers:a," + mandatory + ";x-contentful-timestamp:1\nbody"},
		{"header with a semicolon", "POST", "/", "a," + mandatory, head("a,"+mandatory, "A", "b; c:d"), "POST\n/\na:b; c:d;x-contentful-signed-headers:a," + mandatory + ";x-contentful-timestamp:1\nbody"},
		{"header passes for two", "POST", "/", "a,b," + mandatory, head("a,b,"+mandatory, "A", "1;b:2"), ""},
		{"header passes for the list", "POST", "/", "a," + mandatory, head("a,"+mandatory, "A", "1;x-contentful-signed-headers:a"), ""},
		{"header repeated", "POST", "/", "a," + mandatory, head("a,"+mandatory, "A", "1", "A", "2"), ""},
		{"name repeated", "POST", "/", "a,a," + mandatory, head("a,a,"+mandatory, "A", "1"), ""},
		{"space in the list", "POST", "/", "a, b," + mandatory, head("a, b," + mandatory), ""},
		{"capital in the list", "POST", "/", "A," + mandatory, head("A," + mandatory), ""},
		{"empty name", "POST", "/", ",a," + mandatory, head(",a," + mandatory), ""},
		{"no list", "POST", "/", "", head(""), ""},
		{"one name", "POST", "/", "a", head("a"), ""},
		{"too many names", "POST", "/", strings.Repeat("a,", 65) + "b", head(""), ""},
		{"method in small letters", "post", "/", mandatory, head(mandatory), ""},
		{"other method", "TRACE", "/", mandatory, head(mandatory), ""},
		{"no path", "POST", "a", mandatory, head(mandatory), ""},
		{"absolute URI", "POST", "https://h/", mandatory, head(mandatory), ""},
		{"two queries", "POST", "/?a?b", mandatory, head(mandatory), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Contentful(tt.method, tt.uri, tt.h, tt.list, []byte("body"))
			if tt.want == "" {
				wantMalformed(t, err)
			} else if err != nil || string(got) != tt.want {
				t.Errorf("Contentful = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestPHPSerialize(t *testing.T) {
	tests := []struct {
		name string
		form url.Values
		want string // "" is refused
	}{
		{"bytes, not letters", url.Values{"b": {"é"}, "a": {""}, "s": {"x"}}, `a:2:{s:1:"a";s:0:"";s:1:"b";s:2:"é";}`},
		{"order", url.Values{"a_b": {"1"}, "ab": {"2"}, "a-b": {"3"}, "A": {"4"}}, `a:4:{s:1:"A";s:1:"4";s:3:"a-b";s:1:"3";s:3:"a_b";s:1:"1";s:2:"ab";s:1:"2";}`},
		{"quotes", url.Values{"a": {`";s:1:"b`}}, `a:1:{s:1:"a";s:8:"";s:1:"b";}`},
		{"repeated", url.Values{"a": {"1", "2"}}, ""},
		{"no value", url.Values{"a": {}}, ""},
		{"only the signature", url.Values{"s": {"1"}}, ""},
		{"none", nil, ""},
		{"empty name", url.Values{"": {"1"}}, ""},
		{"array", url.Values{"a[b]": {"1"}}, ""},
		{"dot", url.Values{"a.b": {"1"}}, ""},
		{"space", url.Values{"a b": {"1"}}, ""},
		{"number", url.Values{"12": {"1"}}, ""},
		{"number of another kind", url.Values{"1e3": {"1"}}, ""},
		{"negative number", url.Values{"-1": {"1"}}, ""},
		{"not ASCII", url.Values{"é": {"1"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := PHPSerialize(tt.form, "s")
			if tt.want == "" {
				wantMalformed(t, err)
			} else if err != nil || string(got) != tt.want {
				t.Errorf("PHPSerialize = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestAdyenItems(t *testing.T) {
	item := func(fields string) string {
		return `{"notificationItems":[{"NotificationRequestItem":{` + fields + `}}]}`
	}
	tests := []struct{ name, body, want string }{ // "" is refused
		{"nothing is there", item(``), ":::::::"},
		{"null", item(`"amount":null,"additionalData":null,"success":null`), ":::::::"},
		{"colon in the reference", item(`"merchantReference":"a:b","success":true`), ":::a:b::::true"},
		{"escapes", item(`"merchantReference":"\ud83e\udd80\u00e9\\\n"`), ":::🦀é\\\n::::"},
		{"colon elsewhere", item(`"originalReference":"a:b"`), ""},
		{"escaped colon elsewhere", item(`"pspReference":"a\u003ab"`), ""},
		{"fraction", item(`"amount":{"value":1.0}`), ""},
		{"exponent", item(`"amount":{"value":1e3}`), ""},
		{"minus zero", item(`"amount":{"value":-0}`), ""},
		{"not exact", item(`"amount":{"value":12345678901234567}`), ""},
		{"object for a text", item(`"pspReference":{}`), ""},
		{"array for a text", item(`"pspReference":["a"]`), ""},
		{"array for the amount", item(`"amount":[1]`), ""},
		{"signature is no text", item(`"additionalData":{"hmacSignature":1}`), ""},
		{"repeated", item(`"success":"true","success":"false"`), ""},
		{"repeated with an escape", item(`"success":"true","succes\u0073":"false"`), ""},
		{"misspelt", item(`"Success":"true"`), ""},
		{"misspelt with a long s", item(`"ſuccess":"true"`), ""},
		{"repeated in another case", item(`"x":"true","X":"false"`), ""},
		{"misspelt item", `{"notificationItems":[{"notificationRequestItem":{}}]}`, ""},
		{"half a surrogate pair", item(`"merchantReference":"\ud83e"`), ""},
		{"other half", item(`"merchantReference":"\udd80"`), ""},
		{"two halves that do not fit", item(`"merchantReference":"\ud83e\ud83e"`), ""},
		{"other half twice", item(`"merchantReference":"\udd80\udd80"`), ""},
		{"escaped backslash", item(`"merchantReference":"\\ud83e"`), `:::\ud83e::::`},
		{"not UTF-8", item("\"merchantReference\":\"\xff\""), ""},
		{"no items", `{"notificationItems":[]}`, ""},
		{"items are null", `{"notificationItems":null}`, ""},
		{"items are an object", `{"notificationItems":{}}`, ""},
		{"item is null", `{"notificationItems":[null]}`, ""},
		{"item is empty", `{"notificationItems":[{}]}`, ""},
		{"no notificationItems", `{}`, ""},
		{"items twice", `{"notificationItems":[{"NotificationRequestItem":{}}],"notificationItems":[]}`, ""},
		{"1001 members", item(manyMembers(1001)), ""},
		{"1000 members", item(manyMembers(1000)), ":::::::"},
		{"as long a name as may be", item(`"` + strings.Repeat("x", maxName-2) + `":0`), ":::::::"},
		{"longer", item(`"` + strings.Repeat("x", maxName-1) + `":0`), ""},
		{"long signature", item(`"additionalData":{"hmacSignature":"` + strings.Repeat("x", maxText-1) + `"}`), ""},
		{"deep", item(`"x":` + strings.Repeat("[", 9990) + strings.Repeat("]", 9990) + `,"pspReference":"a"`), "a:::::::"},
		{"deeper", item(`"x":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `,"pspReference":"a"`), ""},
		{"text behind", item(``) + `{}`, ""},
		{"array", `[]`, ""},
		{"empty", ``, ""},
		{"nine", `{"notificationItems":[` + strings.Repeat(`{"NotificationRequestItem":{}},`, 8) + `{"NotificationRequestItem":{}}]}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := AdyenItems([]byte(tt.body))
			if tt.want == "" {
				wantMalformed(t, err)
			} else if err != nil || len(got) != 1 || string(got[0].Text) != tt.want {
				t.Errorf("AdyenItems = %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// manyMembers writes n members of an object.
func manyMembers(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"x%d":0`, i))
	}
	return strings.Join(all, ",")
}

func TestAdyenItemsInOrder(t *testing.T) {
	one := `{"NotificationRequestItem":{"pspReference":"1","additionalData":{"hmacSignature":"s1"}}}`
	two := `{"NotificationRequestItem":{"pspReference":"2"}}`
	got, err := AdyenItems([]byte(`{"notificationItems":[` + one + "," + two + `]}`))
	if err != nil || len(got) != 2 || string(got[0].Text) != "1:::::::" || got[0].Signature != "s1" ||
		string(got[1].Text) != "2:::::::" || got[1].Signature != "" {
		t.Errorf("AdyenItems = %q, %v", got, err)
	}
}

func TestSNS(t *testing.T) {
	const signature = `"Signature":"s","SignatureVersion":"1","SigningCertURL":"c",`
	const rest = signature + `"MessageId":"i","Timestamp":"t","TopicArn":"a",`
	const confirmed = `"SubscribeURL":"u","Token":"k",`
	tests := []struct{ name, body, want string }{ // "" is refused
		{"notification", `{` + rest + `"Type":"Notification","Message":"m"}`, "Message\nm\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"},
		{"empty message", `{` + rest + `"Type":"Notification","Message":""}`, "Message\n\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"},
		{"subject", `{` + rest + `"Type":"Notification","Message":"m","Subject":""}`, "Message\nm\nMessageId\ni\nSubject\n\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"},
		{"subject is null", `{` + rest + `"Type":"Notification","Message":"m","Subject":null}`, "Message\nm\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"},
		{"subscription", `{` + rest + confirmed + `"Type":"SubscriptionConfirmation","Message":"m"}`, "Message\nm\nMessageId\ni\nSubscribeURL\nu\nTimestamp\nt\nToken\nk\nTopicArn\na\nType\nSubscriptionConfirmation\n"},
		{"notification with a token", `{` + rest + confirmed + `"Type":"Notification","Message":"m"}`, "Message\nm\nMessageId\ni\nSubscribeURL\nu\nTimestamp\nt\nToken\nk\nTopicArn\na\nType\nNotification\n"},
		{"message passes for members", `{` + rest + `"Type":"Notification","Message":"m\nMessageId\nx"}`, "Message\nm\nMessageId\nx\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"},
		{"subject with a line break", `{` + rest + `"Type":"Notification","Message":"m","Subject":"s\nTimestamp"}`, ""},
		{"long subject", `{` + rest + `"Type":"Notification","Message":"m","Subject":"` + strings.Repeat("s", maxText-1) + `"}`, ""},
		{"long message", `{` + rest + `"Type":"Notification","Message":"` + strings.Repeat("m", 2*maxText) + `"}`, "Message\n" + strings.Repeat("m", 2*maxText) + "\nMessageId\ni\nTimestamp\nt\nTopicArn\na\nType\nNotification\n"},
		{"confirmation without a token", `{` + rest + `"SubscribeURL":"u","Type":"UnsubscribeConfirmation","Message":"m"}`, ""},
		{"confirmation without a URL", `{` + rest + `"Token":"k","Type":"SubscriptionConfirmation","Message":"m"}`, ""},
		{"other type", `{` + rest + `"Type":"notification","Message":"m"}`, ""},
		{"no type", `{` + rest + `"Message":"m"}`, ""},
		{"no message", `{` + rest + `"Type":"Notification"}`, ""},
		{"message is null", `{` + rest + `"Type":"Notification","Message":null}`, ""},
		{"message is an object", `{` + rest + `"Type":"Notification","Message":{}}`, ""},
		{"message twice", `{` + rest + `"Type":"Notification","Message":"m","Message":"n"}`, ""},
		{"message in small letters", `{` + rest + `"Type":"Notification","Message":"m","message":"n"}`, ""},
		{"certificate as Lambda has it", `{` + rest + `"Type":"Notification","Message":"m","SigningCertUrl":"n"}`, ""},
		{"no signature", `{"SignatureVersion":"1","SigningCertURL":"c","MessageId":"i","Timestamp":"t","TopicArn":"a","Type":"Notification","Message":"m"}`, ""},
		{"version 3", `{"Signature":"s","SignatureVersion":"3","SigningCertURL":"c","MessageId":"i","Timestamp":"t","TopicArn":"a","Type":"Notification","Message":"m"}`, ""},
		{"version is a number", `{"Signature":"s","SignatureVersion":1,"SigningCertURL":"c","MessageId":"i","Timestamp":"t","TopicArn":"a","Type":"Notification","Message":"m"}`, ""},
		{"no id", `{` + signature + `"Timestamp":"t","TopicArn":"a","Type":"Notification","Message":"m"}`, ""},
		{"raw delivery", `hello`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := SNS([]byte(tt.body))
			if tt.want == "" {
				wantMalformed(t, err)
			} else if err != nil || string(got.Text) != tt.want {
				t.Errorf("SNS = %+v, %v, want %q", got, err, tt.want)
			}
		})
	}
}

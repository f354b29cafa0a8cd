package canonical

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// sdkTexts are what the providers' own packages for Node.js pass to their MAC:
// twilio 6.2.0, plivo 4.79.0, @contentful/node-apps-toolkit 3.16.1,
// atlassian-jwt 2.0.3, @adyen/api-library 32.1.0 and mercadopago 3.6.1.
type sdkTexts struct {
	Twilio []struct {
		URL   string   `json:"url"`
		Texts []string `json:"texts"`
	} `json:"twilio"`
	TwilioForms []struct {
		Form url.Values `json:"form"`
		Text string     `json:"text"` // after the URL "U"
	} `json:"twilio_forms"`
	Plivo []struct {
		Method string     `json:"method"`
		URL    string     `json:"url"`
		Form   url.Values `json:"form"`
		Text   string     `json:"text"` // with the nonce "N"
	} `json:"plivo"`
	Contentful []struct {
		URI     string            `json:"uri"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
		Text    string            `json:"text"`
	} `json:"contentful"`
	Atlassian []struct {
		Path  string `json:"path"`
		Query string `json:"query"`
		Base  string `json:"base"`
		Text  string `json:"text"`
	} `json:"atlassian"`
	Adyen []struct {
		Body string `json:"body"`
		Text string `json:"text"`
	} `json:"adyen"`
	MercadoPago []struct {
		ID        string `json:"id"`
		RequestID string `json:"request_id"`
		TS        string `json:"ts"`
		Text      string `json:"text"`
	} `json:"mercadopago"`
}

func readSDK(t testing.TB) (s sdkTexts) {
	readJSON(t, "testdata/sdk.json", &s)
	return s
}

func TestTwilioLikeSDK(t *testing.T) {
	for _, c := range readSDK(t).Twilio {
		got := twilio(c.URL, nil)
		for _, want := range c.Texts {
			if !slices.Contains(got, want) {
				t.Errorf("Twilio(%q) = %q, want also %q", c.URL, got, want)
			}
		}
		for _, text := range got {
			if !slices.Contains(c.Texts, text) {
				t.Errorf("Twilio(%q) has %q, want only %q", c.URL, text, c.Texts)
			}
		}
	}
	for _, c := range readSDK(t).TwilioForms {
		if got := twilio("U", c.Form); !slices.Equal(got, []string{c.Text}) {
			t.Errorf("twilio(U, %v) = %q, want %q", c.Form, got, c.Text)
		}
	}
}

func TestPlivoLikeSDK(t *testing.T) {
	for _, c := range readSDK(t).Plivo {
		if got := plivo(c.Method, c.URL, c.Form, "N"); got != c.Text {
			t.Errorf("PlivoV3(%s, %q, %v) = %q, want %q", c.Method, c.URL, c.Form, got, c.Text)
		}
	}
}

func TestContentfulLikeSDK(t *testing.T) {
	for _, c := range readSDK(t).Contentful {
		h := http.Header{}
		for name, value := range c.Headers {
			h.Set(name, value)
		}
		got, err := Contentful("POST", c.URI, h, h.Get("X-Contentful-Signed-Headers"), []byte(c.Body))
		if err != nil || string(got) != c.Text {
			t.Errorf("Contentful(%q, %v) = %q, %v, want %q", c.URI, c.Headers, got, err, c.Text)
		}
	}
}

func TestAtlassianLikeSDK(t *testing.T) {
	for _, c := range readSDK(t).Atlassian {
		if got := canonicalRequest("post", c.Path, c.Query, c.Base); got != c.Text {
			t.Errorf("canonicalRequest(%q, %q, base %q) = %q, want %q", c.Path, c.Query, c.Base, got, c.Text)
		}
	}
}

func TestAdyenLikeSDK(t *testing.T) {
	for _, c := range readSDK(t).Adyen {
		items, err := AdyenItems([]byte(c.Body))
		if err != nil || len(items) != 1 || string(items[0].Text) != c.Text {
			t.Errorf("AdyenItems(%s) = %q, %v, want %q", c.Body, items, err, c.Text)
		}
	}
}

func TestMercadoPagoLikeSDK(t *testing.T) {
	for _, c := range readSDK(t).MercadoPago {
		if got := MercadoPago(c.ID, c.RequestID, c.TS); got != c.Text {
			t.Errorf("MercadoPago(%q, %q, %q) = %q, want %q", c.ID, c.RequestID, c.TS, got, c.Text)
		}
	}
}

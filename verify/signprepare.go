package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// fillHeaders sets the headers that the provider always sends.
func (d *signing) fillHeaders() {
	need := slices.Clone(d.required)
	for _, t := range d.contents {
		for i := range t {
			if t[i].header != nil {
				need = append(need, t[i].header)
			}
		}
	}
	for _, f := range need {
		if _, err := f.get(d.r.Header); err == nil {
			continue
		}
		value := d.id()
		if f.names[0] == "Content-Type" {
			value = "application/json"
		}
		if sample := d.provider.Sample; sample != nil && sample.Headers[f.names[0]] != "" {
			value = sample.Headers[f.names[0]]
		}
		d.r.Header.Set(f.names[0], value)
	}
	for _, e := range d.exact {
		d.r.Header.Set(e.names[0], e.want)
	}
	if d.absent != "" {
		d.r.Header.Del(d.absent)
	}
}

// placeTime writes the time of signing where the provider puts it.
func (d *signing) placeTime() error {
	if d.Signature.TSKey != "" {
		d.in.ts = strconv.FormatInt(d.now.Unix(), 10)
	}
	t := d.Timestamp
	if t == nil {
		return nil
	}
	switch t.Unit {
	case "s":
		d.in.ts = strconv.FormatInt(d.now.Unix(), 10)
	case "ms":
		d.in.ts = strconv.FormatInt(d.now.UnixMilli(), 10)
	case "rfc3339":
		d.in.ts = d.now.UTC().Format("2006-01-02T15:04:05.000Z")
	default:
		d.in.ts = d.now.UTC().Format(http.TimeFormat)
	}
	switch {
	case d.stamp.field != nil:
		d.r.Header.Set(d.stamp.field.names[0], d.in.ts)
	case d.stamp.body != nil:
		return d.placeBodyTime()
	}
	return nil
}

// placeBodyTime writes the time into the body: milliseconds as a number, where
// there is nothing else.
func (d *signing) placeBodyTime() error {
	_, err := d.stamp.body.get(&view{Request: d.r})
	if err != nil && d.Timestamp.In == "json" && d.Timestamp.Unit == "ms" && d.JSONFrom == "" {
		if d.r.Body, err = setNumber(d.r.Body, d.stamp.body.path); err != nil {
			return err
		}
	}
	return d.place(d.stamp.body, d.in.ts)
}

// prepare puts in place what a provider's own way of signing needs.
func (d *signing) prepare() error {
	if d.usesURL || d.values["url"] != "" {
		all := d.urls(d.r)
		d.checker = d.withValue("url", all[len(all)-1])
	}
	for _, t := range d.contents {
		if err := t.readHeaders(d.r.Header, &d.in); err != nil {
			return err
		}
		if t.has(partElement) {
			d.nameHeaders()
		}
		for i := range t {
			if err := d.fillBody(t[i].source); err != nil {
				return err
			}
		}
	}
	switch d.Canonical {
	case "contentful":
		d.r.Header.Set("X-Contentful-Signed-Headers", "x-contentful-signed-headers,x-contentful-timestamp")
	case "mercado_pago":
		if d.r.Header.Get("X-Request-Id") == "" {
			d.r.Header.Set("X-Request-Id", d.id())
		}
	case "sns":
		return d.prepareSNS()
	case "twilio_json":
		return d.hashInURL()
	}
	return nil
}

// withValue is the checker with another value of an option.
func (c *checker) withValue(name, value string) *checker {
	changed := *c
	changed.Scheme = c.Scheme.withDefaults()
	changed.setValue(name, value)
	return &changed
}

// nameHeaders chooses the headers that a signature of Hook0's kind covers.
func (d *signing) nameHeaders() {
	var names []string
	for _, p := range []*place{d.checker.id, d.event} {
		if p == nil || p.in != "header" {
			continue
		}
		if d.r.Header.Get(p.name) == "" {
			d.r.Header.Set(p.name, d.id())
		}
		names = append(names, strings.ToLower(p.name))
	}
	if len(names) == 0 {
		names = []string{"content-type"}
		if d.r.Header.Get("Content-Type") == "" {
			d.r.Header.Set("Content-Type", "application/json")
		}
	}
	d.in.element = strings.Join(names, " ")
}

// hashInURL adds Twilio's hash of a body that is no form to the URL.
func (d *signing) hashInURL() error {
	u, err := url.Parse(d.values["url"])
	if err != nil {
		return err
	}
	sum := sha256.Sum256(d.r.Body)
	q := u.Query()
	q.Set("bodySHA256", hex.EncodeToString(sum[:]))
	u.RawQuery = q.Encode()
	d.checker = d.withValue("url", u.String())
	d.r.URI = u.RequestURI()
	return nil
}

// prepareSNS makes a message complete that only has what is said.
func (d *signing) prepareSNS() error {
	region := "us-east-1"
	defaults := [][2]string{
		{"Type", "Notification"},
		{"MessageId", d.id()},
		{"TopicArn", "arn:aws:sns:" + region + ":123456789012:test"},
		{"Message", "test"},
		{"Signature", "to come"},
		{"SigningCertURL", "https://sns." + region + ".amazonaws.com/SimpleNotificationService-test.pem"},
	}
	if topics := wantedTopics(d.values["topic"]); len(topics) > 0 {
		defaults[2][1] = topics[0]
	}
	for _, f := range defaults {
		s := newSource(ErrMalformed, "json", "", f[0])
		if _, err := s.get(&view{Request: d.r}); err == nil && f[0] != "SigningCertURL" {
			continue
		}
		if err := d.place(s, f[1]); err != nil {
			return err
		}
	}
	return d.place(newSource(ErrMalformed, "json", "", "SignatureVersion"), "2")
}

// signItems signs each element of Adyen's standard notifications.
func (d *signing) signItems() error {
	items, err := canonical.AdyenItems(d.r.Body)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	for i, item := range items {
		path := slices.Clone(d.signature.path)
		path[slices.Index(path, "*")] = strconv.Itoa(i)
		s := &source{in: "json", name: strings.Join(path, "."), path: path}
		if err := d.place(s, base64.StdEncoding.EncodeToString(d.sum(d.key, item.Text))); err != nil {
			return err
		}
	}
	return nil
}

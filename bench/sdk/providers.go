package main

import (
	"encoding/base64"

	"github.com/google/go-github/v92/github"
	"github.com/slack-go/slack"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stripe/stripe-go/v86/webhook"
	svix "github.com/svix/svix-webhooks/go"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// The secrets are known to everybody, and worth nothing.
const textSecret = "bench-secret-0123456789-abcdefghijkl"

var base64Secret, base64Raw = base64Key("bench-key-0123456789-abcdefghijk")

var providers = []*provider{
	{
		name: "github", secret: textSecret, key: []byte(textSecret), encoding: hexText{},
		signature: "X-Hub-Signature-256", value: "sha256={mac}",
		sdk: goGitHub,
	},
	{
		name: "slack", secret: textSecret, key: []byte(textSecret), encoding: hexText{},
		signature: "X-Slack-Signature", value: "v0={mac}", before: "v0:{ts}:",
		headers: map[string]string{"X-Slack-Request-Timestamp": "{ts}"},
		sdk:     slackGo,
	},
	{
		name: "stripe", secret: textSecret, key: []byte(textSecret), encoding: hexText{},
		signature: "Stripe-Signature", value: "t={ts},v1={mac}", before: "{ts}.",
		sdk: stripeGo,
	},
	{
		name: "standard-webhooks", secret: base64Secret, key: base64Raw, encoding: base64.StdEncoding,
		signature: "Webhook-Signature", value: "v1,{mac}", before: "{id}.{ts}.",
		headers: map[string]string{"Webhook-Id": "{id}", "Webhook-Timestamp": "{ts}"},
		sdk:     standardWebhooks,
	},
	{
		name: "svix", secret: base64Secret, key: base64Raw, encoding: base64.StdEncoding,
		signature: "Svix-Signature", value: "v1,{mac}", before: "{id}.{ts}.",
		headers: map[string]string{"Svix-Id": "{id}", "Svix-Timestamp": "{ts}"},
		sdk:     svixWebhooks,
	},
}

// goGitHub leaves out ValidatePayload, which copies the body as well.
func goGitHub(secret string) (verifier, error) {
	key := []byte(secret)
	return func(r *verify.Request) error {
		return github.ValidateSignature(r.Header.Get(github.SHA256SignatureHeader), r.Body, key)
	}, nil
}

// slackGo makes a verifier for each request: it is the one way there is.
func slackGo(secret string) (verifier, error) {
	return func(r *verify.Request) error {
		v, err := slack.NewSecretsVerifier(r.Header, secret)
		if err != nil {
			return err
		}
		if _, err := v.Write(r.Body); err != nil {
			return err
		}
		return v.Ensure()
	}, nil
}

// stripeGo leaves out ConstructEvent, which parses the body as well.
func stripeGo(secret string) (verifier, error) {
	return func(r *verify.Request) error {
		return webhook.ValidatePayload(r.Body, r.Header.Get("Stripe-Signature"), secret)
	}, nil
}

func standardWebhooks(secret string) (verifier, error) {
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	return func(r *verify.Request) error { return wh.Verify(r.Body, r.Header) }, nil
}

func svixWebhooks(secret string) (verifier, error) {
	wh, err := svix.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	return func(r *verify.Request) error { return wh.Verify(r.Body, r.Header) }, nil
}

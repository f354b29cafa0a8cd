// Package webhookgateway registers the webhook gateway with Caddy. It has no
// code of its own: the module path is what xcaddy and a custom main.go import,
// so importing it must link everything.
//
//	import _ "github.com/webhook-gateway/caddy-webhook-gateway"
//
// Start reading at package caddymodule for the configuration, at package
// gateway for what happens to a request.
package webhookgateway

import (
	_ "github.com/webhook-gateway/caddy-webhook-gateway/caddymodule" // registers in init
	_ "github.com/webhook-gateway/caddy-webhook-gateway/caddymodule/command"
)

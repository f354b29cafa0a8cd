// Command caddy is Caddy with its standard modules and the webhook gateway.
// It is the build that `make run`, the tests and the container image use;
// xcaddy (see xcaddy.txt) makes the same program.
package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/webhook-gateway/caddy-webhook-gateway"
)

func main() {
	caddycmd.Main()
}

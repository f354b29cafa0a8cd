// Write writes the guide to the providers to the file that it is given. It is
// run by go generate.
package main

import (
	"bytes"
	"log"
	"os"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/guide"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: write <file>")
	}
	var b bytes.Buffer
	if err := guide.Markdown(&b, verify.Providers()); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[1], b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

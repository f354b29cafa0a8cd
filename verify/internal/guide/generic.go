package guide

// generics are the fuller explanations of the entries that are no company.
var generics = map[string]string{
	"hmac": `
Read in the sender's documentation which header has the signature, what it is computed over, and how it is written; each
answer is an option. Without options the signature is HMAC-SHA256 over the body, in hex, and nothing else in the header.
The sender above that signs a timestamp as well, and says ` + "`sha256=`" + ` before the signature:

` + "```caddyfile" + `
webhook_gateway /acme acme {
	verify hmac {env.ACME_SECRET} {
		header X-Acme-Signature
		prefix sha256=
		content "{ts}.{body}"
		timestamp header X-Acme-Timestamp
		id json id
		event json type
	}
	to app:3000
}
` + "```" + `

Timestamp and signature in one header, as ` + "`t=1767225600,v1=5257a8…`" + `:

` + "```caddyfile" + `
webhook_gateway /acme acme {
	verify hmac {env.ACME_SECRET} {
		header X-Acme-Signature
		signatures kv v1 t
		content "{ts}.{body}"
	}
	to app:3000
}
` + "```" + `

If the sender can sign a timestamp, use it: without one, whoever has seen a delivery can send it again, and only the
memory of the gateway stands in the way. Choose a secret of at least 32 random bytes; fewer than 8 are refused.
`,
	"token": `
Use it for senders that sign nothing but can send a header of your choice. A random token of 32 characters or more is
needed, TLS on the whole way, and no log of request headers: whoever reads the token can send what he likes.

` + "```caddyfile" + `
webhook_gateway /acme acme {
	verify token {env.ACME_SECRET} {
		header X-Acme-Token
	}
	to app:3000
}
` + "```" + `
`,
	"bearer": "\nThis is `token` for `Authorization: Bearer <token>` ([RFC 6750](https://www.rfc-editor.org/rfc/rfc6750)). What is said there holds here.\n",
	"basic": `
For senders that can only be given an address: many take https://user:password@hooks.example.com/path and send the rest as a
header ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)). What is said about ` + "`token`" + ` holds here.
`,
	"mtls": `
A whole site for it, with a file that has the certificate of the authority which issues the senders' certificates:

` + "```caddyfile" + `
hooks.example.com {
	tls {
		client_auth {
			mode require_and_verify
			trust_pool file /etc/caddy/senders-ca.pem
		}
	}
	webhook_gateway /acme acme {
		verify mtls sender.example.com
		to app:3000
	}
}
` + "```" + `
`,
	"none": `
For trying things out, and for senders that offer nothing. Add ` + "`allow_ips`" + ` wherever the sender publishes its addresses,
choose a path that cannot be guessed, and have the application fetch what it is told about from the sender's API.
`,
}

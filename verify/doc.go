// Package verify decides whether a webhook was sent by who it claims.
//
// How a provider signs is data, not code: a [Scheme] says where the signature
// is, how it is written and what it covers, and one [Verifier] interprets it.
// The schemes known by name are the files under providers; [Lookup] and
// [Providers] list them.
//
// The package reads no clock and does no I/O. Its errors never contain a
// header's value, a signature, a body or a secret.
package verify

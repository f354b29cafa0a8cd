package verify

// A Scheme says how one kind of request is signed. It is data: a provider's
// file holds one or more, see the folder providers. Unknown fields and values
// are errors when it is loaded.
type Scheme struct {
	// Name tells the schemes of one provider apart, for the option scheme.
	Name string `json:"name"`
	// Kind is hmac, ed25519, token, basic or none.
	Kind string `json:"kind"`
	// Algorithm is the hash of an hmac: sha1, sha256, sha384 or sha512.
	Algorithm string `json:"algorithm,omitempty"`
	// Key says how a secret becomes a key. Default: its bytes.
	Key Key `json:"key,omitzero"`
	// Signature says where the signature or token is and how it is written.
	Signature Signature `json:"signature,omitzero"`
	// Timestamp is nil when the scheme signs none.
	Timestamp *Timestamp `json:"timestamp,omitempty"`
	// Content is what is signed: literals and the tokens {body}, {ts},
	// {method}, {path} and {h:Name|Other}.
	Content string `json:"content,omitempty"`
	// RequiredHeaders must be there; "A|B" means one of them.
	RequiredHeaders []string `json:"required_headers,omitempty"`
	// OnlyIfHeaderAbsent: the scheme accepts nothing that has this header.
	OnlyIfHeaderAbsent string `json:"only_if_header_absent,omitempty"`
	// Configurable lists the options that may change this scheme, besides
	// scheme, id, event and tolerance.
	Configurable []string `json:"configurable,omitempty"`
	// ID and Event override the provider's places. {"in": "none"} is nowhere.
	ID    *Place `json:"id,omitempty"`
	Event *Place `json:"event,omitempty"`
}

// A Key says how a configured secret becomes a key.
type Key struct {
	// Decode is utf8 (the bytes as they are), hex or base64. Default: utf8.
	Decode string `json:"decode,omitempty"`
	// StripPrefix is removed from a secret that begins with it.
	StripPrefix string `json:"strip_prefix,omitempty"`
	// LenientPadding accepts base64 without its trailing "=".
	LenientPadding bool `json:"lenient_padding,omitempty"`
}

// A Signature says where a signature or token is and how it is written.
type Signature struct {
	// Header is the header's name, AltNames others for the same; the first
	// that is present counts.
	Header   string   `json:"header,omitempty"`
	AltNames []string `json:"alt_names,omitempty"`
	// Parse is raw, prefix, optional_prefix, kv or versioned_list. Default: raw.
	Parse string `json:"parse,omitempty"`
	// Encoding of the signature is hex, base64 or base64url. Default: hex.
	Encoding string `json:"encoding,omitempty"`
	// Prefix is what prefix and optional_prefix expect before the signature.
	Prefix string `json:"prefix,omitempty"`
	// Strip is an HTTP authentication scheme before a token, as "Bearer ",
	// in any case.
	Strip string `json:"strip,omitempty"`
	// SigKey names the signatures of a kv list. PairSep defaults to ",",
	// KVSep to "=". White space around the separators is ignored.
	SigKey  string `json:"sig_key,omitempty"`
	PairSep string `json:"pair_sep,omitempty"`
	KVSep   string `json:"kv_sep,omitempty"`
	// Version selects from a versioned list. ItemSep defaults to " ",
	// VersionSep to ",".
	Version    string `json:"version,omitempty"`
	ItemSep    string `json:"item_sep,omitempty"`
	VersionSep string `json:"version_sep,omitempty"`
}

// A Timestamp says where the time of signing is. Requests further from now
// than the tolerance, on either side, are refused.
type Timestamp struct {
	// In is header or signature (an element of a kv signature header).
	In string `json:"in"`
	// Name is the header's name or the element's key.
	Name     string   `json:"name"`
	AltNames []string `json:"alt_names,omitempty"`
	// Unit is s, ms, rfc3339 or http-date. Default: s.
	Unit string `json:"unit,omitempty"`
	// Tolerance in seconds. Default: 300.
	Tolerance int64 `json:"tolerance_s,omitempty"`
}

// A Place is where a request carries its delivery id or its event type.
type Place struct {
	// In is header, json (the body) or none.
	In string `json:"in"`
	// Name is the header's name or a dotted path: "data.items.0.id".
	Name string `json:"name,omitempty"`
}

const (
	defaultTolerance = 300   // seconds
	maxTolerance     = 86400 // seconds
)

// withDefaults returns a deep enough copy of s to be changed by options.
func (s *Scheme) withDefaults() *Scheme {
	c := *s
	set := func(p *string, d string) {
		if *p == "" {
			*p = d
		}
	}
	set(&c.Key.Decode, "utf8")
	if c.Kind != "none" {
		set(&c.Signature.Parse, "raw")
	}
	if c.signs() {
		set(&c.Signature.Encoding, "hex")
	}
	switch c.Signature.Parse {
	case "kv":
		set(&c.Signature.PairSep, ",")
		set(&c.Signature.KVSep, "=")
	case "versioned_list":
		set(&c.Signature.ItemSep, " ")
		set(&c.Signature.VersionSep, ",")
	}
	if c.Timestamp != nil {
		t := *c.Timestamp
		set(&t.Unit, "s")
		if t.Tolerance == 0 {
			t.Tolerance = defaultTolerance
		}
		c.Timestamp = &t
	}
	return &c
}

// signs reports whether the scheme proves what was sent, not only who sent it.
func (s *Scheme) signs() bool { return s.Kind == "hmac" || s.Kind == "ed25519" }

// carriesSecret reports whether the secret itself travels in a header.
func (s *Scheme) carriesSecret() bool { return s.Kind == "token" || s.Kind == "basic" }

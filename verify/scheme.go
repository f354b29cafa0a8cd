package verify

// A Scheme says how one kind of request is signed. It is data: a provider's
// file holds one or more, see the folder providers. Unknown fields and values
// are errors when it is loaded.
type Scheme struct {
	// Name tells the schemes of one provider apart, for the option scheme.
	Name string `json:"name"`
	// Kind is how a request is proved genuine: hmac; hash (a plain hash over
	// text and secret); ed25519, ecdsa or rsa (a public key); jwt or jws
	// (RFC 7515); token or basic (the secret itself); mtls (the client's
	// certificate); or none.
	Kind string `json:"kind"`
	// Algorithm is the hash: sha1, sha256, sha384 or sha512 for hmac, which
	// may also be by_prefix (the signature names it); sha1, sha256 or
	// keccak256 for hash; sha1, sha256 or sha512 for rsa and ecdsa.
	Algorithm string `json:"algorithm,omitempty"`
	// Key says how a secret becomes a key. Default: its bytes.
	Key Key `json:"key,omitzero"`
	// KeySource is where public keys are fetched from when the configuration
	// gives none. Nil: they are configured.
	KeySource *KeySource `json:"key_source,omitempty"`
	// Signature says where the signature or token is and how it is written.
	Signature Signature `json:"signature,omitzero"`
	// JWT is what a jwt must say. Nil for other kinds.
	JWT *JWT `json:"jwt,omitempty"`
	// Timestamp is nil when the scheme signs none.
	Timestamp *Timestamp `json:"timestamp,omitempty"`
	// Content is what is signed: literals and tokens, see the option content
	// and template.go.
	Content string `json:"content,omitempty"`
	// ContentAlternates are other texts that may be signed instead.
	ContentAlternates []string `json:"content_alternates,omitempty"`
	// Canonical names a way of building the signed text that no template can
	// express, instead of Content: see canonical.go.
	Canonical string `json:"canonical,omitempty"`
	// Prehash is sha256 when the signature is over that hash of the text.
	Prehash string `json:"prehash,omitempty"`
	// BodyUnsigned: the signature does not cover the body, which anyone who
	// has seen one request can therefore exchange.
	BodyUnsigned bool `json:"body_unsigned,omitempty"`
	// SignatureRepeats: two events may have the same signature, which then
	// does not tell them apart.
	SignatureRepeats bool `json:"signature_repeats,omitempty"`
	// JSONFrom is the form field that holds the JSON. Default: it is the body.
	JSONFrom string `json:"json_from,omitempty"`
	// RequiredHeaders must be there; "A|B" means one of them.
	RequiredHeaders []string `json:"required_headers,omitempty"`
	// HeaderValues are headers that must have exactly these values.
	HeaderValues map[string]string `json:"header_values,omitempty"`
	// OnlyIfHeaderAbsent: the scheme accepts nothing that has this header.
	OnlyIfHeaderAbsent string `json:"only_if_header_absent,omitempty"`
	// Requires lists options without which the scheme cannot verify, as url;
	// Optional lists others of the same kind.
	Requires []string `json:"requires,omitempty"`
	Optional []string `json:"optional,omitempty"`
	// URLAsCalled: the provider signs the address with the query of each call,
	// so that the option url need not have one. Otherwise it signs the
	// address as it is registered.
	URLAsCalled bool `json:"url_as_called,omitempty"`
	// URLDecoded are the characters whose escapes, as %3A, the provider decodes
	// in the address before it signs it. Default: none.
	URLDecoded string `json:"url_decoded,omitempty"`
	// Configurable lists the options that may change this scheme, besides
	// scheme, id, event and tolerance.
	Configurable []string `json:"configurable,omitempty"`
	// ID and Event override the provider's places. {"in": "none"} is nowhere.
	ID    *Place `json:"id,omitempty"`
	Event *Place `json:"event,omitempty"`

	values map[string]string // of the options in Requires and Optional
}

// A Key says how a configured secret becomes a key.
type Key struct {
	// Decode is utf8 (the bytes as they are), hex, base64 or sha1 (the hash
	// of its bytes). Public keys are given as PEM, JWK or the raw 32 bytes of
	// Ed25519 in hex or base64. Default: utf8.
	Decode string `json:"decode,omitempty"`
	// StripPrefix is removed from a secret that begins with it.
	StripPrefix string `json:"strip_prefix,omitempty"`
	// LenientPadding accepts base64 without its trailing "=".
	LenientPadding bool `json:"lenient_padding,omitempty"`
	// Least is the fewest bytes that the provider's keys have. Default: 1.
	Least int `json:"least,omitempty"`
	// Normalize is NFKD when the secret is put in that Unicode form first.
	Normalize string `json:"normalize,omitempty"`
}

// A KeySource is where a provider publishes its public keys. Fetched keys are
// cached; nothing but the places given here is ever asked.
type KeySource struct {
	// URL of the keys, in this Format: jwks, or json:<dotted path to PEM>. The
	// option keys names another URL, or a file.
	URL    string `json:"url,omitempty"`
	Format string `json:"format,omitempty"`
	// Certificate is where the request names its certificate's URL.
	Certificate *Place `json:"certificate,omitempty"`
	// Hosts are the only hosts of certificates; HostPattern is a regular
	// expression for them instead.
	Hosts       []string `json:"hosts,omitempty"`
	HostPattern string   `json:"host_pattern,omitempty"`
	// PathPattern is a regular expression, from ^ to $, for the path of a
	// certificate's URL. NameSuffix ends its subject's name.
	PathPattern string `json:"path_pattern,omitempty"`
	NameSuffix  string `json:"name_suffix,omitempty"`
	// LeafOnly: the provider may publish a certificate without those of its
	// issuers, so that the pinned host vouches for it.
	LeafOnly bool `json:"leaf_only,omitempty"`
}

// A Signature says where a signature or token is and how it is written.
type Signature struct {
	// In is header, query, form (a field of the body) or json (a path in it).
	// Default: header.
	In string `json:"in,omitempty"`
	// Name is the header's name, the parameter's, the field's or the dotted
	// path, where "*" stands for every element. AltNames are other headers
	// for the same; the first that is present counts.
	Name     string   `json:"name,omitempty"`
	AltNames []string `json:"alt_names,omitempty"`
	// AltQuery is a query parameter for the same, when the header is absent.
	AltQuery string `json:"alt_query,omitempty"`
	// MoreNames are headers that may hold further signatures: any may match.
	// "{n}" in Name stands for 1 to 100.
	MoreNames []string `json:"more_names,omitempty"`
	// ManyLines accepts several header lines, of which any may match.
	ManyLines bool `json:"many_lines,omitempty"`
	// Parse is raw, prefix, optional_prefix, kv, versioned_list, list,
	// positional (timestamp, then signatures), key_pairs (a key's id and its
	// signature), envelope (base64 JSON) or items (one in each element of a
	// batch). Default: raw.
	Parse string `json:"parse,omitempty"`
	// Encoding of the signature is hex, base64 or base64url. Default: hex.
	Encoding string `json:"encoding,omitempty"`
	// Prefix is what prefix and optional_prefix expect before the signature.
	Prefix string `json:"prefix,omitempty"`
	// Strip is an HTTP authentication scheme before a token, as "Bearer ",
	// in any case. StripOptional accepts a token without it.
	Strip         string `json:"strip,omitempty"`
	StripOptional bool   `json:"strip_optional,omitempty"`
	// SigKey names the signatures of a kv list. PairSep defaults to ",",
	// KVSep to "=". White space around the separators is ignored. SetSep
	// separates whole lists, each with a timestamp of its own.
	// TSKey names a timestamp that is signed and whose age is not judged.
	SigKey  string `json:"sig_key,omitempty"`
	TSKey   string `json:"ts_key,omitempty"`
	PairSep string `json:"pair_sep,omitempty"`
	KVSep   string `json:"kv_sep,omitempty"`
	SetSep  string `json:"set_sep,omitempty"`
	// Version selects from a versioned list. ItemSep defaults to " " there
	// and to "," in the other lists, VersionSep to ",".
	Version    string `json:"version,omitempty"`
	ItemSep    string `json:"item_sep,omitempty"`
	VersionSep string `json:"version_sep,omitempty"`
	// KeyID is the option that selects among key_pairs.
	KeyID string `json:"key_id,omitempty"`
}

// A JWT says what a token must claim.
type JWT struct {
	// Algorithms that are accepted, as RS256.
	Algorithms []string `json:"algorithms"`
	// Issuers: iss must be one of them. None: any.
	Issuers []string `json:"issuers,omitempty"`
	// Audience, Subject and Email name the options that aud, sub and email
	// must equal; email must also be verified, as Google says it.
	Audience string `json:"audience,omitempty"`
	Subject  string `json:"subject,omitempty"`
	Email    string `json:"email,omitempty"`
	// Require lists the claims that must be there.
	Require []string `json:"require,omitempty"`
	// Leeway in seconds for exp, nbf and iat. MaxAge in seconds since iat.
	Leeway int64 `json:"leeway_s,omitempty"`
	MaxAge int64 `json:"max_age_s,omitempty"`
	// BodyHash and URLHash are claims that hold a hash of the body and of the
	// public URL.
	BodyHash *HashClaim `json:"body_hash,omitempty"`
	URLHash  *HashClaim `json:"url_hash,omitempty"`
	// QueryHash: the claim qsh is Atlassian Connect's hash of the request.
	QueryHash bool `json:"query_hash,omitempty"`
}

// A HashClaim is a claim that holds a SHA-256 hash in this Encoding.
type HashClaim struct {
	Claim    string `json:"claim"`
	Encoding string `json:"encoding"`
	// OptionalIfEmpty: need not be there for an empty body.
	OptionalIfEmpty bool `json:"optional_if_empty,omitempty"`
}

// A Timestamp says where the time of signing is. Requests further from now
// than the tolerance, on either side, are refused.
type Timestamp struct {
	// In is header, signature (an element of a kv or positional signature),
	// json or form.
	In string `json:"in"`
	// Name is the header's name, the element's key, the path or the field.
	Name     string   `json:"name,omitempty"`
	AltNames []string `json:"alt_names,omitempty"`
	// Unit is s, ms, rfc3339 or http-date. Default: s.
	Unit string `json:"unit,omitempty"`
	// Tolerance in seconds. Default: 300.
	Tolerance int64 `json:"tolerance_s,omitempty"`
	// AnyAge: the provider sets no limit and may send late. There is none
	// unless the option tolerance sets it.
	AnyAge bool `json:"any_age,omitempty"`
	// SameAs is the key of a kv signature that must repeat the timestamp.
	SameAs string `json:"same_as,omitempty"`
}

// A Place is where a request carries its delivery id or its event type.
type Place struct {
	// In is header, json (the body, or the field JSONFrom), form or none.
	In string `json:"in"`
	// Name is the header's name, the field's or a dotted path: "data.items.0.id".
	Name string `json:"name,omitempty"`
	// Batch: the body holds several events and this is the first one's.
	Batch bool `json:"batch,omitempty"`
}

package diagnose

import "slices"

// settings tries other values of the options that describe a signature, for
// the generic providers.
func (e *explainer) settings() bool {
	configurable := e.provider.Schemes[0].Configurable
	may := func(name string) bool { return slices.Contains(configurable, name) }
	switch {
	case may("algorithm") && e.algorithm():
	case may("content") && e.content():
	case may("signatures") && e.form():
	default:
		return false
	}
	return true
}

// algorithm tries the hashes in all encodings; "" leaves the encoding alone.
func (e *explainer) algorithm() bool {
	for _, encoding := range []string{e.config.Options["encoding"], "hex", "base64", "base64url"} {
		for _, name := range []string{"sha256", "sha1", "sha512", "sha384"} {
			if e.tryOptions("algorithm", name, "encoding", encoding) {
				e.cause("algorithm", "The hash is another one: set the options algorithm to %s and encoding to %s.", name, or(encoding, "hex"))
				return true
			}
		}
	}
	return false
}

func or(value, ifEmpty string) string {
	if value == "" {
		return ifEmpty
	}
	return value
}

// contents are what senders sign, by how many do.
var contents = []string{
	"{body}", "{ts}.{body}", "{ts}{body}", "{body}{ts}", "{ts}:{body}", "v0:{ts}:{body}", "{body}.{ts}", "{ts}\n{body}",
	"{method}{uri}{body}", "{uri}{body}", "{path}{body}", "{method}{uri}{ts}{body}", "{method}\n{uri}\n{body}", "{method}\n{path}\n{ts}\n{body}",
}

func (e *explainer) content() bool {
	for _, text := range contents {
		if e.tryOptions("content", text) {
			e.cause("content", "Another text is signed: set the option content to %s.", printable(text))
			return true
		}
	}
	return false
}

// forms are the usual ways of writing a signature's header.
var forms = []string{"raw", "list v1", "kv v1 t", "kv v1", "kv s t", "kv h1 ts ;", "kv signature timestamp"}

func (e *explainer) form() bool {
	for _, form := range forms {
		for _, content := range []string{e.config.Options["content"], "{ts}.{body}"} {
			if e.tryOptions("signatures", form, "prefix", "", "timestamp", "", "content", content) {
				e.cause("signature_form", "The header is written in another form: set the options signatures to %q and content to %q.", form, or(content, "{body}"))
				return true
			}
		}
	}
	return false
}

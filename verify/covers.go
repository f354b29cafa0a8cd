package verify

import (
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify/internal/canonical"
)

// WholeBodySigned reports whether every scheme signs each byte of the body.
// Others sign one field of a form, or some members of each element of a batch:
// whoever has seen such a request can exchange the rest of it.
func (v *Verifier) WholeBodySigned() bool {
	return len(v.checkers) > 0 && !slices.ContainsFunc(v.checkers, func(c *checker) bool { return !c.wholeBody() })
}

// wholeBody reports whether each byte of the body is signed.
func (c *checker) wholeBody() bool {
	switch {
	case c.BodyUnsigned || c.carriesSecret() || c.Kind == "none":
		return false
	case c.Kind == "jws":
		return true
	case c.Kind == "jwt":
		return c.JWT.BodyHash != nil
	case c.Canonical != "":
		return c.Canonical == "contentful" || c.Canonical == "twilio_json"
	}
	return c.allTexts(func(p part) bool {
		return p.kind == partBody || p.kind == partBodySHA256 || p.kind == partBodyMD5
	})
}

// allTexts reports whether every text that may be signed has such a part.
func (c *checker) allTexts(has func(part) bool) bool {
	return len(c.contents) > 0 && !slices.ContainsFunc(c.contents, func(t template) bool { return !slices.ContainsFunc(t, has) })
}

// covers reports whether what is at p is part of the signed text, and of one
// event alone.
func (c *checker) covers(p *place) bool {
	switch {
	case p == nil || p.batch || c.carriesSecret() || c.Kind == "none":
		return false
	case p.in == "header":
		return c.coversHeader(p.names)
	case c.BodyUnsigned || !c.delimits():
		return false
	case c.wholeBody():
		return true
	case p.in == "form":
		return c.coversField(p.name)
	case c.JSONFrom != "":
		return c.coversField(c.JSONFrom)
	}
	return c.Canonical == "sns" && len(p.path) == 1 && canonical.SNSSigns(p.path[0])
}

func (c *checker) coversHeader(names []string) bool {
	return slices.ContainsFunc(c.contents, func(t template) bool {
		return slices.ContainsFunc(t, func(p part) bool { return p.kind == partHeader && slices.Equal(p.header.names, names) })
	})
}

// coversField reports whether a field of the form is signed: alone, or as all
// of them are.
func (c *checker) coversField(name string) bool {
	return c.Canonical == "php_serialize" || c.allTexts(func(p part) bool { return p.kind == partForm && p.source.name == name })
}

// delimits reports whether the signed text says where each part of the body
// begins and ends. Where it does not, some of one field can be moved to the
// next, and the same signature proves another value of each.
func (c *checker) delimits() bool {
	return !slices.Contains(undelimited, c.Canonical) &&
		!slices.ContainsFunc(c.contents, func(t template) bool { return t.has(partSortedForm) })
}

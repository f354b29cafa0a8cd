package admin

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard lets requests through to next that are for one of the hosts, so that no
// other name can be made to point here, and not from another site's page.
func (a *api) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.check(r); err != nil {
			answerError(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *api) check(r *http.Request) error {
	same := func(host string) bool { return strings.EqualFold(host, r.Host) }
	if a.Hosts != nil && !slices.ContainsFunc(a.Hosts, same) {
		return fail(http.StatusForbidden, "requests for this host are not answered")
	}
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !same(u.Host) {
			return fail(http.StatusForbidden, "requests from pages of other sites are not answered")
		}
	}
	return nil
}

// guardChange lets a request change something that no page of another site can
// have made: those cannot send JSON unasked, and know no token.
func (c *call) guardChange(w http.ResponseWriter) error {
	switch c.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return fail(http.StatusForbidden, "pages of other sites cannot change anything")
	}
	if c.CSRF && !c.tokenFits() {
		return fail(http.StatusForbidden, "the header %s must have the token that session gives, together with its cookie", tokenHeader)
	}
	kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return fail(http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
	}
	c.Body = http.MaxBytesReader(w, c.Body, maxRequest)
	return nil
}

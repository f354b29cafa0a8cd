package ipranges

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const (
	maxSize      = 1 << 20 // bytes of a list, unpacked
	maxRanges    = 10_000
	maxRedirects = 3
	fetchTimeout = 30 * time.Second // for all of it
)

// Why a list is refused.
var (
	errStatus   = errors.New("the answer is not 200 OK")
	errRedirect = errors.New("redirected to another host, or too often")
	errSize     = errors.New("the list is larger than 1 MiB")
	errFormat   = errors.New("the answer is not a list of addresses")
	errPath     = errors.New("the list is not where it should be in the answer")
	errEmpty    = errors.New("the list is empty")
	errMany     = errors.New("the list has more than 10000 ranges")
	errRange    = errors.New("the list has a range that a provider cannot have")
)

// errNotModified means that the list is still the one with the entity tag.
var errNotModified = errors.New("not modified")

// newClient returns a client that remains with the host it is sent to and
// keeps no connections, since it is used once a day.
func newClient() *http.Client {
	return &http.Client{
		CheckRedirect: sameHost,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableKeepAlives: true,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		},
	}
}

func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if r.URL.Host != first.Host || r.URL.Scheme != first.Scheme || len(via) > maxRedirects {
		return errRedirect
	}
	return nil
}

// fetch gets a list that has no faults, or an error: errNotModified, only where
// there is a condition, an entity tag.
func fetch(ctx context.Context, client *http.Client, from verify.IPRanges, condition string) (snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from.URL, nil)
	if err != nil {
		return snapshot{}, err
	}
	r.Header.Set("User-Agent", "caddy-webhook-gateway") // GitHub refuses requests without one
	if condition != "" {
		r.Header.Set("If-None-Match", condition)
	}
	answer, err := client.Do(r)
	if err != nil {
		return snapshot{}, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode == http.StatusNotModified && condition != "" {
		return snapshot{}, errNotModified
	}
	if answer.StatusCode != http.StatusOK {
		return snapshot{}, fmt.Errorf("%w: %d", errStatus, answer.StatusCode)
	}
	ranges, err := read(from, answer.Body)
	return snapshot{From: from, ETag: entityTag(answer.Header), Ranges: ranges}, err
}

// read reads a list to its end, but no more than maxSize.
func read(from verify.IPRanges, r io.Reader) ([]netip.Prefix, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxSize {
		return nil, errSize
	}
	return parse(from, body)
}

// tag is an entity tag (RFC 9110, 8.8.3) that can be sent back as it is.
var tag = regexp.MustCompile(`^(W/)?"[!#-~]{0,200}"$`)

// entityTag returns the answer's entity tag, "" if it has none that is of use.
func entityTag(h http.Header) string {
	if t := h.Get("ETag"); tag.MatchString(t) {
		return t
	}
	return ""
}

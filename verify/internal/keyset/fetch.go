package keyset

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// errUnfit: the address was asked and has answered, with something that can be
// no key: asking again soon would change nothing.
var errUnfit = errors.New("answer unfit")

// An answer is a text with keys in it.
type answer struct {
	text []byte
	life time.Duration // until the next is due, by Cache-Control; 0: it does not say
}

// newClient returns a copy of c, or a client of our own, that goes where it is
// told and nowhere else.
func newClient(c *http.Client) *http.Client {
	if c == nil {
		c = &http.Client{Transport: newTransport()}
	}
	strict := *c
	strict.Jar = nil
	strict.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &strict
}

// newTransport keeps no connections: the next fetch is an hour away.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    3 * time.Second,
		ResponseHeaderTimeout:  4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		ForceAttemptHTTP2:      true,
	}
}

// get fetches the text at an address that has been checked. Its errors leave
// out the address.
func get(ctx context.Context, c *http.Client, address string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, errors.New("address malformed")
	}
	resp, err := c.Do(r)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok { // it quotes the address
			err = wrapped.Err
		}
		return answer{}, err
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is lost: what was read is checked
	if err := acceptable(resp); err != nil {
		return answer{}, err
	}
	text, err := readAll(resp.Body)
	return answer{text: text, life: lifetime(resp.Header)}, err
}

// acceptable refuses what is not plainly the thing itself: error pages,
// redirects, the login page of a network.
func acceptable(resp *http.Response) error {
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		return fmt.Errorf("status %d: %w", resp.StatusCode, errUnfit)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("status %d", resp.StatusCode)
	case resp.ContentLength > maxText:
		return fmt.Errorf("longer than %d bytes: %w", maxText, errUnfit)
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "text/html" || kind == "application/xhtml+xml" {
		return fmt.Errorf("an HTML page: %w", errUnfit)
	}
	return nil
}

// readAll reads a text of at most maxText bytes, whatever was announced.
func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("longer than %d bytes: %w", maxText, errUnfit)
	}
	return text, nil
}

// lifetime is for how long an answer stays fresh (RFC 9111, section 4.2):
// max-age less what it has spent in caches on its way, within our bounds; 0 if
// it does not say.
func lifetime(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		age, err := seconds(strings.Trim(value, `"`))
		if err != nil {
			return 0
		}
		spent, _ := seconds(h.Get("Age")) // 0 when there is none
		return min(max(age-spent, minRefresh), maxRefresh)
	}
	return 0
}

// seconds reads a delta-seconds (RFC 9111, section 1.2.2).
func seconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if errors.Is(err, strconv.ErrRange) {
		return 1 << 31 * time.Second, nil // "as great as can be"
	}
	return time.Duration(n) * time.Second, err
}

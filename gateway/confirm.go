package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	confirmTimeout = 10 * time.Second
	confirmAnswer  = 64 << 10 // bytes of the provider's answer that are read
	confirmAtOnce  = 4
)

// confirm calls the provider's address in the background, and reports whether
// it does: not when too many calls are under way.
func (v *visit) confirm(address string) bool {
	select {
	case v.handshakes.confirming <- struct{}{}:
	default:
		return false
	}
	g := v.Gateway // the visit is used again
	go func() {
		defer func() { <-g.handshakes.confirming }()
		g.logConfirmation(g.call(address))
	}()
	return true
}

// confirmer follows no redirects: the address is the provider's, where one
// leads to need not be.
var confirmer = &http.Client{
	Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: confirmTimeout}).DialContext,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		TLSHandshakeTimeout:    confirmTimeout,
		MaxResponseHeaderBytes: confirmAnswer,
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// call asks for an address of the provider's and returns the answer's status.
func (g *Gateway) call(address string) (status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), confirmTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, errors.New("the address is not one")
	}
	client := g.Confirmer
	if client == nil {
		client = confirmer
	}
	answer, err := client.Do(r)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) { // its text has the address, and the token in it
			err = outer.Err
		}
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	_, err = io.CopyN(io.Discard, answer.Body, confirmAnswer)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return answer.StatusCode, err
}

func (g *Gateway) logConfirmation(status int, err error) {
	log := g.Log
	if log == nil {
		return
	}
	log = log.With(slog.String("endpoint", g.config.Name), slog.String("provider", g.verifier.Provider().Name), slog.Int("status", status))
	switch {
	case err != nil:
		log.Error("webhook subscription not confirmed", slog.Any("error", err))
	case status/100 != 2:
		log.Error("webhook subscription not confirmed")
	default:
		log.Info("webhook subscription confirmed")
	}
}

package command

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

// apiHelp ends the help of every command that asks a running Caddy.
const apiHelp = `
It asks the admin API of a running Caddy: at --address, or where the
configuration --config (as --adapter reads it) has it, or at localhost:2019.
`

// prefix is where the API is below the admin endpoint.
const prefix = "/webhook_gateway"

// An operator is the flags that every command over the admin API has.
type operator struct {
	address, config, adapter string
	json                     bool
}

func (o *operator) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.address, "address", "", "address of the admin API, if it is not the configuration's")
	flags.StringVarP(&o.config, "config", "c", "", "configuration to find the address in")
	flags.StringVarP(&o.adapter, "adapter", "a", "", "config adapter to read it with")
	flags.BoolVar(&o.json, "json", false, "print the API's JSON")
}

// find returns where the API is. Nothing is sent yet.
func (o *operator) find() (adminAPI, error) {
	address, err := caddycmd.DetermineAdminAPIAddress(o.address, nil, o.config, o.adapter)
	return adminAPI(address), err
}

// dial returns a client of the API. Nothing is sent yet.
func (o *operator) dial() (*client.Client, error) {
	api, err := o.find()
	if err != nil {
		return nil, err
	}
	// Where it is, the adminAPI knows: the client's URLs need a host in name only.
	return &client.Client{Do: api.do, Base: "http://admin" + prefix}, nil
}

// An adminAPI is the address of Caddy's admin endpoint, as in a configuration.
type adminAPI string

// do sends a request as Caddy's own commands do. When the request's context
// ends, so does the wait for an answer, or the answer.
func (a adminAPI) do(r *http.Request) (*http.Response, error) {
	type outcome struct {
		response *http.Response
		err      error
	}
	done := make(chan outcome, 1)
	go func() {
		response, err := a.send(r) //nolint:bodyclose // who gets it does
		done <- outcome{response, err}
	}()
	select {
	case o := <-done:
		if o.err == nil {
			body := o.response.Body
			o.response.Body = &boundBody{body, context.AfterFunc(r.Context(), func() { _ = body.Close() })}
		}
		return o.response, o.err
	case <-r.Context().Done():
		go func() { // AdminAPIRequest cannot be called off
			if o := <-done; o.err == nil {
				_ = o.response.Body.Close()
			}
		}()
		return nil, context.Cause(r.Context())
	}
}

// A boundBody is closed when a context ends, unless it has been before.
type boundBody struct {
	io.ReadCloser
	stop func() bool
}

// Close closes it.
func (b *boundBody) Close() error {
	b.stop()
	return b.ReadCloser.Close()
}

func (a adminAPI) send(r *http.Request) (*http.Response, error) {
	var body io.Reader
	if r.Body != nil {
		body = r.Body
	}
	header := r.Header.Clone()
	header.Set("Connection", "close") // each request has a transport of its own, in which the connection would stay
	response, err := caddycmd.AdminAPIRequest(string(a), r.Method, r.URL.RequestURI(), header, body)
	if err == nil {
		return response, nil
	}
	if refused := answerOf(err); refused != nil {
		return refused, nil
	}
	if reason, found := strings.CutPrefix(err.Error(), "performing request: "); found {
		return nil, fmt.Errorf("no Caddy answers at %s: is it running? Say --address or --config if it is elsewhere (%s)", a, lastPart(reason))
	}
	return nil, err
}

// answerOf returns the answer that AdminAPIRequest has made an error of; nil if
// there was none.
func answerOf(err error) *http.Response {
	text, found := strings.CutPrefix(err.Error(), "caddy responded with error: HTTP ")
	if !found {
		return nil
	}
	number, text, _ := strings.Cut(text, ": ")
	status, err := strconv.Atoi(number)
	if err != nil {
		return nil
	}
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(text)),
	}
}

// lastPart returns the cause at the end of an error's text.
func lastPart(text string) string {
	return strings.TrimSpace(text[strings.LastIndex(text, ": ")+1:])
}

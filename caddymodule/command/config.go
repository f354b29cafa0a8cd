package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/webhook-gateway/caddy-webhook-gateway/caddymodule"
)

// An endpoint is a webhook_gateway handler as it is in Caddy's JSON, with the
// server that it is in.
type endpoint struct {
	caddymodule.Handler

	server  server
	unknown error // an option that there is not
}

// A configuration is what counts here of Caddy's.
type configuration struct {
	endpoints []*endpoint      // in the order of the servers' names
	app       *caddymodule.App // what they share
	unknown   error            // an option of the app that there is not
}

// A server is what counts here of Caddy's HTTP server.
type server struct {
	Listen               []string        `json:"listen"`
	TrustedProxies       json.RawMessage `json:"trusted_proxies"`
	TrustedProxiesStrict int             `json:"trusted_proxies_strict"`
	ClientIPHeaders      []string        `json:"client_ip_headers"`
}

// loadConfiguration reads a configuration, in which there must be an endpoint.
func loadConfiguration(file, adapter string) (*configuration, error) {
	text, err := adapt(file, adapter)
	if err != nil {
		return nil, err
	}
	var config struct {
		Apps struct {
			HTTP struct {
				Servers map[string]json.RawMessage `json:"servers"`
			} `json:"http"`
			App json.RawMessage `json:"webhook_gateway"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: not a configuration of Caddy: %w", file, err)
	}
	c := &configuration{app: new(caddymodule.App)}
	if c.endpoints, err = endpointsOfAll(config.Apps.HTTP.Servers); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(c.endpoints) == 0 {
		return nil, fmt.Errorf("%s: there is no webhook_gateway in it", file)
	}
	if len(config.Apps.App) > 0 {
		c.unknown = caddy.StrictUnmarshalJSON(config.Apps.App, c.app)
	}
	return c, nil
}

// endpointsOfAll are those of servers, once each: a site on several ports has
// copies of its endpoints.
func endpointsOfAll(servers map[string]json.RawMessage) (all []*endpoint, err error) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		found, err := endpointsOf(servers[name])
		if err != nil {
			return nil, fmt.Errorf("server %s: %w", name, err)
		}
		for _, e := range found {
			if copied, _ := json.Marshal(e); !seen[string(copied)] {
				seen[string(copied)] = true
				all = append(all, e)
			}
		}
	}
	return all, nil
}

// adapt returns a configuration as JSON.
func adapt(file, adapter string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if adapter == "" && (filepath.Ext(file) == ".json" || json.Valid(text)) {
		return text, nil
	}
	if adapter == "" {
		adapter = "caddyfile"
	}
	a := caddyconfig.GetAdapter(adapter)
	if a == nil {
		return nil, fmt.Errorf("unknown config adapter %q", adapter)
	}
	adapted, _, err := a.Adapt(text, map[string]any{"filename": file}) // the warnings are caddy adapt's
	return adapted, err
}

var errShape = errors.New("a webhook_gateway that cannot be read")

func endpointsOf(text json.RawMessage) ([]*endpoint, error) {
	var s server
	var tree any
	if err := errors.Join(json.Unmarshal(text, &s), json.Unmarshal(text, &tree)); err != nil {
		return nil, err
	}
	var all []*endpoint
	for _, h := range handlers(tree, "webhook_gateway") {
		e := &endpoint{server: s}
		delete(h, "handler")
		b, err := json.Marshal(h)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, e); err != nil {
			return nil, fmt.Errorf("%w: %w", errShape, err)
		}
		e.unknown = caddy.StrictUnmarshalJSON(b, new(caddymodule.Handler))
		all = append(all, e)
	}
	return all, nil
}

// handlers returns all handlers of a kind, wherever they are in a tree, those
// of the same object in the order of its keys.
func handlers(tree any, kind string) (found []map[string]any) {
	switch t := tree.(type) {
	case []any:
		for _, element := range t {
			found = append(found, handlers(element, kind)...)
		}
	case map[string]any:
		if t["handler"] == kind {
			return []map[string]any{t}
		}
		for _, key := range slices.Sorted(maps.Keys(t)) {
			found = append(found, handlers(t[key], kind)...)
		}
	}
	return found
}

// port returns the port of a listener's address, as ":443" or "tcp/[::1]:80".
func port(listen string) string { return listen[strings.LastIndexByte(listen, ':')+1:] }

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

	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// An endpoint is a webhook_gateway handler as it is in Caddy's JSON, with the
// server that it is in.
type endpoint struct {
	gateway.Config
	AllowIPsFrom []json.RawMessage `json:"allow_ips_from"`
	Deliver      []struct {
		Routes []any `json:"routes"`
	} `json:"deliver"`

	server server
}

// A server is what counts here of Caddy's HTTP server.
type server struct {
	Listen               []string        `json:"listen"`
	TrustedProxies       json.RawMessage `json:"trusted_proxies"`
	TrustedProxiesStrict int             `json:"trusted_proxies_strict"`
	ClientIPHeaders      []string        `json:"client_ip_headers"`
}

// loadEndpoints reads a configuration and returns its endpoints, in the order
// of the servers' names.
func loadEndpoints(file, adapter string) ([]*endpoint, error) {
	text, err := adapt(file, adapter)
	if err != nil {
		return nil, err
	}
	var config struct {
		Apps struct {
			HTTP struct {
				Servers map[string]json.RawMessage `json:"servers"`
			} `json:"http"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("%s: not a configuration of Caddy: %w", file, err)
	}
	servers := config.Apps.HTTP.Servers
	var all []*endpoint
	seen := map[string]bool{} // a site on several ports has copies of its endpoints
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		found, err := endpointsOf(servers[name])
		if err != nil {
			return nil, fmt.Errorf("%s: server %s: %w", file, name, err)
		}
		for _, e := range found {
			if copied, _ := json.Marshal(e); !seen[string(copied)] {
				seen[string(copied)] = true
				all = append(all, e)
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: there is no webhook_gateway in it", file)
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
		b, err := json.Marshal(h)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, e); err != nil {
			return nil, fmt.Errorf("%w: %w", errShape, err)
		}
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

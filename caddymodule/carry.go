package caddymodule

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// carry puts a carrier into each reverse proxy of the routes, however deep it
// is in them. It must come before they are provisioned: once they are, checks
// of the upstreams' health may use the transport already.
func carry(routes caddyhttp.RouteList) error {
	for _, route := range routes {
		for i, raw := range route.HandlersRaw {
			carried, err := carryRaw(raw)
			if err != nil {
				return err
			}
			route.HandlersRaw[i] = carried
		}
	}
	return nil
}

func carryRaw(raw json.RawMessage) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // a float64 would not hold each of them
	var handler any
	if err := decoder.Decode(&handler); err != nil {
		return nil, err
	}
	carryValue(handler)
	return json.Marshal(handler)
}

// carryValue looks for proxies in a part of the configuration.
func carryValue(value any) {
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			carryValue(element)
		}
	case map[string]any:
		for _, member := range v {
			carryValue(member)
		}
		if v["handler"] == "reverse_proxy" {
			carryProxy(v)
		}
	}
}

func carryProxy(proxy map[string]any) {
	carrier := map[string]any{"protocol": carrierName}
	for key, value := range proxy {
		if !strings.EqualFold(key, "transport") { // as encoding/json looks for it
			continue
		}
		delete(proxy, key)
		if value != nil {
			carrier["transport"] = value
		}
	}
	proxy["transport"] = carrier
}

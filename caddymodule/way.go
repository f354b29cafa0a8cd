package caddymodule

import (
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// A way is the routes through which requests come to a handler, the outermost
// first.
type way []caddyhttp.Route

// wayTo finds a handler among routes and those inside of them.
func wayTo(routes caddyhttp.RouteList, to caddyhttp.MiddlewareHandler) (way, bool) {
	for _, route := range routes {
		for _, handler := range route.Handlers {
			if handler == to {
				return way{route}, true
			}
			inner, ok := handler.(*caddyhttp.Subroute)
			if !ok {
				continue
			}
			if rest, found := wayTo(inner.Routes, to); found {
				return append(way{route}, rest...), true
			}
		}
	}
	return nil, false
}

// uri is a path that leads there, as the innermost matcher has it.
func (w way) uri() string {
	uri := "/"
	for _, route := range w {
		for _, set := range route.MatcherSets {
			for _, matcher := range set {
				if paths, ok := matcher.(*caddyhttp.MatchPath); ok && len(*paths) > 0 {
					uri = plainPath((*paths)[0])
				}
			}
		}
	}
	return uri
}

// plainPath is a path that a pattern matches.
func plainPath(pattern string) string {
	path, _, _ := strings.Cut(pattern, "*")
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "{%? ") {
		return "/"
	}
	return path
}

// namesHosts reports whether requests come there only under names of hosts
// that the configuration has.
func (w way) namesHosts() bool {
	for _, route := range w {
		if len(route.MatcherSets) == 0 {
			continue
		}
		named := true // every set of matchers must name hosts: any of them lets in
		for _, set := range route.MatcherSets {
			named = named && hasHosts(set)
		}
		if named {
			return true
		}
	}
	return false
}

func hasHosts(set caddyhttp.MatcherSet) bool {
	for _, matcher := range set {
		if hosts, ok := matcher.(*caddyhttp.MatchHost); ok && len(*hosts) > 0 {
			return true
		}
	}
	return false
}

package diagnose

import (
	"net/url"
	"slices"
	"strings"
)

// An address is what the provider may know as the URL.
type address struct{ text, difference string }

// addresses tries other values of the option url, for the providers that sign
// the address.
func (e *explainer) addresses() bool {
	if !e.signsURL() {
		return false
	}
	name := "url_wrong"
	if e.config.Options["url"] == "" {
		name = "url_missing"
	}
	for _, a := range e.candidates() {
		if e.tryOptions("url", a.text) {
			e.cause(name, "The provider signed another address than the option url says: the right one is %s. Set the option url to the address exactly as it is registered at the provider.", a.difference)
			return true
		}
	}
	return false
}

func (e *explainer) signsURL() bool {
	for _, s := range e.provider.Schemes {
		if slices.Contains(slices.Concat(s.Requires, s.Optional), "url") {
			return true
		}
	}
	return false
}

// maxAddresses bounds the addresses that are tried.
const maxAddresses = 60

// candidates are addresses that differ in one or two ways, likely ones first.
func (e *explainer) candidates() []address {
	all := e.bases()
	for _, base := range all[:len(all):len(all)] {
		all = append(all, changes(base)...)
	}
	singles := len(all)
	for _, a := range all[:min(singles, maxAddresses/2)] {
		if u, err := url.Parse(a.text); err == nil {
			all = append(all, address{swapped(u), joined(a.difference, "with the other of http and https")})
		}
	}
	seen := map[string]bool{e.config.Options["url"]: true}
	all = slices.DeleteFunc(all, func(a address) bool {
		again := seen[a.text]
		seen[a.text] = true
		return again
	})
	return all[:min(len(all), maxAddresses)]
}

func joined(a, b string) string {
	if a == "" {
		return "the one " + b
	}
	return a + ", " + b
}

// bases are the configured address, and those that the request speaks of.
func (e *explainer) bases() []address {
	var all []address
	configured, err := url.Parse(e.config.Options["url"])
	if err == nil && configured.Host != "" {
		all = append(all, address{text: e.config.Options["url"]})
		all = append(all, address{configured.Scheme + "://" + configured.Host + e.request.URI, "the one with the path and query of the request"})
	}
	for _, name := range []string{"Host", "X-Forwarded-Host", "X-Original-Host"} {
		host := e.request.Header.Get(name)
		if u, err := url.Parse("https://" + host); host == "" || err != nil || u.Host != host {
			continue
		}
		all = append(all, address{"https://" + host + e.request.URI, "the one with the host of the header " + name + " and the path of the request"})
		if configured != nil && configured.Host != "" {
			u := *configured
			u.Host = host
			all = append(all, address{u.String(), "the one with the host of the header " + name})
		}
	}
	return all
}

// changes are addresses that differ from one in a single way.
func changes(base address) []address {
	u, err := url.Parse(base.text)
	if err != nil {
		return nil
	}
	var all []address
	add := func(text, difference string) { all = append(all, address{text, joined(base.difference, difference)}) }
	add(swapped(u), "with the other of http and https")
	path, query, hasQuery := strings.Cut(base.text, "?")
	if hasQuery {
		query = "?" + query
		add(path, "without the query")
	}
	if trimmed := strings.TrimSuffix(path, "/"); trimmed != path {
		add(trimmed+query, "without the slash at the end of the path")
	} else {
		add(path+"/"+query, "with a slash at the end of the path")
	}
	bare := *u
	if u.Port() != "" {
		bare.Host = u.Hostname()
		add(bare.String(), "without the port")
		return all
	}
	bare.Host += map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	add(bare.String(), "with the port")
	return all
}

// swapped is u with http for https, or the other way round.
func swapped(u *url.URL) string {
	other := *u
	if other.Scheme = "https"; u.Scheme == "https" {
		other.Scheme = "http"
	}
	return other.String()
}

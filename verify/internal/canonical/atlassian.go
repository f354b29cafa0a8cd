package canonical

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// QueryHash returns Atlassian Connect's query string hash, the claim qsh, in
// lower-case hex: the SHA-256 of the method, the path below the app's base
// path, and the query without jwt. Path and query are as received. From
// atlassian-jwt-js (src/jwt.ts), and
// https://developer.atlassian.com/cloud/bitbucket/query-string-hash
//
// A query that is malformed or too long is hashed as it is, which no sender
// does, so that no claim has this hash.
func QueryHash(method, path, rawQuery, basePath string) string {
	sum := sha256.Sum256([]byte(canonicalRequest(method, path, rawQuery, basePath)))
	return hex.EncodeToString(sum[:])
}

func canonicalRequest(method, path, rawQuery, basePath string) string {
	prefix := strings.ToUpper(method) + "&" + canonicalPath(path, basePath) + "&"
	pairs, err := splitQuery([]byte(rawQuery))
	if err != nil {
		return prefix + rawQuery
	}
	return prefix + canonicalQuery(values(pairs))
}

// canonicalPath cuts off the base path, where a segment ends, and one "/" at
// the end. A "&" is encoded, because it separates the parts of the text.
func canonicalPath(path, basePath string) string {
	below, found := strings.CutPrefix(path, basePath)
	if found && (below == "" || below[0] == '/' || strings.HasSuffix(basePath, "/")) {
		path = below
	}
	path = strings.ReplaceAll(path, "&", "%26")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if path == "/" {
		return path
	}
	return strings.TrimSuffix(path, "/")
}

// canonicalQuery sorts by name; the values of one name are sorted too, and
// separated by ",". (Atlassian's page sorts what is encoded, its package what
// is decoded, as here. They differ only where a name, or one of several
// values, has other characters than letters, digits, "-", "." and "_".)
func canonicalQuery(query url.Values) string {
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if name == "jwt" {
			continue
		}
		var encoded []string
		for _, value := range slices.Sorted(slices.Values(query[name])) {
			encoded = append(encoded, escape(value, unreserved))
		}
		fields = append(fields, escape(name, unreserved)+"="+strings.Join(encoded, ","))
	}
	return strings.Join(fields, "&")
}

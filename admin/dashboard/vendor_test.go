package dashboard

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
)

const vendored = "/assets/vendor/"

// row is one of the README's: file, package, version, source, licence, sum.
var row = regexp.MustCompile(`(?m)^\| (\S+) \| (\S+) \| (\d+\.\d+\.\d+) \| ([^|]+) \| [^|]+, (\S+\.txt) \| ([0-9a-f]{64}) \|$`)

func TestVendored(t *testing.T) {
	t.Parallel()
	described := map[string]bool{"README.md": true}
	for _, m := range row.FindAllStringSubmatch(string(files()[vendored+"README.md"].content), -1) {
		name, licence, want := m[1], m[5], m[6]
		described[name], described[licence] = true, true
		if got := sum(published(name)); got != want {
			t.Errorf("%s has the sum %s, want %s", name, got, want)
		}
		if len(files()[vendored+licence].content) < 1000 {
			t.Errorf("%s: its licence %s is missing", name, licence)
		}
	}
	for name := range files() {
		if base, ok := strings.CutPrefix(name, vendored); ok && !described[base] {
			t.Errorf("the README does not describe %s", base)
		}
	}
}

// published is a file as it was published, without the one change that its
// README explains.
func published(name string) []byte {
	content := files()[vendored+name].content
	if name != "hooks.module.js" {
		return content
	}
	return bytes.Replace(content, []byte(`from"./preact.module.js"`), []byte(`from"preact"`), 1)
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

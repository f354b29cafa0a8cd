package caddymodule

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	ours := func(version string) debug.Module { return debug.Module{Path: modulePath, Version: version} }
	theirs := debug.Module{Path: "caddy", Version: "(devel)"}
	dep := func(m debug.Module) []*debug.Module {
		return []*debug.Module{{Path: "github.com/caddyserver/caddy/v2", Version: "v2.11.9"}, &m}
	}
	replaced := ours("v0.0.0")
	replaced.Replace = &debug.Module{Path: "/src", Version: "(devel)"}
	fork := ours("v1.2.3")
	fork.Replace = &debug.Module{Path: "example.com/fork", Version: "v1.2.4"}
	tests := []struct {
		odd   string
		info  debug.BuildInfo
		stamp string
		want  string
	}{
		{"a release", debug.BuildInfo{Main: ours("(devel)")}, "v1.2.3", "v1.2.3"},
		{"not stamped", debug.BuildInfo{Main: ours("v1.2.3")}, "", "v1.2.3"},
		{"a checkout", debug.BuildInfo{Main: ours("(devel)")}, "", "(devel)"},
		{"a test binary", debug.BuildInfo{Main: ours("")}, "", "(devel)"},
		{"a plugin", debug.BuildInfo{Main: theirs, Deps: dep(ours("v1.2.3"))}, "", "v1.2.3"},
		{"a plugin in a stamped program", debug.BuildInfo{Main: theirs, Deps: dep(ours("v1.2.3"))}, "v9.9.9", "v1.2.3"},
		{"a plugin from a checkout", debug.BuildInfo{Main: theirs, Deps: dep(replaced)}, "", "(devel)"},
		{"a plugin from a fork", debug.BuildInfo{Main: theirs, Deps: dep(fork)}, "", "v1.2.4"},
		{"absent", debug.BuildInfo{Main: theirs}, "v9.9.9", "(devel)"},
	}
	for _, tt := range tests {
		t.Run(tt.odd, func(t *testing.T) {
			if got := versionIn(&tt.info, tt.stamp); got != tt.want {
				t.Errorf("versionIn = %q, want %q", got, tt.want)
			}
		})
	}
}

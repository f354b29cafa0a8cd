package build

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A workflow is what the rules here look at.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Timeout     int    `yaml:"timeout-minutes"`
		Uses        string // another workflow, whose jobs have timeouts
		Steps       []struct {
			Uses string
			Run  string
			With map[string]any
		}
	}
}

// writers is what may be written, by which job; every other may only read.
var writers = map[string][]string{
	"codeql.yml analyse":  {"security-events"},
	"release.yml release": {"attestations", "contents", "id-token", "packages"},
}

// pinned is a version tag, or a commit.
var pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@(v\d+(\.\d+)*|[0-9a-f]{40})$`)

// TestWorkflows: they may do what they need and no more, they end, and what
// they use and run is named exactly. `make lint` checks their grammar.
func TestWorkflows(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("the workflows are %q, %v", files, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		var w workflow
		if err := yaml.NewDecoder(bytes.NewReader(content(t, file))).Decode(&w); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
			t.Errorf("%s: without a job's own the permissions are %v, want contents: read", name, w.Permissions)
		}
		for id, job := range w.Jobs {
			who := name + " " + id
			if job.Timeout == 0 && !strings.HasPrefix(job.Uses, "./") {
				t.Errorf("%s has no timeout-minutes", who)
			}
			for scope, access := range job.Permissions {
				if access != "read" && !slices.Contains(writers[who], scope) {
					t.Errorf("%s has %s: %s", who, scope, access)
				}
			}
			for _, step := range job.Steps {
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s uses %s: pin a version", who, step.Uses)
				}
				if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
					t.Errorf("%s leaves its token in the checkout: persist-credentials: false", who)
				}
				if strings.Contains(step.Run, "@latest") || strings.Contains(step.Run, "${{") {
					t.Errorf("%s runs %q: pin versions, and pass values by the environment", who, step.Run)
				}
			}
		}
	}
}

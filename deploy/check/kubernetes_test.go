package check

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const kustomization = "kustomization.yaml"

// cluster is what the kustomization makes, one of each kind.
type cluster struct {
	deployment apps.Deployment
	claim      core.PersistentVolumeClaim
	secret     core.Secret
	service    core.Service
	network    networking.NetworkPolicy
	budget     policy.PodDisruptionBudget
}

// kinds returns where each kind that we know goes, by apiVersion and kind.
func (c *cluster) kinds() map[string]any {
	return map[string]any{
		"apps/v1 Deployment":                 &c.deployment,
		"v1 PersistentVolumeClaim":           &c.claim,
		"v1 Secret":                          &c.secret,
		"v1 Service":                         &c.service,
		"networking.k8s.io/v1 NetworkPolicy": &c.network,
		"policy/v1 PodDisruptionBudget":      &c.budget,
	}
}

// decode puts one manifest into its field: a name that Kubernetes does not know,
// and a key that is there twice, are errors. It returns the kind.
func (c *cluster) decode(t *testing.T, text []byte) string {
	t.Helper()
	var head struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal(text, &head); err != nil {
		t.Fatal(err)
	}
	kind := head.APIVersion + " " + head.Kind
	into, known := c.kinds()[kind]
	if !known {
		t.Fatalf("%s is of no kind that is checked", kind)
	}
	strict(t, kind, text, into)
	return kind
}

// strict decodes as the API server does, which tells a name from the same one in
// other letters: encoding/json, and yaml.UnmarshalStrict with it, does not.
func strict(t *testing.T, what string, text []byte, into any) {
	t.Helper()
	text, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	unknown, err := json.UnmarshalStrict(text, into)
	if err := errors.Join(append(unknown, err)...); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// build returns what `kubectl apply -k deploy/kubernetes` would apply.
func build(t *testing.T) *cluster {
	t.Helper()
	options := krusty.MakeDefaultOptions() // loads nothing from outside the folder
	made, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), "../kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	c := new(cluster)
	var kinds []string
	for _, r := range made.Resources() {
		kinds = append(kinds, c.decode(t, []byte(r.MustYaml())))
	}
	slices.Sort(kinds)
	if unique := slices.Compact(slices.Clone(kinds)); len(unique) != len(c.kinds()) || len(kinds) != len(unique) {
		t.Fatalf("the kustomization makes %q, want one of each kind", kinds)
	}
	return c
}

func TestManifests(t *testing.T) {
	files, err := filepath.Glob("../kubernetes/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if filepath.Base(file) == kustomization {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			new(cluster).decode(t, text)
		})
	}
}

// A file that the kustomization forgets would be copied and never applied.
func TestKustomization(t *testing.T) {
	var k types.Kustomization
	strict(t, kustomization, []byte(read(t, "kubernetes/"+kustomization)), &k)
	files, err := os.ReadDir("../kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{kustomization}
	want = append(want, k.Resources...)
	slices.Sort(want)
	var got []string
	for _, file := range files {
		got = append(got, file.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the folder has %q, the kustomization %q", got, want)
	}
}

package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose loads deploy/compose.yaml as docker compose does: what its schema does
// not know is an error.
func compose(t *testing.T) *types.Project {
	t.Helper()
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  t.TempDir(),
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: []byte(read(t, "compose.yaml"))}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestCompose(t *testing.T) {
	project := compose(t)
	gateway := project.Services["gateway"]
	if !strings.HasPrefix(gateway.Image, image+":") {
		t.Errorf("image is %s", gateway.Image)
	}
	equal(t, "user", gateway.User, fmt.Sprintf("%d:%d", user, user))
	equal(t, "read_only", gateway.ReadOnly, true)
	equal(t, "restart", gateway.Restart, types.RestartPolicyUnlessStopped)
	if !slices.Equal(gateway.CapDrop, []string{"ALL"}) || !slices.Equal(gateway.SecurityOpt, []string{"no-new-privileges:true"}) {
		t.Errorf("it may do more than it needs: %q, %q", gateway.CapDrop, gateway.SecurityOpt)
	}
	if grace := gateway.StopGracePeriod; grace == nil || time.Duration(*grace) < 30*time.Second {
		t.Errorf("stop_grace_period is %v", grace)
	}
	if test := strings.Join(gateway.HealthCheck.Test, " "); test != "CMD /caddy webhook health" {
		t.Errorf("healthcheck is %q", test)
	}
	env := map[string]string{}
	for name, value := range gateway.Environment {
		if value == nil {
			t.Fatalf("%s has no value", name)
		}
		env[name] = *value
	}
	configured(t, env)
	upstream, _, _ := strings.Cut(env["WEBHOOK_UPSTREAM"], ":")
	if _, has := project.Services[upstream]; !has {
		t.Errorf("%s is no service", upstream)
	}
}

// Only the gateway can be reached from outside.
func TestComposePorts(t *testing.T) {
	for name, service := range compose(t).Services {
		if name != "gateway" {
			equal(t, name+"'s ports", len(service.Ports), 0)
			continue
		}
		if len(service.Ports) != 1 {
			t.Fatalf("the gateway's ports are %v", service.Ports)
		}
		equal(t, "the gateway's port", strconv.Itoa(int(service.Ports[0].Target)), strconv.Itoa(webhooksPort))
	}
}

// The store outlives its container, and the secret is where it is looked for.
func TestComposeFiles(t *testing.T) {
	project := compose(t)
	gateway := project.Services["gateway"]
	if len(gateway.Volumes) != 1 || len(gateway.Secrets) != 1 {
		t.Fatalf("volumes are %v, secrets %v", gateway.Volumes, gateway.Secrets)
	}
	volume := gateway.Volumes[0]
	equal(t, "the volume's type", volume.Type, types.VolumeTypeVolume)
	equal(t, "its place", volume.Target, dataPath)
	if _, named := project.Volumes[volume.Source]; !named {
		t.Errorf("%s is no named volume", volume.Source)
	}
	secret := gateway.Secrets[0]
	target := secret.Target
	if target == "" {
		target = "/run/secrets/" + secret.Source
	}
	equal(t, "WEBHOOK_SECRET_FILE", *gateway.Environment["WEBHOOK_SECRET_FILE"], target)
	if project.Secrets[secret.Source].File == "" {
		t.Errorf("%s is no file", secret.Source)
	}
}

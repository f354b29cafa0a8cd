package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-systemd/v22/unit"
)

const (
	service = "systemd/webhook-gateway.service"
	binary  = "../../bin/caddy" // make manifests builds it
)

// settings returns a unit's values, by section and name.
func settings(t *testing.T) map[string][]string {
	t.Helper()
	options, err := unit.DeserializeOptions(strings.NewReader(read(t, service)))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string][]string{}
	for _, o := range options {
		name := o.Section + "." + o.Name
		values[name] = append(values[name], o.Value)
	}
	return values
}

func TestUnit(t *testing.T) {
	values := settings(t)
	for name, want := range map[string]string{
		"Service.Type":                   "notify",
		"Service.ExecStart":              "/usr/local/bin/caddy run --config /etc/webhook-gateway/Caddyfile",
		"Service.ExecReload":             "/usr/local/bin/caddy reload --config /etc/webhook-gateway/Caddyfile --force",
		"Service.TimeoutStopSec":         "30s", // twice the Caddyfile's grace_period of 10s, and some more
		"Service.Restart":                "on-failure",
		"Service.DynamicUser":            "yes",
		"Service.StateDirectory":         "webhook-gateway",
		"Service.ProtectSystem":          "strict",
		"Service.NoNewPrivileges":        "yes",
		"Service.CapabilityBoundingSet":  "CAP_NET_BIND_SERVICE",
		"Service.MemoryDenyWriteExecute": "yes",
		"Service.RestrictNamespaces":     "yes",
		"Service.SystemCallFilter":       "@system-service",
		"Service.Environment":            "XDG_DATA_HOME=%S/webhook-gateway XDG_CONFIG_HOME=%S/webhook-gateway",
		"Install.WantedBy":               "multi-user.target",
	} {
		if got := values[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Where there is systemd, it has read the unit too, with our program in it.
func TestUnitBySystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not here: systemd has not read the unit")
		return
	}
	caddy, err := filepath.Abs(binary)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), filepath.Base(service))
	text := strings.ReplaceAll(read(t, service), "/usr/local/bin/caddy", caddy)
	if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	// It complains and succeeds about names that it does not know.
	if output, err := exec.CommandContext(t.Context(), analyze, "verify", copied).CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("%v\n%s", err, output)
	}
}

// The unit's Caddyfile is valid with the secrets that the unit loads, and only
// with them.
func TestCaddyfileOfTheUnit(t *testing.T) {
	credentials := t.TempDir()
	validate := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), binary, "validate", "--config", "../systemd/Caddyfile")
		home := t.TempDir()
		cmd.Env = append(os.Environ(), "CREDENTIALS_DIRECTORY="+credentials, "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
		output, err := cmd.CombinedOutput()
		return string(output), err
	}
	if output, err := validate(); err == nil || !strings.Contains(output, "secret") {
		t.Errorf("without a secret: %v\n%s", err, output)
	}
	for _, credential := range settings(t)["Service.LoadCredential"] {
		name, _, _ := strings.Cut(credential, ":")
		if err := os.WriteFile(filepath.Join(credentials, name), []byte("whsec_of-the-unit\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if output, err := validate(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

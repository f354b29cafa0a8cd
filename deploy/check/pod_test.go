package check

import (
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// containers returns the gateway's container, and the application's.
func (c *cluster) containers(t *testing.T) (gateway, application core.Container) {
	t.Helper()
	pod := c.deployment.Spec.Template.Spec
	if len(pod.InitContainers) != 1 || len(pod.Containers) != 1 {
		t.Fatalf("the pod has %d and %d containers, want 1 and 1", len(pod.InitContainers), len(pod.Containers))
	}
	return pod.InitContainers[0], pod.Containers[0]
}

// One process to a file: never two pods, not for a moment.
func TestOnePod(t *testing.T) {
	c := build(t)
	d := c.deployment.Spec
	equal(t, "replicas", *d.Replicas, 1)
	equal(t, "strategy", d.Strategy.Type, apps.RecreateDeploymentStrategyType)
	if modes := c.claim.Spec.AccessModes; len(modes) != 1 || modes[0] != core.ReadWriteOncePod {
		t.Errorf("access modes are %v", modes)
	}
	equal(t, "maxUnavailable", c.budget.Spec.MaxUnavailable.IntValue(), 1)
}

func TestSidecar(t *testing.T) {
	gateway, _ := build(t).containers(t)
	if !strings.HasPrefix(gateway.Image, image+":") {
		t.Errorf("image is %s", gateway.Image)
	}
	if p := gateway.RestartPolicy; p == nil || *p != core.ContainerRestartPolicyAlways {
		t.Error("an init container without restartPolicy: Always is no sidecar")
	}
	env := map[string]string{}
	for _, v := range gateway.Env {
		env[v.Name] = v.Value
	}
	configured(t, env)
	ports := map[string]int32{}
	for _, p := range gateway.Ports {
		ports[p.Name] = p.ContainerPort
	}
	equal(t, "port webhooks", ports["webhooks"], webhooksPort)
	equal(t, "port health", ports["health"], healthPort)
	for _, p := range []*core.Probe{gateway.StartupProbe, gateway.ReadinessProbe, gateway.LivenessProbe} {
		if p == nil || p.HTTPGet == nil {
			t.Fatal("a probe is missing")
		}
		equal(t, "a probe's path", p.HTTPGet.Path, healthPath)
		equal(t, "a probe's port", p.HTTPGet.Port, intstr.FromString("health"))
	}
}

// What Kubernetes calls the restricted pod security standard, and a root that
// cannot be written.
func TestRestricted(t *testing.T) {
	c := build(t)
	pod := c.deployment.Spec.Template.Spec.SecurityContext
	equal(t, "runAsNonRoot", *pod.RunAsNonRoot, true)
	equal(t, "runAsUser", *pod.RunAsUser, user)
	equal(t, "fsGroup", *pod.FSGroup, user)
	equal(t, "seccomp", pod.SeccompProfile.Type, core.SeccompProfileTypeRuntimeDefault)
	gateway, application := c.containers(t)
	for _, container := range []core.Container{gateway, application} {
		s := container.SecurityContext
		equal(t, "allowPrivilegeEscalation", *s.AllowPrivilegeEscalation, false)
		equal(t, "readOnlyRootFilesystem", *s.ReadOnlyRootFilesystem, true)
		if drop := s.Capabilities.Drop; len(drop) != 1 || drop[0] != "ALL" || len(s.Capabilities.Add) > 0 {
			t.Errorf("%s: capabilities are %v", container.Name, s.Capabilities)
		}
		if container.Resources.Limits.Memory().Cmp(resource.MustParse("64Mi")) < 0 || container.Resources.Requests.Memory().IsZero() {
			t.Errorf("%s: resources are %v", container.Name, container.Resources)
		}
	}
}

// Names that Kubernetes would only miss in the cluster.
func TestNamesMeet(t *testing.T) {
	c := build(t)
	labels := c.deployment.Spec.Template.Labels
	for what, selector := range map[string]map[string]string{
		"deployment":    c.deployment.Spec.Selector.MatchLabels,
		"service":       c.service.Spec.Selector,
		"networkpolicy": c.network.Spec.PodSelector.MatchLabels,
		"budget":        c.budget.Spec.Selector.MatchLabels,
	} {
		if len(selector) == 0 {
			t.Errorf("%s selects everything", what)
		}
		for name, value := range selector {
			equal(t, what+"'s selector "+name, value, labels[name])
		}
	}
	equal(t, "the Service's port", c.service.Spec.Ports[0].TargetPort, intstr.FromString("webhooks"))
	equal(t, "the Service's unready addresses", c.service.Spec.PublishNotReadyAddresses, true)
	equal(t, "the policy's port", *c.network.Spec.Ingress[0].Ports[0].Port, intstr.FromString("webhooks"))

	volumes := map[string]core.Volume{}
	for _, v := range c.deployment.Spec.Template.Spec.Volumes {
		volumes[v.Name] = v
	}
	gateway, _ := c.containers(t)
	for _, m := range gateway.VolumeMounts {
		switch v := volumes[m.Name]; {
		case v.PersistentVolumeClaim != nil:
			equal(t, "the claim", v.PersistentVolumeClaim.ClaimName, c.claim.Name)
			equal(t, "where it is mounted", m.MountPath, dataPath)
		case v.Secret != nil:
			equal(t, "the secret", v.Secret.SecretName, c.secret.Name)
			secretMounted(t, gateway, m.MountPath, c.secret.StringData)
		default:
			t.Errorf("%s is no volume", m.Name)
		}
	}
}

// secretMounted checks that WEBHOOK_SECRET_FILE is one of the secret's keys, and
// that nobody can take the example's value for a real one.
func secretMounted(t *testing.T, gateway core.Container, path string, keys map[string]string) {
	t.Helper()
	for _, v := range gateway.Env {
		if v.Name != "WEBHOOK_SECRET_FILE" {
			continue
		}
		value, has := keys[strings.TrimPrefix(v.Value, path+"/")]
		if !has {
			t.Errorf("%s is not mounted: %s has the keys %v", v.Value, path, keys)
		}
		if !strings.HasPrefix(value, "EXAMPLE") {
			t.Error("the secret's value does not say that it is an example")
		}
	}
}

package caddymodule

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.yaml.in/yaml/v3"
)

// alertRules is a file of rules, as far as we use what Prometheus knows.
type alertRules struct {
	Groups []struct {
		Name  string
		Rules []alertRule
	}
}

type alertRule struct {
	Alert       string
	Expr        string
	For         string
	Labels      struct{ Severity string }
	Annotations struct {
		Summary     string
		Description string
		RunbookURL  string `yaml:"runbook_url"`
	}
}

// readAlerts reads the file strictly: what it does not know is an error, and
// so is a key that is there twice.
func readAlerts(t *testing.T) []alertRule {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(readFile(t, "../deploy/prometheus/alerts.yml")))
	decoder.KnownFields(true)
	var file alertRules
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	var rules []alertRule
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) == 0 {
		t.Fatal("there are no rules")
	}
	return rules
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A grafanaPanel is what a test looks at of a panel.
type grafanaPanel struct {
	ID         int
	Title      string
	Type       string
	Datasource *struct{ UID string }
	Targets    []struct {
		Expr       string
		Datasource struct{ UID string }
	}
}

type grafanaDashboard struct {
	SchemaVersion int
	Templating    struct {
		List []struct{ Name, Type, Definition string }
	}
	Panels []grafanaPanel
}

func readDashboard(t *testing.T) grafanaDashboard {
	t.Helper()
	var dashboard grafanaDashboard
	if err := json.Unmarshal(readFile(t, "../deploy/grafana/dashboard.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	return dashboard
}

// everyFamily are all our metrics by name, with a value each.
func everyFamily(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	exercise(t, registry, "deploy")
	all := make(map[string]*dto.MetricFamily)
	for _, f := range gather(t, registry) {
		all[f.GetName()] = f
	}
	return all
}

var (
	metricNames = regexp.MustCompile(`caddy_webhook_gateway_\w+`)
	selectors   = regexp.MustCompile(`(caddy_webhook_gateway_\w+)\{([^}]*)\}`)
	labelNames  = regexp.MustCompile(`(\w+)\s*(=~|!~|!=|=)`)
	parts       = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// familyOf is the family that a name in an expression belongs to, or nil.
func familyOf(all map[string]*dto.MetricFamily, name string) *dto.MetricFamily {
	if f, ok := all[name]; ok && f.GetType() != dto.MetricType_HISTOGRAM {
		return f
	}
	if f, ok := all[parts.ReplaceAllString(name, "")]; ok && f.GetType() == dto.MetricType_HISTOGRAM && parts.MatchString(name) {
		return f
	}
	return nil
}

// checkExpr wants an expression to name metrics and labels that there are, and
// to close what it opens.
func checkExpr(t *testing.T, all map[string]*dto.MetricFamily, where, expr string) {
	t.Helper()
	if !balanced(expr) {
		t.Errorf("%s: brackets or quotes are not closed: %s", where, expr)
	}
	for _, name := range metricNames.FindAllString(expr, -1) {
		if familyOf(all, name) == nil {
			t.Errorf("%s: there is no %s", where, name)
		}
	}
	for _, selector := range selectors.FindAllStringSubmatch(expr, -1) {
		known := []string{"job", "instance", "le"} // what Prometheus adds, and what histograms have
		if f := familyOf(all, selector[1]); f != nil {
			for name := range labels(f.GetMetric()[0]) {
				known = append(known, name)
			}
		}
		for _, label := range labelNames.FindAllStringSubmatch(selector[2], -1) {
			if !slices.Contains(known, label[1]) {
				t.Errorf("%s: %s has no label %s", where, selector[1], label[1])
			}
		}
	}
}

// balanced reports whether brackets match, those in quotes aside.
func balanced(expr string) bool {
	var open []rune
	quoted := false
	closing := map[rune]rune{'(': ')', '[': ']', '{': '}'}
	for _, r := range expr {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case closing[r] != 0:
			open = append(open, closing[r])
		case strings.ContainsRune(")]}", r):
			if len(open) == 0 || open[len(open)-1] != r {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0 && !quoted
}

// anchors are those that a Markdown file has: of each heading its words in
// lower case, with dashes between them.
func anchors(t *testing.T, name string) []string {
	t.Helper()
	var found []string
	for line := range strings.Lines(string(readFile(t, name))) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			found = append(found, strings.Map(anchor, strings.TrimSpace(title)))
		}
	}
	return found
}

func anchor(r rune) rune {
	switch {
	case r == ' ':
		return '-'
	case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
		return unicode.ToLower(r)
	}
	return -1
}

func TestAlertRules(t *testing.T) {
	const runbook = "https://github.com/webhook-gateway/caddy-webhook-gateway/blob/main/docs/OPERATIONS.md#"
	all, there := everyFamily(t), anchors(t, "../docs/OPERATIONS.md")
	seen := make(map[string]bool)
	for _, r := range readAlerts(t) {
		checkExpr(t, all, r.Alert, r.Expr)
		if seen[r.Alert] || !strings.HasPrefix(r.Alert, "WebhookGateway") {
			t.Errorf("%s: there are two, or it is not called WebhookGateway...", r.Alert)
		}
		seen[r.Alert] = true
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels.Severity) || r.Annotations.Summary == "" || r.Annotations.Description == "" {
			t.Errorf("%s: severity %q, summary %q, description %q", r.Alert, r.Labels.Severity, r.Annotations.Summary, r.Annotations.Description)
		}
		if at, ok := strings.CutPrefix(r.Annotations.RunbookURL, runbook); !ok || !slices.Contains(there, at) {
			t.Errorf("%s: there is no %s", r.Alert, r.Annotations.RunbookURL)
		}
	}
}

func TestGrafanaDashboard(t *testing.T) {
	all, d := everyFamily(t), readDashboard(t)
	if d.SchemaVersion < 36 || len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" {
		t.Errorf("schema %d, variables %v: the first must choose the data source", d.SchemaVersion, d.Templating.List)
	}
	for _, v := range d.Templating.List {
		checkExpr(t, all, "variable "+v.Name, v.Definition)
	}
	ids := make(map[int]bool)
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" {
			t.Errorf("panel %d %q: no title, or an id that is taken", p.ID, p.Title)
		}
		ids[p.ID] = true
		if p.Type != "row" && (len(p.Targets) == 0 || p.Datasource == nil || p.Datasource.UID != "${datasource}") {
			t.Errorf("panel %q shows nothing, or not of the data source that is chosen", p.Title)
		}
		for _, target := range p.Targets {
			checkExpr(t, all, p.Title, target.Expr)
			if target.Datasource.UID != "${datasource}" {
				t.Errorf("panel %q asks %q", p.Title, target.Datasource.UID)
			}
		}
	}
}

// TestMetricsAreDocumented wants a row for each metric in docs/OPERATIONS.md,
// with its type, its labels and the alerts that look at it.
func TestMetricsAreDocumented(t *testing.T) {
	all, text := everyFamily(t), string(readFile(t, "../docs/OPERATIONS.md"))
	for name, f := range all {
		short := strings.TrimPrefix(name, prefix)
		_, row, _ := strings.Cut(text, "\n| `"+short+"` | "+strings.ToLower(f.GetType().String())+" |")
		row, _, found := strings.Cut(row, "\n")
		if !found {
			t.Errorf("docs/OPERATIONS.md has no row of %s %s", f.GetType(), short)
			continue
		}
		for label := range labels(f.GetMetric()[0]) {
			if label != "endpoint" && label != "destination" && !strings.Contains(row, "`"+label+"`") {
				t.Errorf("docs/OPERATIONS.md: %s lacks label %s", short, label)
			}
		}
		for _, r := range readAlerts(t) {
			alert := "`" + strings.TrimPrefix(r.Alert, "WebhookGateway") + "`"
			used := slices.ContainsFunc(metricNames.FindAllString(r.Expr, -1), func(n string) bool { return familyOf(all, n) == f })
			if used != strings.Contains(row, alert) {
				t.Errorf("docs/OPERATIONS.md: %s and alert %s: used %v, and not so in the row", short, alert, used)
			}
		}
	}
	for row := range strings.Lines(text) {
		if fields := strings.Split(row, "`"); strings.HasPrefix(row, "| `") && regexp.MustCompile(`\| (counter|gauge|histogram) \|`).MatchString(row) && all[prefix+fields[1]] == nil {
			t.Errorf("docs/OPERATIONS.md describes %s, which there is not", fields[1])
		}
	}
}

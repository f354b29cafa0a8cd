package check

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const page = "../docs/DEPLOY.md"

// fenced returns the page's blocks of code in a language.
func fenced(t *testing.T, language string) []string {
	t.Helper()
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(read(t, page), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("the page has no %s", language)
	}
	return blocks
}

// The page's commands start the image with variables that it knows.
func TestVariablesOfThePage(t *testing.T) {
	known := variables(t)
	for _, name := range variable.FindAllString(read(t, page), -1) {
		if !slices.Contains(known, name) {
			t.Errorf("%s is not among the image's variables %q", name, known)
		}
	}
	env := map[string]string{"WEBHOOK_MODE": "proxy"} // the default
	run := fenced(t, "sh")[0]
	for _, m := range regexp.MustCompile(`-e (\w+)=(\S+)`).FindAllStringSubmatch(run, -1) {
		env[m[1]] = m[2]
	}
	configured(t, env)
	for _, want := range []string{image, fmt.Sprintf(":%d ", webhooksPort), ":" + dataPath + " ", ":" + env["WEBHOOK_SECRET_FILE"] + ":ro"} {
		if !strings.Contains(run, want) {
			t.Errorf("docker run has no %s", want)
		}
	}
}

// The page's commands are commands, and name files that are there.
func TestCommandsOfThePage(t *testing.T) {
	files := regexp.MustCompile(`\bdeploy/(kubernetes|systemd)[\w./-]*`)
	for _, block := range fenced(t, "sh") {
		cmd := exec.CommandContext(t.Context(), "bash", "-n")
		cmd.Stdin = strings.NewReader(block)
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s\n%s", err, block, output)
		}
		for _, file := range files.FindAllString(block, -1) {
			if _, err := os.Stat(filepath.Join("../..", file)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestLinksOfThePage(t *testing.T) {
	for _, m := range regexp.MustCompile(`\]\(([^)#]*)(#[\w-]+)?\)`).FindAllStringSubmatch(read(t, page), -1) {
		target := page
		if m[1] != "" {
			target = path.Join("../docs", m[1])
		}
		if _, err := os.Stat(filepath.Join("..", target)); err != nil {
			t.Error(err)
		}
		if m[2] != "" && !slices.Contains(anchors(read(t, target)), m[2]) {
			t.Errorf("%s has no %s", target, m[2])
		}
	}
}

// anchors returns what a page's headings are linked by.
func anchors(text string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		names = append(names, "#"+strings.ReplaceAll(strings.ToLower(m[1]), " ", "-"))
	}
	return names
}

// The page's part of a Prometheus configuration has our rules and our port.
func TestPrometheusOfThePage(t *testing.T) {
	var config struct {
		RuleFiles     []string `json:"rule_files"`
		ScrapeConfigs []struct {
			JobName       string `json:"job_name"`
			StaticConfigs []struct {
				Targets []string `json:"targets"`
			} `json:"static_configs"`
		} `json:"scrape_configs"`
	}
	strict(t, page, []byte(fenced(t, "yaml")[0]), &config)
	for _, file := range config.RuleFiles {
		read(t, "prometheus/"+file)
	}
	equal(t, "the target", config.ScrapeConfigs[0].StaticConfigs[0].Targets[0], fmt.Sprintf("gateway:%d", healthPort))
}

package torture

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// reload replaces the configuration, as `caddy reload` does.
func (tr *trial) reload(caddyfile string) (status int, text string, err error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+tr.admin+"/load", strings.NewReader(caddyfile))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "text/caddyfile")
	r.Header.Set("Cache-Control", "must-revalidate") // load even what is the same
	r.Close = true                                   // each load replaces the admin server
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body), err
}

// mustReload replaces the configuration by the trial's, which is a good one.
func (tr *trial) mustReload() {
	tr.t.Helper()
	tr.setup.version++
	if status, text, err := tr.reload(tr.caddyfile()); err != nil || status != http.StatusOK {
		tr.t.Fatalf("reload: %d %s %v", status, text, err)
	}
}

// metric sums the series of a metric that have all these labels, given as
// `name="value"`.
func (tr *trial) metric(name string, labels ...string) (sum float64) {
	tr.t.Helper()
	answer, err := http.Get("http://" + tr.admin + "/metrics")
	if err != nil {
		tr.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		tr.t.Fatalf("/metrics was answered %d", answer.StatusCode)
	}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		series, value, _ := strings.Cut(lines.Text(), "} ")
		if strings.HasPrefix(series, "caddy_webhook_gateway_"+name+"{") && containsAll(series, labels) {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				tr.t.Error(err)
			}
			sum += n
		}
	}
	return sum
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

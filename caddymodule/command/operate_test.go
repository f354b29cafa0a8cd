package command

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	got := s.execute("status")
	got.wants(t, 0, "healthy\nstore      ready; events: 0 (0 B), unsettled: 0; free: 1.0 GiB; /var/lib/webhooks.db\nlast hour  0 accepted", "")
	got.wants(t, 0, "stripe    default      store  healthy", "")
	s.execute("pause", "stripe", "--all").wants(t, 0, "stripe/default is paused\nstripe/audit is paused\n", "")
	s.execute("status").wants(t, 0, "closed   paused\n", "")
	s.execute("resume", "stripe").wants(t, 0, "stripe/default goes on\n", "")
	s.execute("resume", "stripe", "audit", "--json").wants(t, 0, "{\"ok\":true}\n", "")
	got = s.execute("status", "--json")
	if strings.Contains(got.out, `"paused":true`) || !json.Valid([]byte(got.out)) || got.status != 0 {
		t.Errorf("%+v", got)
	}
	s.execute("pause", "stripe", "other").wants(t, 2, "", "stripe/other: the endpoint has no such destination")
	s.execute("pause", "nobody", "--all").wants(t, 2, "", `there is no endpoint "nobody"`)
	s.execute("pause", "stripe", "audit", "--all").wants(t, 2, "", "exclude each other")
	s.system.Engine = nil
	s.execute("status").wants(t, 0, "store      off\n", "")
}

// A name that nobody knows may be misspelt.
func TestUnknownEndpoint(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	for _, tt := range []struct {
		args []string
		out  string
	}{
		{[]string{"deliveries"}, "no deliveries\n"},
		{[]string{"deliveries", "--json"}, "{\"deliveries\":[]}\n"},
		{[]string{"refusals"}, "no refusals\n"},
		{[]string{"refusals", "--json"}, "{\"refusals\":[]}\n"},
		{[]string{"replay"}, "0 deliveries replayed\n"},
		{[]string{"replay", "--dry-run"}, "0 deliveries would be replayed\n"},
		{[]string{"discard"}, "0 deliveries discarded\n"},
	} {
		want := "caddy webhook " + tt.args[0] + ": no endpoint \"nosuch\" is known, in the configuration or in the store\n"
		s.execute(append(tt.args, "--endpoint", "nosuch")...).wants(t, 0, tt.out, want)
		s.execute(append(tt.args, "--endpoint", "stripe")...).wants(t, 0, tt.out, "")
	}
	s.add(1, stored{id: "evt_", state: gateway.Dead, last: failed})
	s.system.Endpoints = nil // what is stored is still known, though the configuration has it no more
	s.system.Engine.Stats.Lanes = map[gateway.Address]gateway.LaneStats{{Endpoint: "stripe", Destination: "default"}: {}}
	s.execute("deliveries", "--endpoint", "stripe", "--state", "pending").wants(t, 0, "no deliveries\n", "")
}

// Where all destinations have names, there is no default to pause.
func TestPauseNamed(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.system.Endpoints = []admin.Endpoint{{Name: "orders", Mode: "store", Destinations: []string{"billing", "audit"}}}
	const none = "the endpoint has no such destination, and nothing is stored for one; "
	for _, command := range []string{"pause", "resume"} {
		s.execute(command, "orders").wants(t, 2, "", "caddy webhook "+command+": orders/default: "+none+"it has billing, audit: name one, or say --all\n")
		s.execute(command, "orders", "biling").wants(t, 2, "", "caddy webhook "+command+": orders/biling: "+none+"it has billing, audit: name one, or say --all\n")
		s.execute(command, "nobody").wants(t, 2, "", "caddy webhook "+command+": there is no endpoint \"nobody\"\n")
		s.execute(command, "orders", "audit").wants(t, 0, "orders/audit ", "")
	}
	execute(t, "", "pause", "--help").wants(t, 0, "\nIn mode proxy the application is still asked for new webhooks, while their senders\nwait: what is held is what is delivered in the background.\n", "")
}

func TestHealth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, answer string
		status       int
		want         string
	}{
		{"ready", `{"health":"healthy","store":{"state":"ready"}}`, 0, "ready\n"},
		{"without a store", `{"health":"healthy","store":{"state":"off"}}`, 0, "ready\n"},
		{"an endpoint does badly", `{"health":"degraded","reasons":["stripe: 60 %"],"store":{"state":"ready"}}`, 0, "ready, but degraded: stripe: 60 %\n"},
		{"the store is full", `{"health":"degraded","store":{"state":"full","error":"4 MiB free"}}`, 0, "ready, but the store is full: 4 MiB free\n"},
		{"the store is full, and that is why it is degraded", `{"health":"degraded","reasons":["The store is full."],"store":{"state":"full"}}`, 0, "ready, but the store is full\n"},
		{"the store is closed", `{"health":"degraded","store":{"state":"closed"}}`, 1, "the store is closed\n"},
		{"a state that is none", `{"health":"healthy","store":{"state":"fine"}}`, 1, "the store is fine\n"},
		{"the store has failed", `{"health":"degraded","store":{"state":"failed"}}`, 1, "the store is failed\n"},
		{"something else answers", `hello`, 1, "the answer is not what was expected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := answering(t, tt.answer)
			execute(t, "", "health", "--address", address).wants(t, tt.status, tt.want, "")
			ready := fmt.Sprintf(`"ready":%v`, tt.status == 0)
			execute(t, "", "health", "--json", "--address", address).wants(t, tt.status, ready, "")
		})
	}
	execute(t, "", "health", "--address", deadAddress(t)).wants(t, 1, "no Caddy answers at 127.0.0.1:", "")
}

// What the help says of an id is what the store does with it.
func TestDiscardHelp(t *testing.T) {
	t.Parallel()
	execute(t, "", "discard", "--help").wants(t, 0, "An event goes with its last delivery; its id is as known as it was before. If the\n"+
		"provider sends it again, that is taken for a repeat, but for a new event if all\n"+
		"its deliveries were dead letters: the id of such an event is forgotten.\n", "")
}

func TestDegraded(t *testing.T) {
	t.Parallel()
	answer := `{"health":"degraded","reasons":["a\u001b[2J"],"store":{"state":"ready"},"endpoints":[
		{"name":"a","mode":"proxy","health":"degraded","hour":{"accepted":1234},"destinations":[
			{"name":"x","configured":true,"breaker":"open","pending":1,"delivering":1,"oldest":"2020-01-01T00:00:00Z"},{"name":"y","breaker":"closed"}]},
		{"name":"b","destinations":[]}]}`
	got := execute(t, "", "status", "--address", answering(t, answer))
	got.wants(t, 1, "degraded\n  a [2J\nstore", "")
	got.wants(t, 1, "a         x            proxy  degraded  1,234     0        2        0          0     ", "")
	got.wants(t, 1, "years ago  open     \n", "")
	got.wants(t, 1, "-            closed   not in the configuration\n", "")
	execute(t, "", "status", "--json", "--address", answering(t, answer)).wants(t, 1, `"reasons":["a\u001b[2J"]`, "")
}

// answering returns the address of a server that says one thing.
func answering(t *testing.T, text string) string {
	t.Helper()
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }))
}

// deadAddress returns one at which nobody answers.
func deadAddress(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(nil)
	defer server.Close()
	return strings.TrimPrefix(server.URL, "http://")
}

func TestNoCaddy(t *testing.T) {
	t.Parallel()
	address := deadAddress(t)
	for _, args := range [][]string{
		{"status"},
		{"deliveries"},
		{"deliveries", "--json"},
		{"show", "1"},
		{"replay", "1"},
		{"replay", "--all-dead"},
		{"discard", "1", "--yes"},
		{"pause", "a"},
		{"resume", "a"},
		{"tail"},
		{"refusals"},
		{"backup", "x"},
	} {
		execute(t, "", append(args, "--address", address)...).wants(t, 2, "", "no Caddy answers at "+address+": is it running? Say --address")
	}
	execute(t, "", "status", "--address", "unix//does/not/exist.sock").wants(t, 2, "", "no Caddy answers at unix//does/not/exist.sock")
	execute(t, "", "status", "--address", "localhost:1-9").wants(t, 2, "", "invalid admin address")
	execute(t, "", "status", "--config", "/does/not/exist").wants(t, 2, "", "no such file")
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	s, dir := newStand(t), t.TempDir()
	config := filepath.Join(dir, "caddy.conf")
	if err := os.WriteFile(config, []byte("{\n\tadmin "+s.address+"\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, "", "health", "--config", config, "--adapter", "caddyfile").wants(t, 0, "ready\n", "")
	socket := filepath.Join(dir, "admin.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"health":"healthy","store":{"state":"off"}}`)
	})}}
	server.Start()
	defer server.Close()
	execute(t, "", "health", "--address", "unix/"+socket).wants(t, 0, "ready\n", "")
	execute(t, "", "health", "--address", "unix/"+socket+"|0220").wants(t, 0, "ready\n", "")
}

func TestAnotherCaddy(t *testing.T) {
	t.Parallel()
	address := serve(t, http.NotFoundHandler())
	execute(t, "", "status", "--address", address).wants(t, 2, "", "has no webhook gateway (404)")
	s := newStand(t)
	s.system = nil
	s.execute("status").wants(t, 2, "", "caddy webhook status: the gateway does not run\n")
	s.execute("status", "--json").wants(t, 2, "", "{\"error\":\"the gateway does not run\"}\n")
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.execute("deliveries").wants(t, 0, "no deliveries\n", "")
	s.execute("deliveries", "--json").wants(t, 0, "{\"deliveries\":[]}\n", "")
	s.add(1, stored{id: "evt_\x1b]0;x\u202e\u009b", typ: "a\nb", state: gateway.Dead, last: failed})
	s.add(60, stored{id: "evt_"})
	got := s.execute("deliveries", "--state", "dead")
	got.wants(t, 0, "ID  RECEIVED  DESTINATION     EVENT  REFERENCE    STATE  ATTEMPTS  LAST\n", "")
	got.wants(t, 0, "1   now       stripe/default  a b    evt_ ]0;x    dead   1         503\n", "")
	got = s.execute("deliveries")
	if lines := strings.Count(got.out, "\n"); lines != 1+50+1 || !strings.HasSuffix(got.out, "there are more: see --limit and --all\n") {
		t.Errorf("%d lines\n%s", lines, got.out)
	}
	for _, tt := range []struct {
		args []string
		want int
		next bool
	}{
		{nil, 50, true},
		{[]string{"--all"}, 61, false},
		{[]string{"--limit", "61"}, 61, false},
		{[]string{"--id", "evt_9"}, 1, false},
		{[]string{"--since", "1h", "--until", "30m"}, 0, false},
		{[]string{"--since", "2020-01-01T00:00:00Z", "--search", "AMOUNT", "--limit", "1"}, 1, true},
	} {
		got := s.execute(append([]string{"deliveries", "--json"}, tt.args...)...)
		var d admin.Deliveries
		if err := json.Unmarshal([]byte(got.out), &d); err != nil || len(d.Deliveries) != tt.want || (d.Next != "") != tt.next || strings.ContainsAny(got.out, "\x1b\u202e\u009b") {
			t.Errorf("%q: %d, next %q, %v; want %d, %v", tt.args, len(d.Deliveries), d.Next, err, tt.want, tt.next)
		}
	}
	s.execute("deliveries", "--limit", "0").wants(t, 2, "", "--limit: must be 1 or more")
	s.execute("deliveries", "--since", "yesterday").wants(t, 2, "", `--since: "yesterday" is neither an instant`)
	s.execute("deliveries", "--state", "lost").wants(t, 2, "", `state: "lost" is none of`)
}

func TestShow(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.add(1, stored{id: "evt_1", typ: "charge.failed", state: gateway.Dead, last: failed})
	s.add(1, stored{id: "evt_2", body: "line\x1b[31m 1\r\nline 2\xff"})
	s.add(1, stored{id: "evt_3", body: "a\x1bb\nc"})
	got := s.execute("show", "1")
	for _, want := range []string{
		"delivery    1, dead\nto          stripe/default\nevent       evt_1 charge.failed\n",
		", from 192.0.2.7, over TLS\n",
		"POST /stripe?x=1\nHost: hooks.example.com\nContent-Type: application/json\n\n{\n  \"amount\": 100\n}\n",
		"attempt 1  20", ", 12 ms: 503: the application answered 503\n    down [31m\n",
	} {
		got.wants(t, 0, want, "")
	}
	s.execute("show", "2").wants(t, 0, "00000000  6c 69 6e 65 1b 5b", "")
	s.execute("show", "3").wants(t, 0, "\na b\nc\n\nno attempts are known\n", "")
	if got := s.execute("show", "--body", "2"); got.out != "line\x1b[31m 1\r\nline 2\xff" || got.status != 0 {
		t.Errorf("%+v", got)
	}
	s.execute("show", "--json", "1").wants(t, 0, `"answer":"down\u001b[31m"`, "")
	s.execute("show", "99").wants(t, 2, "", "caddy webhook show: delivery 99: no such delivery\n")
	s.execute("show", "--body", "99").wants(t, 2, "", "caddy webhook show: delivery 99: no such delivery\n")
	s.execute("show", "--body", "--json", "1").wants(t, 2, "", "exclude each other")
}

func TestBackup(t *testing.T) {
	s, dir := newStand(t), t.TempDir()
	t.Chdir(dir)
	s.execute("backup", "copy.db").wants(t, 0, filepath.Join(dir, "copy.db")+" is written, ", "")
	s.execute("backup", "copy.db").wants(t, 2, "", "is there already")
	s.execute("backup", "--json", "2.db").wants(t, 0, "{\"ok\":true}\n", "")
}

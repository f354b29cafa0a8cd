package command

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/caddymodule"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const doctorHelp = `
Checks the endpoints of a configuration, a Caddyfile or JSON, the way an
operator would before and after putting it to work. It changes nothing, starts
nothing, and prints no secret.

For what all endpoints share it looks at:

	- the options, and the place of the store: not at the file itself

For each endpoint it looks at:

	- the options: all of them acceptable, none missing that the provider needs,
	  and none that needs a store where there is none
	- the secrets: set, long enough, usable, not shared between endpoints, and
	  not written in the configuration itself
	- the allowlist, and whether the senders' addresses are known behind a proxy
	- the limits: the largest body that the provider sends, and how long it
	  waits for an answer
	- each upstream: reachable, its TLS certificate valid for two more weeks,
	  and its clock (the Date of an answer to HEAD /) in step with this one

Placeholders are replaced with the environment and files of this command: run
it as the server's user with the server's environment. Upstreams that are not
written in the configuration, as those of dynamic_upstreams, are not checked.

With --offline nothing is connected to.

What is not the gateway's own, as sites, certificates and the handlers in
deliver, is for 'caddy validate'.

With --json it prints an array of objects, level being ok, warn or fail, and
endpoint "" for what all endpoints share:

	[{"endpoint":"stripe","check":"secrets","level":"fail","text":"...","fix":"..."}]

Exit status:

	0  nothing failed, though there may be warnings
	1  something failed
	2  the configuration is not usable, or has no endpoint; standard error
	   says why in one line
`

const doctorExamples = `  $ caddy webhook doctor Caddyfile
  $ caddy webhook doctor --offline --json caddy.json
  $ caddy webhook doctor --adapter caddyfile /etc/caddy/site.conf`

func newDoctor() *cobra.Command {
	var adapter string
	var offline, asJSON bool
	cmd := &cobra.Command{
		Use:     "doctor [--adapter <name>] [--offline] [--json] <config>",
		Short:   "Checks a configuration the way an operator would",
		Long:    doctorHelp,
		Example: doctorExamples,
		Args:    takes(1, 1),

		DisableFlagsInUseLine: true,
	}
	cmd.Flags().StringVar(&adapter, "adapter", "", "config adapter (default caddyfile, unless the file is JSON)")
	cmd.Flags().BoolVar(&offline, "offline", false, "connect to nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		c, err := loadConfiguration(args[0], adapter)
		if err != nil {
			return err
		}
		d := &doctor{ctx: cmd.Context(), app: c.app, names: map[string]bool{}, secrets: map[string]string{}, sights: map[string]*sight{}}
		if !offline {
			d.now = time.Now
		}
		d.checkApp(c.unknown)
		for _, e := range c.endpoints {
			d.examine(e)
		}
		return d.show(cmd.OutOrStdout(), asJSON)
	})
	return cmd
}

// Levels of findings.
const (
	levelOK   = "ok"
	levelWarn = "warn"
	levelFail = "fail"
)

// A finding is what one check of one endpoint came to.
type finding struct {
	Endpoint string `json:"endpoint"` // "": what all endpoints share
	Check    string `json:"check"`
	Level    string `json:"level"`
	Text     string `json:"text"`
	Fix      string `json:"fix,omitempty"` // what to do about it
}

// A doctor examines endpoints one after the other.
type doctor struct {
	ctx      context.Context
	now      func() time.Time // nil: offline
	app      *caddymodule.App
	names    map[string]bool   // of endpoints
	secrets  map[string]string // resolved → the endpoint that has it
	sights   map[string]*sight // of upstreams, so that each is asked once
	findings []finding
	endpoint string // being examined
	schemes  []*verify.Scheme
}

// note adds a finding about the endpoint that is examined.
func (d *doctor) note(check, level, text, fix string) {
	d.findings = append(d.findings, finding{d.endpoint, check, level, text, fix})
}

// examine makes all checks of one endpoint.
func (d *doctor) examine(e *endpoint) {
	d.endpoint, d.schemes = e.Name, nil
	p, known := verify.Lookup(e.Verify.Provider)
	if known {
		d.schemes = chosen(p, e.Verify.Options)
	}
	d.resolveOptions(e)
	d.resolveSign(e)
	d.checkOptions(e)
	if !known {
		return // checkOptions says so
	}
	d.checkSecrets(e, p)
	d.checkSenders(e)
	d.checkLimits(e, p)
	d.checkUpstreams(e)
}

// show prints the findings and returns errNo if one is a failure.
func (d *doctor) show(w io.Writer, asJSON bool) error {
	failed := 0
	for _, f := range d.findings {
		if f.Level == levelFail {
			failed++
		}
	}
	if asJSON {
		if err := writeJSON(w, d.findings); err != nil {
			return err
		}
	} else {
		d.print(w)
	}
	if failed > 0 {
		return errNo
	}
	return nil
}

func (d *doctor) print(w io.Writer) {
	signs := map[string]string{levelOK: "✓", levelWarn: "!", levelFail: "✗"}
	count := map[string]int{}
	endpoint := ""
	for i, f := range d.findings {
		if i == 0 || f.Endpoint != endpoint {
			endpoint = f.Endpoint
			printf(w, "%s\n", cmp.Or(endpoint, "all endpoints"))
		}
		count[f.Level]++
		printf(w, "  %s %s: %s\n", signs[f.Level], f.Check, f.Text)
		if f.Fix != "" {
			printf(w, "      → %s\n", f.Fix)
		}
	}
	printf(w, "%d ok, %d warnings, %d failures\n", count[levelOK], count[levelWarn], count[levelFail])
}

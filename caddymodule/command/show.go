package command

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

const showHelp = `
Shows all about one delivery: its event, the request as the sender made it with
secrets in its headers replaced, and each attempt with what the application
said. ID is the first column of 'caddy webhook deliveries'.

With --body it prints the body and nothing else, byte for byte; only on a
terminal are control characters replaced.

With --json it prints the API's answer to GET /webhook_gateway/deliveries/ID.
` + apiHelp + `
Exit status:

	0  it was shown
	2  it could not be, or there is none; standard error says why in one line
`

const showExamples = `  $ caddy webhook show 1042
  $ caddy webhook show 1042 --body > body.json
  $ caddy webhook show 1042 --json`

func newShow() *cobra.Command {
	var o operator
	var body bool
	cmd := &cobra.Command{
		Use:     "show [--body | --json] [--address <address> | --config <path>] <id>",
		Short:   "Shows one delivery: the request and the attempts",
		Long:    showHelp,
		Example: showExamples,
		Args:    takes(1, 1),

		DisableFlagsInUseLine: true,
	}
	o.register(cmd)
	cmd.Flags().BoolVar(&body, "body", false, "print the body alone")
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		if body && o.json {
			return errors.New("--body and --json exclude each other")
		}
		c, err := o.dial()
		if err != nil {
			return err
		}
		if body {
			return showBody(cmd, c, args[0])
		}
		a, err := c.Show(cmd.Context(), args[0])
		switch w := cmd.OutOrStdout(); {
		case err != nil:
			return about(args[0], err)
		case o.json:
			return printJSON(w, a.JSON)
		default:
			printDelivery(w, &a.Value, time.Now())
		}
		return nil
	})
	return cmd
}

func showBody(cmd *cobra.Command, c *client.Client, id string) error {
	w := cmd.OutOrStdout()
	var text bytes.Buffer // for a terminal
	to := w
	if terminal(w) {
		to = &text
	}
	if err := c.Body(cmd.Context(), id, to); err != nil {
		return about(id, err)
	}
	if terminal(w) {
		printf(w, "%s\n", printableLines(text.String()))
	}
	return nil
}

// about says which delivery an error is about, if it does not say so itself.
func about(id string, err error) error {
	if prefix := "delivery " + id + ": "; !strings.HasPrefix(err.Error(), prefix) {
		return fmt.Errorf("%s%w", prefix, err)
	}
	return err
}

func printDelivery(w io.Writer, d *admin.DeliveryDetail, now time.Time) {
	field := func(name, value string) {
		if value != "" {
			printf(w, "%-12s%s\n", name, printable(value))
		}
	}
	field("delivery", d.ID+", "+d.State)
	field("to", d.Endpoint+"/"+d.Destination)
	field("event", strings.TrimSpace(d.Reference+" "+d.Event))
	field("provider", d.Provider)
	field("received", stamp(d.ReceivedAt)+", "+ago(now, d.ReceivedAt)+origin(&d.Request))
	if d.Due != nil {
		field("due", stamp(*d.Due)+", "+ago(now, *d.Due))
	}
	field("siblings", strings.Join(d.Siblings, ", "))
	printf(w, "\n")
	printRequest(w, &d.Request)
	printf(w, "\n")
	printHistory(w, d)
}

// origin says where the request came from.
func origin(r *admin.Request) string {
	text := ""
	if r.Sender != "" {
		text = ", from " + r.Sender
	}
	if r.TLS {
		text += ", over TLS"
	}
	return text
}

func printRequest(w io.Writer, r *admin.Request) {
	printf(w, "%s %s\n", printable(r.Method), printable(r.Target))
	printf(w, "Host: %s\n", printable(r.Host))
	for _, h := range r.Headers {
		printf(w, "%s: %s\n", printable(h[0]), printable(h[1]))
	}
	printf(w, "\n%s\n", describeBody(r))
}

// describeBody returns the body for people: JSON is indented, bytes that are no
// text are shown in hexadecimal.
func describeBody(r *admin.Request) string {
	var pretty bytes.Buffer
	text := ""
	switch {
	case r.Size == 0:
		return "(no body)"
	case r.Base64 != "":
		raw, err := base64.StdEncoding.DecodeString(r.Base64)
		if err != nil {
			return "(the body is not shown: " + printable(err.Error()) + ")"
		}
		text = strings.TrimSuffix(hex.Dump(raw), "\n")
	case json.Indent(&pretty, []byte(r.Body), "", "  ") == nil:
		text = pretty.String()
	default:
		text = r.Body
	}
	text = printableLines(text)
	if r.Cut {
		text += fmt.Sprintf("\n(this is the beginning of %s: see --body)", humanize.IBytes(uint64(max(r.Size, 0))))
	}
	return text
}

// printHistory prints the attempts, the first one first.
func printHistory(w io.Writer, d *admin.DeliveryDetail) {
	if len(d.History) == 0 {
		printf(w, "no attempts are known\n")
		return
	}
	for i := range d.History {
		a := &d.History[i]
		printf(w, "attempt %d  %s  %s after it was received, %s: %s\n",
			a.Number, stamp(a.Start), a.Start.Sub(d.ReceivedAt).Round(time.Millisecond), took(a.Duration), printable(describeAttempt(a)))
		if a.Answer != "" {
			printf(w, "    %s\n", strings.ReplaceAll(printableLines(strings.TrimSpace(a.Answer)), "\n", "\n    "))
		}
	}
}

// describeAttempt says how an attempt went.
func describeAttempt(a *admin.Attempt) string {
	text := outcomeOf(a)
	if text == "-" {
		text = "under way"
	}
	if a.Error != "" {
		text += ": " + a.Error
	}
	return text
}

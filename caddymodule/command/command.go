// Package command has what people type: `caddy webhook` and its subcommands,
// which list the providers, sign, send and verify webhooks, check a configuration,
// and show and tend what a running gateway has. Importing it registers them.
//
// Every command writes for people, or with --json for programs, and says what
// came of it with the same exit status: 0 yes, 1 no, 2 nothing could be said.
package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:      "webhook",
		Usage:     "<command>",
		Short:     "Lists providers, signs, sends and verifies webhooks, checks and operates a gateway",
		Long:      webhookHelp,
		CobraFunc: setUp,
	})
}

const webhookHelp = `
Tools for webhooks and the handler webhook_gateway. They use the same code and
the same catalogue of providers as the server does.

	- 'caddy webhook providers' lists who can be verified, and how to configure it.
	- 'caddy webhook sign' makes a signed request and prints it.
	- 'caddy webhook send' sends signed test events to an address.
	- 'caddy webhook verify' says whether a captured request is genuine, and why not.
	- 'caddy webhook doctor' checks a configuration the way an operator would.

These ask a running Caddy over its admin API:

	- 'caddy webhook status' shows how the gateway does, endpoint by endpoint.
	- 'caddy webhook deliveries' lists deliveries; 'caddy webhook show' shows one.
	- 'caddy webhook replay' has deliveries made again, 'caddy webhook discard'
	  deletes them.
	- 'caddy webhook pause' and 'caddy webhook resume' stop attempts at a
	  destination, and let them go on.
	- 'caddy webhook tail' shows what happens, as it happens.
	- 'caddy webhook refusals' lists requests that were refused, with advice.
	- 'caddy webhook backup' writes a copy of the store.
	- 'caddy webhook dashboard' serves the dashboard to this machine's browsers.
	- 'caddy webhook health' is for the health check of a container.

Secrets may be given as they are, as a placeholder ({env.NAME}, {file.PATH}),
or as a file. None of the commands ever prints one, except inside the request
that sign prints when the provider sends the secret itself.

Every command takes --json, which prints JSON on standard output for programs.

Exit status:

	0  yes: the request is valid, all answers were good, nothing failed
	1  no: the request is not valid, an answer was bad, a check failed
	2  nothing can be said: the input or the command line is not usable, or no
	   Caddy answers; standard error has one line on why (with --json:
	   {"error":"..."})
`

// setUp adds the subcommands to the command webhook.
func setUp(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(fail)
	cmd.Args = cobra.ArbitraryArgs // for RunE to refuse: else cobra shows the help, with status 0
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return fail(cmd, fmt.Errorf("unknown command %q; see caddy help webhook", args[0]))
	}
	cmd.AddCommand(newProviders(), newSign(), newSend(), newVerify(), newDoctor())
	cmd.AddCommand(newStatus(), newDeliveries(), newShow(), newReplay(), newDiscard(), newPause(), newResume())
	cmd.AddCommand(newTail(), newRefusals(), newBackup(), newHealth(), newDashboard())
}

// errNo ends a command with status 1. What there is to say has been printed.
var errNo = errors.New("no")

// runs makes a command's RunE of a function that returns nil for status 0,
// errNo for 1, and any other error for 2.
func runs(run func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		switch {
		case errors.Is(err, errNo):
			cmd.SilenceErrors = true
			return err
		case err != nil:
			return fail(cmd, err)
		}
		return nil
	}
}

// takes checks the number of arguments, which are shown as in usage.
func takes(atLeast, atMost int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < atLeast || len(args) > atMost {
			return fail(cmd, fmt.Errorf("%d arguments; usage: %s", len(args), cmd.UseLine()))
		}
		return nil
	}
}

// fail reports an error on standard error and returns the one with which the
// process ends with status 2.
func fail(cmd *cobra.Command, err error) error {
	cmd.SilenceErrors = true
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		_ = writeJSON(cmd.ErrOrStderr(), map[string]string{"error": err.Error()})
	} else {
		printf(cmd.ErrOrStderr(), "%s: %v\n", cmd.CommandPath(), printable(err.Error()))
	}
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return 2, nil })(cmd, nil)
}

// printf writes to a terminal or a pipe. If that fails, its reader is gone and
// there is nobody to tell.
func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// writeJSON writes one value on one line.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

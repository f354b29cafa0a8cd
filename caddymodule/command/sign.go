package command

import (
	"fmt"

	"github.com/spf13/cobra"
)

const signHelp = `
Makes a request as the provider would send it, signs it, and prints it: as a
curl command to paste into a shell, as raw HTTP/1.1, or as JSON. Nothing is
sent; 'caddy webhook send' does that.

The body is that of --body, byte for byte, or else a sample of the provider's.
The event type and the delivery id go where the provider has them: into a
header or into the body. An id in a header is a new one unless --id gives it;
one in the body stays as it is unless --id does.

The first secret signs. Where the provider has a private key, give that one as
PEM (PKCS #8): the public key that verifies cannot sign.

A body that a shell cannot take, because it is not text or larger than 96 KiB,
needs --format http or --format json.

With --json (or --format json) it prints one object:

	{"method":"POST","url":"...","headers":{"Name":["value"]},"body_base64":"..."}

Exit status:

	0  the request was printed
	2  it could not be made; standard error says why in one line
`

const signExamples = `  $ caddy webhook sign --provider stripe --secret '{env.STRIPE_SECRET}'
  $ caddy webhook sign --provider github --secret s3cret --event push --body push.json --url https://example.com/hooks
  $ caddy webhook sign --provider slack --secret s3cret --format http | caddy webhook verify --provider slack --secret s3cret`

func newSign() *cobra.Command {
	var e event
	var format string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "sign --provider <name> [--secret <secret>] [--body <file>] [--url <url>] [--event <type>] [--format curl|http|json]",
		Short:   "Prints a signed request as a curl command, raw HTTP or JSON",
		Long:    signHelp,
		Example: signExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	e.register(cmd)
	cmd.Flags().StringVar(&e.url, "url", "", "where the request is for (default http://localhost:8080/<provider>)")
	cmd.Flags().StringVar(&format, "format", "curl", "curl, http or json")
	cmd.Flags().BoolVar(&asJSON, "json", false, "the same as --format json")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		if asJSON {
			format = "json"
		}
		write, ok := formats[format]
		if !ok {
			return fmt.Errorf("--format: %q is not curl, http or json", format)
		}
		now, err := e.clock()
		if err != nil {
			return err
		}
		m, err := e.mint(cmd.InOrStdin())
		if err != nil {
			return err
		}
		r, err := m.next(now)
		if err != nil {
			return err
		}
		return write(cmd.OutOrStdout(), r)
	})
	return cmd
}

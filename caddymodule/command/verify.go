package command

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

const verifyHelp = `
Reads one raw HTTP/1.1 request from standard input, verifies it as the gateway
would, and says whether it is valid, and if not, why. It asks nobody: where a
provider publishes its public keys or certificates, give them with --secret.

The request is what was on the wire: request line, headers, an empty line and
the body, byte for byte. Lines of the head may end in LF alone. The body is as
long as Content-Length says, or chunked where Transfer-Encoding says so, or
else all that follows the empty line. Whatever is missing or left over makes
the input unusable, because the signature could not be judged.

Secrets are tried in the order given, as in a rotation. Options are those of
the Caddyfile's verify, see 'caddy webhook providers' NAME for the ones that a
provider needs; a signature over the public address needs --option url=....

With --explain it says in plain words which header was read, what was signed,
which secret matched and how far off the clock is; and it tries the usual
causes, among them a re-serialised body, a newline added at its end, a base64
secret taken as text, and the secret of another endpoint.

With --json it prints one object:

	{"valid":false,"reason":"sig_bad","id":"","event":"","detail":"..."}

The reason is the same word as in the gateway's log and metrics, and empty when
the request is valid. The detail is a sentence for people; it never contains a
secret or the signature that would have been right. With --explain there are
also scheme, secret (by number), steps and causes.

Exit status:

	0  the request is valid
	1  it is not
	2  nothing can be said: unknown provider or option, missing option or
	   secret, incomplete request; standard error says why in one line, with
	   --json as {"error":"..."}, and standard output is empty
`

const verifyExamples = `  $ caddy webhook verify --provider stripe --secret '{env.STRIPE_SECRET}' < request.http
  $ caddy webhook verify --provider github --secret-file old --secret-file new --explain < request.http
  $ caddy webhook verify --provider twilio --secret "$TOKEN" --option url=https://example.com/in < request.http
  $ caddy webhook verify --provider discord --secret "$(cat public.pem)" --now 1767225600 --json < request.http`

func newVerify() *cobra.Command {
	var id identity
	var asJSON, withReasons bool
	cmd := &cobra.Command{
		Use:     "verify --provider <name> [--secret <secret>...] [--option <name=value>...] [--now <time>] [--explain] [--json] < <request>",
		Short:   "Verifies a captured request from standard input, offline",
		Long:    verifyHelp,
		Example: verifyExamples,
		Args:    takes(0, 0),

		DisableFlagsInUseLine: true,
	}
	id.register(cmd.Flags())
	cmd.Flags().BoolVar(&withReasons, "explain", false, "say what was read and signed, and what would have made it valid")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.RunE = runs(func(cmd *cobra.Command, _ []string) error {
		c, now, r, err := id.question(cmd.InOrStdin())
		if err != nil {
			return err
		}
		v, err := judge(c, now, r)
		if err != nil {
			return err
		}
		if withReasons {
			v.Explanation = explain(c, now, r)
		}
		return v.show(cmd.OutOrStdout(), len(c.Secrets), asJSON)
	})
	return cmd
}

// question reads all that a verdict depends on.
func (id *identity) question(in io.Reader) (c verify.Config, now time.Time, r *verify.Request, err error) {
	if c, err = id.config(); err != nil {
		return
	}
	if now, err = id.clock(); err != nil {
		return
	}
	// The configuration first: its mistakes are the more frequent ones.
	if err = offline(c); err != nil {
		return
	}
	captured, err := readCapture(in)
	if err != nil {
		return
	}
	return c, now, &captured.Request, nil
}

// offline refuses a configuration with which keys would be fetched, or that
// is not usable at all.
func offline(c verify.Config) error {
	p, _ := verify.Lookup(c.Provider)
	keys := c.Options["keys"]
	remote := keys == "" || strings.Contains(keys, "://")
	fetches := func(s *verify.Scheme) bool { return s.KeySource != nil && remote }
	if len(c.Secrets) == 0 && slices.ContainsFunc(chosen(p, c.Options), fetches) {
		return fmt.Errorf("provider %s publishes its keys, which are not fetched here; give its public key or certificate with --secret", p.Name)
	}
	v, err := verify.New(c)
	if err != nil {
		return err
	}
	v.Close()
	return nil
}

// A verdict is what verify says about a request.
type verdict struct {
	Valid  bool   `json:"valid"`
	Reason string `json:"reason"` // as the gateway logs it; "" when valid
	ID     string `json:"id"`
	Event  string `json:"event"`
	Detail string `json:"detail"`

	*Explanation
	result verify.Result
}

// judge verifies a request. An error means that it could not be judged.
func judge(c verify.Config, now time.Time, r *verify.Request) (*verdict, error) {
	verifier, err := verify.New(c)
	if err != nil {
		return nil, err
	}
	defer verifier.Close()
	result, err := verifier.Verify(now, r)
	switch {
	case errors.Is(err, verify.ErrUnavailable):
		return nil, err
	case err != nil:
		return &verdict{Reason: gateway.ReasonOf(err), Detail: detail(err)}, nil
	}
	v := &verdict{Valid: true, result: result}
	v.ID, v.Event, err = verifier.Identify(r, &result, true)
	v.Detail = "It is genuine, by the scheme " + result.Scheme + "."
	if err != nil {
		v.Detail += " But its id or event type could not be read: " + err.Error() + "."
	}
	return v, nil
}

// details are the sentences for what verify can find wrong.
var details = []struct {
	err  error
	text string
}{
	{verify.ErrMismatch, "It was signed with another secret, or it is not byte for byte what was signed"},
	{verify.ErrMissing, "It is not signed, or not in the way that this provider and scheme sign"},
	{verify.ErrAmbiguous, "A header that counts is on several lines, so it is not clear which one was meant"},
	{verify.ErrTooMany, "It carries more signatures than anybody sends"},
	{verify.ErrNoTimestamp, "It does not say when it was signed"},
	{verify.ErrBadTimestamp, "When it was signed is not written as the provider writes it"},
	{verify.ErrStale, "It was signed too long ago: it may be a replay, or the clock is wrong; give its time with --now"},
	{verify.ErrFuture, "It was signed in the future: the clock is wrong; give its time with --now"},
	{verify.ErrBadID, "A header that is part of the signed text is missing or not acceptable"},
	{verify.ErrMalformed, "The signature, or something that the provider always sends, is not in its form"},
}

// detail says in a sentence why a request was refused. The error names
// headers and fields, never their values.
func detail(err error) string {
	for _, d := range details {
		if errors.Is(err, d.err) {
			return d.text + " (" + err.Error() + ")."
		}
	}
	return "It is not valid (" + err.Error() + ")."
}

// show prints the verdict and returns errNo for a request that is not valid.
func (v *verdict) show(w io.Writer, secrets int, asJSON bool) error {
	switch {
	case asJSON:
		if err := writeJSON(w, v); err != nil {
			return err
		}
	case v.Valid:
		printf(w, "valid\n  %s\n", v.Detail)
		if secrets > 1 {
			printf(w, "  secret  %d of %d\n", v.result.Secret+1, secrets)
		}
		printf(w, "  id      %s\n  event   %s\n", orNone(v.ID), orNone(v.Event))
	default:
		printf(w, "not valid: %s\n  %s\n", v.Reason, v.Detail)
	}
	if !asJSON {
		v.Explanation.write(w)
	}
	if !v.Valid {
		return errNo
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

package command

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

var errNotConfirmed = errors.New("nothing was done")

// confirm asks whether n deliveries are to be changed. Without a terminal there
// is nobody to ask: what must be confirmed is then refused.
func (b *bulk) confirm(cmd *cobra.Command, n int) error {
	in := cmd.InOrStdin()
	switch {
	case b.yes:
		return nil
	case !terminal(in) && b.always:
		return fmt.Errorf("to %s %s, confirm it with --yes", b.change, plural(n))
	case !terminal(in):
		return nil
	}
	printf(cmd.ErrOrStderr(), "%s %s? [y/N] ", capital(string(b.change)), plural(n))
	line, _ := bufio.NewReader(in).ReadString('\n') // without an answer it is no
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return nil
	}
	return errNotConfirmed
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

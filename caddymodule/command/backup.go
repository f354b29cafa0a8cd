package command

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"
)

const backupHelp = `
Writes a consistent copy of the store to PATH while work goes on. PATH is on the
server, which writes it: its user must be allowed to, and there must be no file
yet. One that is not absolute is taken to be below this command's folder.

The copy has what the store has: bodies and headers as they were sent, with
tokens. Keep it as safe.
` + apiHelp + `
Exit status:

	0  it is written
	2  it is not; standard error says why in one line
`

const backupExamples = `  $ caddy webhook backup /backup/webhooks-$(date +%F).db`

func newBackup() *cobra.Command {
	var o operator
	cmd := &cobra.Command{
		Use:     "backup [--address <address> | --config <path> [--adapter <name>]] [--json] <path>",
		Short:   "Writes a copy of the store while work goes on",
		Long:    backupHelp,
		Example: backupExamples,
		Args:    takes(1, 1),

		DisableFlagsInUseLine: true,
	}
	o.register(cmd)
	cmd.RunE = runs(func(cmd *cobra.Command, args []string) error {
		path, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		c, err := o.dial()
		if err != nil {
			return err
		}
		a, err := c.Backup(cmd.Context(), path)
		if err != nil {
			return err
		}
		w := cmd.OutOrStdout()
		if o.json {
			return printJSON(w, a.JSON)
		}
		printf(w, "%s is written%s\n", printable(path), sizeOf(path))
		return nil
	})
	return cmd
}

// sizeOf says how large a file is, if the server is on this machine.
func sizeOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(", %s", humanize.IBytes(uint64(info.Size())))
}

package command

import (
	"github.com/spf13/cobra"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

const replayHelp = `
Has deliveries made again, at once and with all attempts before them: those of
the ids, or those that the filters select. Without --state these are dead
letters; --state delivered is for an application that lost what it had taken.

On a terminal it asks before it replays what filters select, unless --yes.
` + bulkHelp + `
Exit status:

	0  all were replayed, or counted
	1  some were not: an id is nobody's, a delivery's state does not allow it, or
	   it was stopped
	2  nothing was done, or an error came in between; standard error says which
	   in one line
`

const replayExamples = `  $ caddy webhook replay 1042 1043
  $ caddy webhook replay --endpoint stripe --since 24h --dry-run
  $ caddy webhook replay --endpoint stripe --state dead --since 24h
  $ caddy webhook replay --all-dead --yes`

func newReplay() *cobra.Command {
	b := bulk{change: client.Replay, done: "replayed"}
	cmd := &cobra.Command{
		Use:     "replay (<id...> | <filters> | --all-dead) [--dry-run] [--yes] [--address <address> | --config <path>] [--json]",
		Short:   "Has dead or delivered deliveries made again",
		Long:    replayHelp,
		Example: replayExamples,

		DisableFlagsInUseLine: true,
	}
	b.register(cmd)
	b.filter.register(cmd, "dead", "dead, delivered")
	cmd.Flags().BoolVar(&b.all, "all-dead", false, "all dead letters")
	return cmd
}

const discardHelp = `
Deletes deliveries for good: those of the ids, or those that the filters select.
Without --state these are dead letters. What is being attempted is left alone.
An event goes with its last delivery; its id is as known as it was before. If the
provider sends it again, that is taken for a repeat, but for a new event if all
its deliveries were dead letters: the id of such an event is forgotten.

It always asks before it does so. Without a terminal it does nothing unless
--yes.
` + bulkHelp + `
Exit status:

	0  all were discarded, or counted
	1  some were not: an id is nobody's, a delivery's state does not allow it, or
	   it was stopped
	2  nothing was done, or an error came in between; standard error says which
	   in one line
`

const discardExamples = `  $ caddy webhook discard 1042
  $ caddy webhook discard --endpoint stripe --event charge.test --dry-run
  $ caddy webhook discard --state dead --until 30d --yes`

func newDiscard() *cobra.Command {
	b := bulk{change: client.Discard, done: "discarded", always: true}
	cmd := &cobra.Command{
		Use:     "discard (<id...> | <filters> | --all-dead) [--dry-run] [--yes] [--address <address> | --config <path>] [--json]",
		Short:   "Deletes deliveries for good",
		Long:    discardHelp,
		Example: discardExamples,

		DisableFlagsInUseLine: true,
	}
	b.register(cmd)
	b.filter.register(cmd, "dead", "dead, delivered, pending")
	cmd.Flags().BoolVar(&b.all, "all-dead", false, "all dead letters")
	return cmd
}

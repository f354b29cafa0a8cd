// Package torture has tests only: a real caddy process that is killed, starved
// and broken while senders and an application keep a ledger of what they sent,
// were promised and received.
//
// TORTURE_KILLS=500 makes it kill that often instead of about 30 times. It
// needs Linux, root and strace: it mounts file systems and has system calls fail.
package torture

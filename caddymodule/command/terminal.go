package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"
)

// terminal reports whether a stream of the command is one.
func terminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// widthOf returns how many characters are on a line; 0: as many as one likes,
// for it is not a terminal.
func widthOf(w io.Writer) int {
	file, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// harmless reports whether a terminal shows the character, and does not obey
// it: control characters, and those that turn the direction of the text.
func harmless(r rune) bool { return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// printable keeps what strangers say on one line, and out of control of the
// terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !harmless(r) {
			return ' '
		}
		return r
	}, s)
}

// printableLines is printable for a text of several lines.
func printableLines(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", "    ")
		b.WriteString(printable(line) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// printJSON prints what the API said, on one line. JSON may have characters
// as they are that are commands to a terminal: they are escaped.
func printJSON(w io.Writer, text json.RawMessage) error {
	var b bytes.Buffer
	for _, r := range string(bytes.TrimSpace(text)) {
		switch {
		case r == '\n' || r == '\r' || r == '\t': // between values: in texts they are escaped
		case harmless(r):
			b.WriteRune(r)
		default:
			b.WriteString(escapeJSON(r))
		}
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}

// escapeJSON returns a character the way JSON can write any.
func escapeJSON(r rune) string {
	var b strings.Builder
	for _, unit := range utf16.AppendRune(nil, r) {
		fmt.Fprintf(&b, `\u%04x`, unit)
	}
	return b.String()
}

// ago says how long before now an instant is, or after it.
func ago(now, then time.Time) string { return humanize.RelTime(then, now, "ago", "from now") }

// stamp says when an instant is, for people.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// took says how long something took, which is given in seconds.
func took(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Second {
		return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond))
	}
	return d.Round(100 * time.Millisecond).String()
}

// shorten cuts a text that has more characters than this.
func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(most-1, 0)]) + "…"
}

// fold breaks a text into lines of at most so many characters (0: one line), of
// which each begins with the indent. Words are left whole.
func fold(text, indent string, width int) string {
	var b strings.Builder
	room := 0
	for i, word := range strings.Fields(printable(text)) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			b.WriteString(indent + word)
			room = width - utf8.RuneCountInString(indent) - n
		case width > 0 && n+1 > room:
			b.WriteString("\n" + indent + word)
			room = width - utf8.RuneCountInString(indent) - n
		default:
			b.WriteString(" " + word)
			room -= n + 1
		}
	}
	return b.String()
}

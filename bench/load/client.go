package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// A client is one keep-alive connection. It speaks as much HTTP/1.1 as it
// takes, because net/http's own client would need more CPU than the target.
type client struct {
	conn   net.Conn
	in     *bufio.Reader
	t      *template
	b      *batch
	status int // wanted
}

// dial connects to a, for requests of b.
func dial(a Aim, b *batch) (*client, error) {
	c, err := net.Dial("tcp", a.Addr)
	if err != nil {
		return nil, err
	}
	return &client{c, bufio.NewReader(c), newTemplate(b.size, a.Addr, b.at), b, a.Status}, nil
}

// send sends the i-th request and reads the answer; any status but the wanted
// one is an error that quotes the body.
func (c *client) send(i int) error {
	c.b.fill(c.t, i)
	_, werr := c.conn.Write(c.t.raw)
	err := readAnswer(c.in, c.status)
	if err != nil { // after a failed write the answer, if any, says why
		return errors.Join(werr, err)
	}
	return werr
}

// giveUpAt makes a target that hangs an error.
func (c *client) giveUpAt(t time.Time) error { return c.conn.SetDeadline(t) }

// readAnswer reads one response with a Content-Length.
func readAnswer(in *bufio.Reader, want int) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	status, err := parseStatusLine(line)
	if err != nil {
		return err
	}
	length, err := readHeader(in)
	if err != nil {
		return err
	}
	if status == want {
		_, err = in.Discard(length)
		return err
	}
	body, _ := io.ReadAll(io.LimitReader(in, int64(length)))
	return fmt.Errorf("status %d, want %d: %s", status, want, body)
}

// parseStatusLine takes 200 from "HTTP/1.1 200 OK".
func parseStatusLine(line []byte) (int, error) {
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("not a status line: %q", line)
	}
	return strconv.Atoi(string(line[9:12]))
}

// readHeader reads up to the empty line and returns the Content-Length.
func readHeader(in *bufio.Reader) (length int, err error) {
	length = -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if !bytes.EqualFold(name, []byte("Content-Length")) {
			continue
		}
		if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
			return 0, err
		}
	}
	if length < 0 {
		return 0, errors.New("answer without Content-Length")
	}
	return length, nil
}

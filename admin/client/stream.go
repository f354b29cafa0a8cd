package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

const maxEvent = 1 << 20 // bytes of a line of the stream

// A Stream is what happens from now on. It is made by Client.Stream and used by
// one goroutine.
type Stream struct {
	body  io.ReadCloser
	lines *bufio.Scanner
}

// Stream begins to listen to what happens at an endpoint ("": all), until the
// context ends. The stream has to be closed.
func (c *Client) Stream(ctx context.Context, endpoint string) (*Stream, error) {
	path := "/stream"
	if query := values("endpoint", endpoint); len(query) > 0 {
		path += "?" + query.Encode()
	}
	response, err := c.send(ctx, http.MethodGet, path, nil) //nolint:bodyclose // Stream.Close does
	if err != nil {
		return nil, err
	}
	s := &Stream{body: response.Body, lines: bufio.NewScanner(response.Body)}
	s.lines.Buffer(nil, maxEvent)
	return s, nil
}

// Next waits for what happens next. It fails with io.EOF when the server ends
// the stream, and otherwise when it breaks off.
func (s *Stream) Next() (Answer[admin.Happening], error) {
	var a Answer[admin.Happening]
	for s.lines.Scan() {
		line := s.lines.Bytes()
		data, found := bytes.CutPrefix(line, []byte("data:"))
		switch {
		case found:
			a.JSON = append(a.JSON, bytes.TrimPrefix(data, []byte(" "))...)
		case len(line) == 0 && a.JSON != nil: // the event is complete
			if err := json.Unmarshal(a.JSON, &a.Value); err != nil {
				return a, fmt.Errorf("the stream is not what was expected: %w", err)
			}
			return a, nil
		}
	}
	if err := s.lines.Err(); err != nil {
		return a, fmt.Errorf("reading the stream: %w", err)
	}
	return a, io.EOF
}

// Close ends the stream.
func (s *Stream) Close() error { return s.body.Close() }

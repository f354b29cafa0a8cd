package admin

import (
	"encoding/json"
	"net/http"
	"time"
)

const (
	heartbeat     = 15 * time.Second // how often a quiet stream shows that it lives
	writePatience = 10 * time.Second // how long a client may take to take something
)

// stream answers GET stream with server-sent events, until the client goes or
// Done is closed.
func (c *call) stream(w http.ResponseWriter) error {
	if c.system == nil {
		return errNotRunning
	}
	if err := c.parameters("endpoint"); err != nil {
		return err
	}
	happenings, leave := c.system.Activity.Listen()
	defer leave()
	s := &stream{w, http.NewResponseController(w), c.Now}
	if err := s.begin(); err != nil || c.Method == http.MethodHead {
		return nil // the answer has begun: nobody can be told
	}
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	endpoint := c.query.Get("endpoint")
	for {
		var err error
		select {
		case <-c.Context().Done():
			return nil
		case <-c.Done:
			return nil
		case <-ticker.C:
			err = s.send(comment)
		case h := <-happenings:
			if endpoint == "" || endpoint == h.Endpoint {
				err = s.happening(happeningOf(h))
			}
		}
		if err != nil {
			return nil
		}
	}
}

// A stream is an answer that goes on.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time
}

// comment says nothing, so that the client hears something.
const comment = ":\n\n"

// begin sends the header.
func (s *stream) begin() error {
	h := s.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // for an nginx between us and the client
	s.w.WriteHeader(http.StatusOK)
	return s.send(comment)
}

func (s *stream) happening(h Happening) error {
	data, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return s.send("event: " + h.Kind + "\ndata: " + string(data) + "\n\n")
}

// send writes the text. A client that does not read is given up. The server's
// own time limit for answers does not count: it would end each stream.
func (s *stream) send(text string) error {
	_ = s.control.SetWriteDeadline(s.now().Add(writePatience)) // where that is not possible the server's own holds
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}

// Package client speaks to the API of package admin, wherever that is served:
// it makes the requests, and whoever uses it sends them.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// A Client speaks to one API. Both fields are required. It may be used
// concurrently if Do may.
type Client struct {
	// Do sends a request and returns the answer, whatever its status is. When
	// the request's context ends, so does the answer's body. As http.Client.Do.
	Do   func(*http.Request) (*http.Response, error)
	Base string // URL that everything is below, as http://localhost:2019/webhook_gateway
}

// An Answer is what the API said: its meaning, and the JSON as it was written.
type Answer[T any] struct {
	Value T
	JSON  json.RawMessage
}

// An Error is the API's refusal of a request.
type Error struct {
	Status int    // of the answer
	Text   string // what the API says about it
}

// Error is the API's text.
func (e *Error) Error() string { return e.Text }

// get asks for what is at the path.
func get[T any](ctx context.Context, c *Client, path string, query url.Values) (a Answer[T], err error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return ask[T](ctx, c, http.MethodGet, path, nil)
}

// post asks for a change. Body nil: there is nothing to say about it.
func post[T any](ctx context.Context, c *Client, path string, body any) (a Answer[T], err error) {
	text := []byte("{}")
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return a, err
		}
	}
	return ask[T](ctx, c, http.MethodPost, path, text)
}

func ask[T any](ctx context.Context, c *Client, method, path string, body []byte) (a Answer[T], err error) {
	response, err := c.send(ctx, method, path, body)
	if err != nil {
		return a, err
	}
	defer response.Body.Close() //nolint:errcheck // the answer has been read
	if a.JSON, err = io.ReadAll(response.Body); err != nil {
		return a, fmt.Errorf("reading the answer: %w", err)
	}
	if err := json.Unmarshal(a.JSON, &a.Value); err != nil {
		return a, fmt.Errorf("the answer is not what was expected: %w", err)
	}
	return a, nil
}

// send sends a request and returns an answer that is not a refusal. Its body
// has to be closed.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		defer response.Body.Close() //nolint:errcheck // the answer has been read
		return nil, refusal(response)
	}
	return response, nil
}

const maxRefusal = 64 << 10 // bytes that are read of a refusal

// refusal returns what an answer says about why there is no other.
func refusal(response *http.Response) *Error {
	e := &Error{Status: response.StatusCode}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
	var said struct {
		Error string `json:"error"`
	}
	switch {
	case err == nil && json.Unmarshal(text, &said) == nil && said.Error != "":
		e.Text = said.Error
	case e.Status == http.StatusNotFound:
		e.Text = "the server that answers has no webhook gateway (404)"
	default:
		e.Text = fmt.Sprintf("the server answers %d %s", e.Status, http.StatusText(e.Status))
	}
	return e
}

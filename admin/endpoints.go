package admin

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// endpoints answers GET endpoints.
func (c *call) endpoints() (Endpoints, error) {
	if err := c.parameters(); err != nil {
		return Endpoints{}, err
	}
	answer := Endpoints{Endpoints: []EndpointDetail{}}
	for _, e := range c.system.Endpoints {
		answer.Endpoints = append(answer.Endpoints, e.detail())
	}
	return answer, nil
}

func (e *Endpoint) detail() EndpointDetail {
	facts := [][2]string{}
	for _, f := range e.Facts {
		facts = append(facts, [2]string{f.Name, f.Value})
	}
	config := e.Config
	if config == nil {
		config = json.RawMessage("{}")
	}
	return EndpointDetail{
		Name: e.Name, Provider: e.Provider, Title: e.Title, Docs: e.Docs, Mode: e.Mode,
		Destinations: list(e.Destinations), Facts: facts, Config: config, Testable: e.Test != nil,
	}
}

// test answers POST endpoints/{name}/test.
func (c *call) test() (TestAnswer, error) {
	var asked TestRequest
	if err := c.decode(&asked); err != nil {
		return TestAnswer{}, err
	}
	if err := c.parameters(); err != nil {
		return TestAnswer{}, err
	}
	e, err := c.endpoint()
	if err != nil {
		return TestAnswer{}, err
	}
	if bytes.Equal(asked.Body, []byte("null")) {
		asked.Body = nil
	}
	result, err := e.Test(c.Context(), asked.Event, asked.Body)
	if err != nil {
		return TestAnswer{}, fail(http.StatusServiceUnavailable, "the test event was not sent: %w", err)
	}
	return TestAnswer(result), nil
}

// endpoint is the one that the path names, which can be tested.
func (c *call) endpoint() (*Endpoint, error) {
	for _, e := range c.system.Endpoints {
		switch {
		case e.Name != c.PathValue("name"):
		case e.Test == nil:
			return nil, fail(http.StatusConflict, "a test event for this endpoint cannot be signed with what it is configured with")
		default:
			return &e, nil
		}
	}
	return nil, fail(http.StatusNotFound, "there is no such endpoint")
}

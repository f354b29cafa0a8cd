package admin

import (
	"net/http"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

// pause answers POST destinations/{endpoint}/{name}/pause.
func (c *call) pause() (Done, error) {
	e, address, err := c.destination()
	if err != nil {
		return Done{}, err
	}
	e.Worker.Pause(address)
	return Done{true}, nil
}

// resume answers POST destinations/{endpoint}/{name}/resume.
func (c *call) resume() (Done, error) {
	e, address, err := c.destination()
	if err != nil {
		return Done{}, err
	}
	e.Worker.Resume(address)
	return Done{true}, nil
}

// destination is the one that the path names. It need not be configured if
// something is stored for it.
func (c *call) destination() (*Engine, gateway.Address, error) {
	address := gateway.Address{Endpoint: c.PathValue("endpoint"), Destination: c.PathValue("name")}
	if err := c.nothing(); err != nil {
		return nil, address, err
	}
	if err := c.parameters(); err != nil {
		return nil, address, err
	}
	e, err := c.engine()
	if err != nil {
		return nil, address, err
	}
	if _, stored := e.Stats.Lanes[address]; !stored && !c.system.configured(address) {
		return nil, address, fail(http.StatusNotFound, "the endpoint has no such destination, and nothing is stored for one")
	}
	return e, address, nil
}

// configured reports whether the configuration has the destination.
func (s *System) configured(a gateway.Address) bool {
	return slices.ContainsFunc(s.Endpoints, func(e Endpoint) bool {
		return e.Name == a.Endpoint && slices.Contains(e.Destinations, a.Destination)
	})
}

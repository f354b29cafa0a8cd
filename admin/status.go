package admin

import (
	"cmp"
	"maps"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
	"github.com/webhook-gateway/caddy-webhook-gateway/gateway/delivery"
)

// status answers GET status.
func (c *call) status() (Status, error) {
	if err := c.parameters(); err != nil {
		return Status{}, err
	}
	s := Status{
		Version: c.system.Version, Time: c.Now(), Store: c.system.store(), Endpoints: c.system.survey().endpoints(),
		Hour: countsOf(c.system.Activity.Hour("")),
	}
	s.judge()
	return s, nil
}

func (s *System) store() StoreStatus {
	if s.Engine == nil {
		return StoreStatus{State: storeOff}
	}
	stats := s.Engine.Stats
	shown := StoreStatus{State: stats.Health.String(), Path: s.Engine.Path, Events: stats.Events, Bytes: stats.Bytes, Unsettled: stats.Unsettled}
	if stats.Disk != nil {
		shown.Disk = &Disk{Free: stats.Disk.Free, Reserve: stats.Disk.Reserve}
	}
	if stats.Err != nil {
		shown.Error = stats.Err.Error()
	}
	return shown
}

// storeOff is the state of a store that there is not.
const storeOff = "off"

// A survey is what is known of all destinations at one moment.
type survey struct {
	*System
	stored map[gateway.Address]gateway.LaneStats
	sorted []gateway.Address // that something is stored for
	lanes  map[gateway.Address]delivery.LaneState
}

func (s *System) survey() *survey {
	v := &survey{System: s, lanes: map[gateway.Address]delivery.LaneState{}}
	if s.Engine == nil {
		return v
	}
	v.stored = s.Engine.Stats.Lanes
	v.sorted = slices.SortedFunc(maps.Keys(v.stored), func(a, b gateway.Address) int {
		return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Destination, b.Destination))
	})
	if s.Engine.Worker == nil {
		return v
	}
	for _, l := range s.Engine.Worker.Snapshot() {
		v.lanes[l.Address] = l
	}
	return v
}

// endpoints describes those of the configuration, in its order, and after them
// those for which something is stored, by name.
func (v *survey) endpoints() []EndpointStatus {
	all := []EndpointStatus{}
	known := map[string]bool{}
	for _, e := range v.Endpoints {
		known[e.Name] = true
		all = append(all, EndpointStatus{Name: e.Name, Provider: e.Provider, Mode: e.Mode, Configured: true, Destinations: v.destinations(e)})
	}
	for _, a := range v.sorted {
		if !known[a.Endpoint] {
			known[a.Endpoint] = true
			all = append(all, EndpointStatus{Name: a.Endpoint, Destinations: v.destinations(Endpoint{Name: a.Endpoint})})
		}
	}
	for i := range all {
		all[i].Hour = countsOf(v.Activity.Hour(all[i].Name))
	}
	return all
}

// destinations describes those of an endpoint in the same order.
func (v *survey) destinations(e Endpoint) []DestinationStatus {
	all := []DestinationStatus{}
	for _, name := range e.Destinations {
		d := v.destination(gateway.Address{Endpoint: e.Name, Destination: name})
		d.Configured = true
		all = append(all, d)
	}
	for _, a := range v.sorted {
		if a.Endpoint == e.Name && !slices.Contains(e.Destinations, a.Destination) {
			all = append(all, v.destination(a))
		}
	}
	return all
}

// breakerClosed is the state of a destination's breaker when it is up.
const breakerClosed = "closed"

func (v *survey) destination(a gateway.Address) DestinationStatus {
	stored, lane := v.stored[a], v.lanes[a]
	return DestinationStatus{
		Name: a.Destination, Paused: lane.Paused, Breaker: cmp.Or(lane.Breaker, breakerClosed), Attempting: lane.Attempting,
		Pending: stored.Count[gateway.Pending], Delivering: stored.Count[gateway.Delivering],
		Delivered: stored.Count[gateway.Delivered], Dead: stored.Count[gateway.Dead],
		Oldest: optional(stored.Oldest), Due: optional(stored.Due),
	}
}

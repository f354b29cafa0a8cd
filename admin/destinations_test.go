package admin_test

import (
	"net/http"
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestPause(t *testing.T) {
	t.Parallel()
	s := open(t)
	former := gateway.Address{Endpoint: "old", Destination: "former"}
	s.add(gateway.Delivered, nil, former)
	for _, a := range []gateway.Address{shop, audit, former} {
		for action, want := range map[string]bool{"pause": true, "resume": false} {
			s.post("/destinations/"+a.Endpoint+"/"+a.Destination+"/"+action, "", nil)
			if got := s.paused(a); got != want {
				t.Errorf("%v after %s: paused %v", a, action, got)
			}
		}
	}
}

func (s *stand) paused(a gateway.Address) bool {
	for _, l := range s.worker.Snapshot() {
		if l.Address == a {
			return l.Paused
		}
	}
	return false
}

func TestPauseNobody(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, path := range []string{"/destinations/shop/nobody/pause", "/destinations/nobody/app/resume"} {
		s.refused(http.MethodPost, path, "", http.StatusNotFound, "the endpoint has no such destination")
	}
	s.refused(http.MethodPost, "/destinations/shop/app/pause", `{"for":"1h"}`, http.StatusBadRequest, `unknown field "for"`)
	if got := s.worker.Snapshot(); len(got) != 0 {
		t.Errorf("the worker knows %+v, want nobody", got)
	}
}

package storetest

import (
	"testing"

	"github.com/webhook-gateway/caddy-webhook-gateway/gateway"
)

func TestModel(t *testing.T) {
	Run(t, func(*testing.T) gateway.Store {
		m := NewModel()
		m.RetainFor = Retention
		return m
	})
}

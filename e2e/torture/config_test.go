package torture

import "fmt"

// A setup is what a test varies of the configuration.
type setup struct {
	version      int      // served at /version
	endpoint     string   // its options
	removed      bool     // the endpoint
	destinations []string // more than the one without a name, which is "default"
	store        string   // options of the store
	global       string   // options of the gateway
}

// quick are options under which a destination that fails is soon tried again,
// for as long as it takes.
const quick = `
		ack_within 30ms
		retry {
			attempts 100000
			delay 5ms 200ms
		}
		breaker 20 pause 50ms
		in_flight 20
`

// impatient is quick, and gives up on an application that hangs.
const impatient = quick + "timeout 3s\n"

// atOnce is how many attempts can be under way, by in_flight.
const atOnce = 20

// caddyfile is the configuration of the trial's gateway.
func (tr *trial) caddyfile() string {
	return fmt.Sprintf(`{
	admin %s {
		origins %s
	}
	auto_https off
	servers {
		protocols h1
	}
	webhook_gateway {
		store sqlite %s {
			%s
		}
		%s
	}
}
http://%s {
	bind %s
	%s
	webhook_gateway /other other {
		verify broxi {env.BROXI}
		to %s
	}
	respond /version %d
}
`, tr.admin, tr.admin, tr.store, tr.setup.store, tr.setup.global, tr.site, tr.host, tr.handler(), tr.app.address, tr.setup.version)
}

// handler is the endpoint, with the application behind it.
func (tr *trial) handler() string {
	if tr.setup.removed {
		return ""
	}
	deliver := tr.deliver("", "default")
	if len(tr.setup.destinations) > 0 {
		deliver = ""
	}
	for _, name := range tr.setup.destinations {
		deliver += tr.deliver(name, name)
	}
	return fmt.Sprintf("webhook_gateway /hook hook {\nverify broxi {env.BROXI}\n%s\n%s\n}", tr.setup.endpoint, deliver)
}

// deliver is a destination, which tells the application who asks.
func (tr *trial) deliver(name, label string) string {
	return fmt.Sprintf(`
		deliver %s {
			reverse_proxy %s {
				header_up X-Destination %s
				header_up X-Life {env.LIFE}
			}
		}`, name, tr.app.address, label)
}

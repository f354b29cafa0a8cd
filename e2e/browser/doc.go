// Package browser tests the dashboard in a real Chromium, against the real
// caddy program with a real application behind it: on the admin endpoint, and
// on a site that has the handler webhook_dashboard.
package browser

package ratelimit_test

import (
	"fmt"
	"time"

	"github.com/webhook-gateway/caddy-webhook-gateway/ratelimit"
)

func Example() {
	policy, err := ratelimit.ParsePolicy("2/10s")
	if err != nil {
		panic(err)
	}
	limiter := policy.Limiter(0)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

	fmt.Println(ratelimit.FieldPolicy+":", policy.Header("broxi"))
	for range 3 {
		d := limiter.Take(now, ratelimit.Key("::ffff:192.0.2.1"))
		fmt.Println(ratelimit.FieldLimit+":", d.Header("broxi"))
		if !d.OK {
			fmt.Println("Retry-After:", ratelimit.RetryAfter(d.Wait))
		}
	}
	// Output:
	// RateLimit-Policy: "broxi";q=2;w=10
	// RateLimit: "broxi";r=1;t=5
	// RateLimit: "broxi";r=0;t=5
	// RateLimit: "broxi";r=0;t=5
	// Retry-After: 5
}

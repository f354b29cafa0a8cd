package program

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

// Load has the load generator, a process of its own, do j.
func (s *Set) Load(ctx context.Context, j load.Job) ([]load.Result, error) {
	in, err := json.Marshal(j)
	if err != nil {
		return nil, err
	}
	c := s.command(ctx, s.self, "load")
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(in), &out, &errs
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("load: %w\n%s", err, errs.Bytes())
	}
	var results []load.Result
	return results, json.Unmarshal(out.Bytes(), &results)
}

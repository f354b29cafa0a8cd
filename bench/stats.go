package main

import (
	"cmp"
	"slices"

	"github.com/webhook-gateway/caddy-webhook-gateway/bench/load"
)

// median is the middle value, of an even number the lower of the two, so that
// it is always one that was seen. list must not be empty.
func median[T cmp.Ordered](list []T) T {
	list = slices.Sorted(slices.Values(list))
	return list[(len(list)-1)/2]
}

// each is f of every result.
func each[T any](results []load.Result, f func(load.Result) T) []T {
	list := make([]T, len(results))
	for i, r := range results {
		list[i] = f(r)
	}
	return list
}

// ratios is f of subject over f of base, round by round.
func ratios(base, subject []load.Result, f func(load.Result) float64) []float64 {
	list := make([]float64, len(base))
	for i := range base {
		list[i] = f(subject[i]) / f(base[i])
	}
	return list
}

package main

import (
	"slices"
	"testing"
)

// What -run takes and what there is to run are two lists: they must agree.
func TestExperimentNames(t *testing.T) {
	o, err := parseOptions(nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range experiments(o) {
		names = append(names, e.name)
	}
	if got := slices.Compact(names); !slices.Equal(got, experimentNames) {
		t.Errorf("-run takes %q, and there are %q", experimentNames, got)
	}
}

func TestPlan(t *testing.T) {
	tests := []struct {
		name  string
		args  []string
		wants []string // experiment:targets
	}{
		{"one experiment", []string{"-run", "sustained"}, []string{"sustained:plain,sustained"}},
		{"one target", []string{"-only", "respond"}, []string{"refuse:respond", "accept:respond"}},
		{"both", []string{"-run", "to,drain", "-only", "plain"}, []string{"drain:plain"}},
		{"a size twice", []string{"-run", "proxy", "-sizes", "2,2"}, []string{"proxy:plain,gateway", "proxy:plain,gateway"}},
	}
	for _, tt := range tests {
		o, err := parseOptions(tt.args)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range plan(o) {
			got = append(got, e.name+":"+targetNames(e.sides))
		}
		if !slices.Equal(got, tt.wants) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.wants)
		}
	}
}

func TestChoose(t *testing.T) {
	known := []string{"a", "b"}
	for list, want := range map[string]map[string]bool{"": {"a": true, "b": true}, "b": {"a": false, "b": true}} {
		got, err := choose("run", list, known)
		if err != nil || got["a"] != want["a"] || got["b"] != want["b"] {
			t.Errorf("choose %q = %v, %v; want %v", list, got, err, want)
		}
	}
	if _, err := choose("run", "a,c", known); err == nil {
		t.Error("an unknown name is taken")
	}
}

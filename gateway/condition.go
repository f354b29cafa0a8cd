package gateway

import (
	"fmt"
	"net/url"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/ext"
	"cel.dev/cel-go/interpreter"
)

// A Condition is a CEL expression (https://cel.dev) about an event. It is
// compiled and type-checked once and may be used concurrently. Variables:
//
//	event, id, endpoint, provider   string
//	headers                         map(string, string), names in lower case, first values
//	query                           map(string, string), first values
//	body                            the parsed JSON
type Condition struct {
	program cel.Program
}

var environment = sync.OnceValues(func() (*cel.Env, error) {
	texts := cel.MapType(cel.StringType, cel.StringType)
	return cel.NewEnv(
		cel.Variable("event", cel.StringType),
		cel.Variable("id", cel.StringType),
		cel.Variable("endpoint", cel.StringType),
		cel.Variable("provider", cel.StringType),
		cel.Variable("headers", texts),
		cel.Variable("query", texts),
		cel.Variable("body", cel.DynType),
		ext.Strings(), ext.Lists(), ext.Math(),
	)
})

// costLimit ends an evaluation that a hostile body made expensive, in CEL's
// own unit: about one comparison each.
const costLimit = 1_000_000

// CompileCondition compiles expr. The error says what is wrong, and where in
// the expression.
func CompileCondition(expr string) (*Condition, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(expr)
	if issues.Err() != nil {
		return nil, fmt.Errorf("condition %q: %w", expr, issues.Err())
	}
	if t := ast.OutputType(); t != cel.BoolType && t != cel.DynType {
		return nil, fmt.Errorf("condition %q is a %s, not a bool", expr, t)
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit))
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w", expr, err)
	}
	return &Condition{program}, nil
}

// Match reports whether the condition holds. The error, with which it does
// not, wraps verify.ErrNotJSON when the condition asks for the body of an
// event whose body is not JSON; any other is a missing field or a wrong type.
func (c *Condition) Match(e *Event) (bool, error) {
	a := &activation{event: e}
	value, _, err := c.program.Eval(a)
	if a.err != nil {
		return false, a.err
	}
	if err != nil {
		return false, err
	}
	holds, ok := value.Value().(bool)
	if !ok {
		return false, fmt.Errorf("condition gave a %s, not a bool", value.Type().TypeName())
	}
	return holds, nil
}

// An activation resolves a condition's variables when they are asked for, so
// that the body is parsed only for conditions that look at it.
type activation struct {
	event *Event
	err   error // why body could not be resolved
}

// ResolveName implements interpreter.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	e := a.event
	switch name {
	case "event":
		return e.Type, true
	case "id":
		return e.ID, true
	case "endpoint":
		return e.Endpoint, true
	case "provider":
		return e.Provider, true
	case "headers":
		return firstValues(e.Header, strings.ToLower), true
	case "query":
		query, _ := url.ParseQuery(e.RawQuery()) // what is malformed is left out
		return firstValues(query, strings.Clone), true
	case "body":
		value, err := e.json.parse(e.Body)
		a.err = err
		return value, true
	}
	return nil, false
}

// Parent implements interpreter.Activation.
func (a *activation) Parent() interpreter.Activation { return nil }

func firstValues(lists map[string][]string, rename func(string) string) map[string]string {
	first := make(map[string]string, len(lists))
	for name, values := range lists {
		if len(values) > 0 {
			first[rename(name)] = values[0]
		}
	}
	return first
}

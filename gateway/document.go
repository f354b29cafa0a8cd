package gateway

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webhook-gateway/caddy-webhook-gateway/verify"
)

// A document is a JSON body, parsed when something first asks for a value, and
// at most once. Duplicate keys and bytes that are not UTF-8 make it unusable:
// two readers could take two different values from it.
type document struct {
	once   sync.Once
	parsed atomic.Bool // value and err can be read
	value  any
	err    error
}

// adopt takes over what the other has parsed, if it has.
func (d *document) adopt(other *document) {
	if other.parsed.Load() {
		d.once.Do(func() { d.value, d.err = other.value, other.err })
		d.parsed.Store(true)
	}
}

// parse returns the body's value: nil, bool, string, int64, uint64 (beyond int64),
// float64, []any or
// map[string]any. The error wraps verify.ErrNotJSON.
func (d *document) parse(body []byte) (any, error) {
	d.once.Do(func() {
		defer d.parsed.Store(true)
		dec := jsontext.NewDecoder(bytes.NewBuffer(body))
		value, err := parseValue(dec)
		if err == nil {
			err = atEnd(dec)
		}
		if err != nil {
			d.err = fmt.Errorf("%w: syntax error after byte %d", verify.ErrNotJSON, dec.InputOffset())
			return
		}
		d.value = value
	})
	return d.value, d.err
}

func (d *document) lookup(body []byte, path string) (string, bool) {
	value, err := d.parse(body)
	if err != nil {
		return "", false
	}
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(v) {
				return "", false
			}
			value = v[i]
		default:
			return "", false
		}
	}
	return text(value)
}

func text(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", false
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	default:
		return compact(v), true
	}
}

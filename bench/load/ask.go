package load

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// askReceived asks the application at addr for its count.
func askReceived(addr string) (int, error) {
	b, err := get("http://" + addr)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(b))
}

const droppedMetric = "caddy_webhook_gateway_store_dropped_total "

// askDropped asks a gateway, by the URL of its metrics, how much of its history
// it could not keep. Without a URL there is none.
func askDropped(url string) (int, error) {
	if url == "" {
		return 0, nil
	}
	b, err := get(url)
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), droppedMetric); ok {
			return strconv.Atoi(value)
		}
	}
	return 0, fmt.Errorf("%s has no %s", url, droppedMetric)
}

func get(url string) ([]byte, error) {
	r, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

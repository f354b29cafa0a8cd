package admin

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
)

// cursorVersion begins each cursor, so that a later one can be told from it.
const cursorVersion = 1

// cursor is where a list goes on: below the id; "" for 0, where it ends.
func cursor(before int64) string {
	if before == 0 {
		return ""
	}
	b := binary.BigEndian.AppendUint64([]byte{cursorVersion}, uint64(before))
	return base64.RawURLEncoding.EncodeToString(b)
}

// before reads the parameter cursor: 0 when there is none.
func (c *call) before() (int64, error) {
	text := c.query.Get("cursor")
	if text == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != 1+8 || b[0] != cursorVersion {
		return 0, errCursor
	}
	id := int64(binary.BigEndian.Uint64(b[1:]))
	if id <= 0 {
		return 0, errCursor
	}
	return id, nil
}

var errCursor = fail(http.StatusBadRequest, "cursor: it is not one that an answer gave as next")

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// parseID reads what formatID writes.
func parseID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || formatID(id) != text {
		return 0, fail(http.StatusBadRequest, "%q is not the id of a delivery", text)
	}
	return id, nil
}

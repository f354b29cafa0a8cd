package command

import (
	"encoding/json"
	"io"
	"iter"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
	"github.com/webhook-gateway/caddy-webhook-gateway/admin/client"
)

type (
	deliveryPages = iter.Seq2[client.Answer[admin.Deliveries], error]
	refusalPages  = iter.Seq2[client.Answer[admin.Refusals], error]
)

// mergePages prints pages as they come as one object, as if they were one page:
// the member of that name has what is on them, and next is the last one's.
func mergePages[T any](w io.Writer, name string, pages iter.Seq2[client.Answer[T], error]) error {
	separator, next := `{"`+name+`":[`, ""
	for page, err := range pages {
		if err != nil {
			return err // after some pages the object is not complete: status 2 says so
		}
		var members map[string]json.RawMessage
		var items []json.RawMessage
		if err := json.Unmarshal(page.JSON, &members); err != nil {
			return err
		}
		if err := json.Unmarshal(members[name], &items); err != nil {
			return err
		}
		next = string(members["next"])
		for _, item := range items {
			if _, err := io.WriteString(w, separator); err != nil {
				return err
			}
			if err := printJSON(w, item); err != nil {
				return err
			}
			separator = ","
		}
	}
	end := "]"
	if separator != "," {
		end = separator + "]"
	}
	if next != "" {
		end += `,"next":` + next
	}
	_, err := io.WriteString(w, end+"}\n")
	return err
}

package client

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/webhook-gateway/caddy-webhook-gateway/admin"
)

// Status returns how the gateway does.
func (c *Client) Status(ctx context.Context) (Answer[admin.Status], error) {
	return get[admin.Status](ctx, c, "/status", nil)
}

// Show returns a delivery with its event.
func (c *Client) Show(ctx context.Context, id string) (Answer[admin.DeliveryDetail], error) {
	return get[admin.DeliveryDetail](ctx, c, delivery(id), nil)
}

// Body copies the body of a delivery's event, as it was sent.
func (c *Client) Body(ctx context.Context, id string, to io.Writer) error {
	response, err := c.send(ctx, http.MethodGet, delivery(id)+"/body", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // it has been read
	_, err = io.Copy(to, response.Body)
	return err
}

// A Change is what can be done to deliveries.
type Change string

// Replay has deliveries that are dead or delivered made again; Discard deletes
// deliveries for good.
const (
	Replay  Change = "replay"
	Discard Change = "discard"
)

// One makes the change to one delivery.
func (c *Client) One(ctx context.Context, change Change, id string) (Answer[admin.Changed], error) {
	return post[admin.Changed](ctx, c, delivery(id)+"/"+string(change), nil)
}

// Many makes the change to what is selected, up to the selection's limit.
func (c *Client) Many(ctx context.Context, change Change, s admin.Selection) (Answer[admin.Changed], error) {
	return post[admin.Changed](ctx, c, "/"+string(change), s)
}

// Pause stops attempts at a destination.
func (c *Client) Pause(ctx context.Context, endpoint, destination string) (Answer[admin.Done], error) {
	return post[admin.Done](ctx, c, address(endpoint, destination)+"/pause", nil)
}

// Resume lets attempts at a destination go on.
func (c *Client) Resume(ctx context.Context, endpoint, destination string) (Answer[admin.Done], error) {
	return post[admin.Done](ctx, c, address(endpoint, destination)+"/resume", nil)
}

// Backup writes a copy of the store to a file that is not there yet, on the
// server.
func (c *Client) Backup(ctx context.Context, path string) (Answer[admin.Done], error) {
	return post[admin.Done](ctx, c, "/backup", admin.BackupRequest{Path: path})
}

func delivery(id string) string { return "/deliveries/" + url.PathEscape(id) }

func address(endpoint, destination string) string {
	return "/destinations/" + url.PathEscape(endpoint) + "/" + url.PathEscape(destination)
}

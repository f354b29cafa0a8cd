package verify

// A Handshake is a request by which a provider makes sure that an address
// wants its webhooks, and the answer that says so.
type Handshake struct {
	Name string `json:"name"`
}

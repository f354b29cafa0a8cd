package admin

import (
	"encoding/json"
	"time"
)

// What the API answers. Absent values are left out; durations are seconds.

// Status answers GET status.
type Status struct {
	Version   string           `json:"version"`
	Time      time.Time        `json:"time"`
	Health    string           `json:"health"`            // healthy or degraded
	Reasons   []string         `json:"reasons,omitempty"` // sentences: why it is degraded
	Store     StoreStatus      `json:"store"`
	Endpoints []EndpointStatus `json:"endpoints"`
	Hour      Counts           `json:"hour"` // the last one
}

// StoreStatus describes the store.
type StoreStatus struct {
	State     string `json:"state"` // ready, full, failed, closed or off
	Error     string `json:"error,omitempty"`
	Path      string `json:"path,omitempty"`
	Events    int64  `json:"events"`
	Bytes     int64  `json:"bytes"`
	Unsettled int64  `json:"unsettled"` // events
	Disk      *Disk  `json:"disk,omitempty"`
}

// A Disk is what the store lies on, in bytes. Below Reserve the store is full.
type Disk struct {
	Free    int64 `json:"free"`
	Reserve int64 `json:"reserve"`
}

// EndpointStatus describes an endpoint. One that is not Configured has
// deliveries only.
type EndpointStatus struct {
	Name         string              `json:"name"`
	Provider     string              `json:"provider,omitempty"`
	Mode         string              `json:"mode,omitempty"`
	Configured   bool                `json:"configured"`
	Health       string              `json:"health"`
	Reasons      []string            `json:"reasons,omitempty"` // as in Status, without the endpoint's name
	Hour         Counts              `json:"hour"`
	Destinations []DestinationStatus `json:"destinations"`
}

// DestinationStatus describes a destination.
type DestinationStatus struct {
	Name       string     `json:"name"`
	Configured bool       `json:"configured"` // else its deliveries are orphaned
	Paused     bool       `json:"paused"`
	Breaker    string     `json:"breaker"`    // closed, open or half_open
	Attempting int        `json:"attempting"` // attempts under way
	Pending    int64      `json:"pending"`    // deliveries, by state
	Delivering int64      `json:"delivering"`
	Delivered  int64      `json:"delivered"`
	Dead       int64      `json:"dead"`
	Oldest     *time.Time `json:"oldest,omitempty"` // when the oldest unsettled event came
	Due        *time.Time `json:"due,omitempty"`    // when the next delivery is due
}

// Counts are what happened in a time.
type Counts struct {
	Accepted  int64   `json:"accepted"` // requests
	Refused   int64   `json:"refused"`
	Delivered int64   `json:"delivered"` // deliveries
	Failed    int64   `json:"failed"`    // attempts
	Dead      int64   `json:"dead"`
	P50       float64 `json:"p50"` // seconds until an accepted request was answered
	P95       float64 `json:"p95"`
	P99       float64 `json:"p99"`
}

// Activity answers GET activity?endpoint=: sixty minutes, the oldest first.
type Activity struct {
	Minutes []MinuteCounts `json:"minutes"`
}

// MinuteCounts are those of one minute.
type MinuteCounts struct {
	Time time.Time `json:"time"`
	Counts
}

// Deliveries answers GET deliveries. Next is the cursor of the next page; it
// may be there when Deliveries are fewer than asked for, or none: looking went
// on long enough for one answer.
type Deliveries struct {
	Deliveries []Delivery `json:"deliveries"`
	Next       string     `json:"next,omitempty"`
}

// Delivery is one in a list. Ids are text: they may be larger than a
// JavaScript number.
type Delivery struct {
	ID          string     `json:"id"`
	EventID     string     `json:"event_id"`  // stored event's
	Reference   string     `json:"reference"` // the provider's id of the event, or ours
	Event       string     `json:"event,omitempty"`
	Endpoint    string     `json:"endpoint"`
	Destination string     `json:"destination"`
	Provider    string     `json:"provider"`
	State       string     `json:"state"` // pending, delivering, delivered or dead
	ReceivedAt  time.Time  `json:"received_at"`
	Due         *time.Time `json:"due,omitempty"`
	Attempts    int        `json:"attempts"` // begun
	LastAttempt *Attempt   `json:"last_attempt,omitempty"`
}

// Attempt is one try of a delivery.
type Attempt struct {
	Number   int       `json:"number"`
	Start    time.Time `json:"start"`
	Duration float64   `json:"duration"`
	Status   int       `json:"status,omitempty"`
	Reason   string    `json:"reason,omitempty"` // why it failed; none when it did not
	Error    string    `json:"error,omitempty"`
	Answer   string    `json:"answer,omitempty"` // the beginning, as text
}

// DeliveryDetail answers GET deliveries/{id}.
type DeliveryDetail struct {
	Delivery
	Request  Request   `json:"request"`
	History  []Attempt `json:"history"`            // the first one first
	Siblings []string  `json:"siblings,omitempty"` // ids of the event's other deliveries
}

// Request is the event's, as the sender made it. Headers that have secrets are
// redacted.
type Request struct {
	Method  string      `json:"method"`
	Target  string      `json:"target"` // the path, and the query with redacted values
	Host    string      `json:"host"`
	Sender  string      `json:"sender,omitempty"`
	TLS     bool        `json:"tls"`
	Headers [][2]string `json:"headers"`               // name and value, sorted by name
	Body    string      `json:"body"`                  // as text, if it is UTF-8
	Base64  string      `json:"body_base64,omitempty"` // if it is not
	Size    int         `json:"size"`
	Cut     bool        `json:"cut,omitempty"` // the body is longer than 1 MiB: see .../body
}

// Refusals answers GET refusals.
type Refusals struct {
	Refusals []Refusal `json:"refusals"`
	Next     string    `json:"next,omitempty"`
}

// Refusal is a request that was turned away.
type Refusal struct {
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
	Endpoint string    `json:"endpoint"`
	Provider string    `json:"provider"`
	Reason   string    `json:"reason"`
	Status   int       `json:"status"`
	Detail   string    `json:"detail,omitempty"`
	Advice   string    `json:"advice"`
	Sender   string    `json:"sender,omitempty"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Headers  []string  `json:"headers"` // names
	Size     int       `json:"size"`
	Body     string    `json:"body,omitempty"` // only with keep_refused_bodies
}

// Endpoints answers GET endpoints.
type Endpoints struct {
	Endpoints []EndpointDetail `json:"endpoints"`
}

// EndpointDetail is an endpoint's configuration.
type EndpointDetail struct {
	Name         string          `json:"name"`
	Provider     string          `json:"provider"`
	Title        string          `json:"title"`
	Docs         string          `json:"docs,omitempty"`
	Mode         string          `json:"mode"`
	Destinations []string        `json:"destinations"`
	Facts        [][2]string     `json:"facts"` // name and value
	Config       json.RawMessage `json:"config"`
	Testable     bool            `json:"testable"`
}

// Selection is the body of POST replay and POST discard: ids, or a filter. At
// least one field must be set.
type Selection struct {
	IDs         []string  `json:"ids,omitempty"`
	Endpoint    string    `json:"endpoint,omitempty"`
	Destination string    `json:"destination,omitempty"`
	State       string    `json:"state,omitempty"` // several with commas between them; default: dead, or with ids any that can be changed
	Event       string    `json:"event,omitempty"`
	ID          string    `json:"id,omitempty"` // the event's reference
	Search      string    `json:"q,omitempty"`
	Since       time.Time `json:"since,omitzero"`
	Until       time.Time `json:"until,omitzero"`
	DryRun      bool      `json:"dry_run,omitempty"`
	Limit       int       `json:"limit,omitempty"` // at most so many, up to 10000; default 1000, or all ids
}

// Changed answers POST replay and POST discard. More: the limit was reached,
// and there may be more.
type Changed struct {
	Count  int  `json:"count"`
	More   bool `json:"more"`
	DryRun bool `json:"dry_run,omitempty"`
}

// TestRequest is the body of POST endpoints/{name}/test.
type TestRequest struct {
	Event string          `json:"event,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"` // default: a small object
}

// TestAnswer answers it.
type TestAnswer struct {
	Status  int    `json:"status"`
	Outcome string `json:"outcome"`
	ID      string `json:"id,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// BackupRequest is the body of POST backup.
type BackupRequest struct {
	Path string `json:"path"` // on the server; there must be no file yet
}

// Happening is one event of GET stream; the stream's event name is its Kind.
type Happening struct {
	Kind        string    `json:"kind"` // new, attempt, delivered, dead or refused
	Time        time.Time `json:"time"`
	Endpoint    string    `json:"endpoint"`
	Destination string    `json:"destination,omitempty"`
	Delivery    string    `json:"delivery,omitempty"`
	Reference   string    `json:"reference,omitempty"`
	Event       string    `json:"event,omitempty"`
	Status      int       `json:"status,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Duration    float64   `json:"duration,omitempty"`
}

// Session answers GET session.
type Session struct {
	CSRF string `json:"csrf"` // goes into the header X-CSRF-Token of changes; "": none is needed
}

// Done answers a change that has nothing to say.
type Done struct {
	OK bool `json:"ok"`
}

// Error is the answer to what could not be done.
type Error struct {
	Error string `json:"error"`
}

-- What the store counts, so that nobody has to scan for it. One row.
CREATE TABLE totals (
	id              INTEGER PRIMARY KEY CHECK (id = 1),
	next            INTEGER NOT NULL, -- the id of the next delivery: none is used twice
	events          INTEGER NOT NULL,
	bytes           INTEGER NOT NULL, -- of these events
	unsettled       INTEGER NOT NULL, -- events
	unsettled_bytes INTEGER NOT NULL
);
INSERT INTO totals VALUES (1, 1, 0, 0, 0, 0);

CREATE TABLE destinations (
	id         INTEGER PRIMARY KEY,
	endpoint   TEXT    NOT NULL,
	name       TEXT    NOT NULL,
	pending    INTEGER NOT NULL, -- deliveries, by state
	delivering INTEGER NOT NULL,
	delivered  INTEGER NOT NULL,
	dead       INTEGER NOT NULL,
	UNIQUE (endpoint, name)
);

-- An event has the id of its first delivery; the others' follow it.
CREATE TABLE events (
	id   INTEGER PRIMARY KEY,
	key  BLOB    NOT NULL,
	sum  INTEGER NOT NULL, -- CRC-32C of head and body
	head BLOB    NOT NULL, -- what is known of the request, and its header
	body BLOB    NOT NULL
);

CREATE TABLE deliveries (
	id          INTEGER PRIMARY KEY,
	nth         INTEGER NOT NULL, -- among its event's: 0 for the first
	siblings    INTEGER NOT NULL, -- how many its event has, itself included
	destination INTEGER NOT NULL,
	state       INTEGER NOT NULL, -- 0 pending, 1 delivering, 2 delivered, 3 dead
	attempt     INTEGER NOT NULL,
	spent       INTEGER NOT NULL,
	due         INTEGER,          -- pending: not before; delivering: when the lease ends
	received    INTEGER NOT NULL, -- the event's
	size        INTEGER NOT NULL, -- the event's, bytes
	lane        INTEGER, -- the destination; negative while delivering; NULL when settled, or behind another of its order
	shelf       INTEGER, -- when the event was settled, on the delivery that settled it; plus 2^62 if one is dead
	ordering    INTEGER, -- hash of the order
	number      INTEGER, -- of the last attempt, as are all that follow
	start       INTEGER,
	duration    INTEGER,
	status      INTEGER,
	reason      TEXT,
	error       TEXT,
	answer      BLOB
);
CREATE INDEX lanes  ON deliveries (lane, due) WHERE lane IS NOT NULL;
CREATE INDEX orders ON deliveries (destination, ordering) WHERE ordering IS NOT NULL AND state < 2;
CREATE INDEX shelf  ON deliveries (shelf) WHERE shelf IS NOT NULL;
CREATE INDEX dead   ON deliveries (id) WHERE state = 3;

-- Attempts before the last one.
CREATE TABLE attempts (
	delivery INTEGER NOT NULL,
	number   INTEGER NOT NULL,
	start    INTEGER,
	duration INTEGER NOT NULL,
	status   INTEGER NOT NULL,
	reason   TEXT    NOT NULL,
	error    TEXT    NOT NULL,
	answer   BLOB    NOT NULL,
	PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

-- What was claimed and released lately, in order: lists of key, until, event.
CREATE TABLE claims (
	id   INTEGER PRIMARY KEY,
	list BLOB NOT NULL
);

-- What was claimed before that, and not released: ranges of keys, each with a
-- list like those of claims, in order.
CREATE TABLE keys (
	first INTEGER PRIMARY KEY, -- where the range begins: 8 bytes of a key, less 2^63
	list  BLOB NOT NULL
);

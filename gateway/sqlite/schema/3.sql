-- What was claimed before what is in claims: runs of keys in order, of which the
-- newest one that has a key tells the truth. Ranges of keys before that.
CREATE TABLE runs (
	id    INTEGER PRIMARY KEY,
	age   INTEGER NOT NULL, -- the higher, the newer are its claims
	level INTEGER NOT NULL  -- how often they have been merged
);

ALTER TABLE keys RENAME TO ranges;
CREATE TABLE keys (
	id   INTEGER PRIMARY KEY, -- the run's, times 2^32, plus the page's place in it
	list BLOB NOT NULL        -- like those of claims, but in the order of the keys
);
INSERT INTO keys SELECT (1 << 32) + row_number() OVER (ORDER BY first) - 1, list FROM ranges WHERE length(list) > 0;
INSERT INTO runs SELECT 1, 1, 2 WHERE EXISTS (SELECT 1 FROM keys);
DROP TABLE ranges;

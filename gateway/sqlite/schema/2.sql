-- What a list selects by without reading events: hashes, which are not the
-- proof. NULL is in rows of version 1.
ALTER TABLE deliveries ADD COLUMN reference INTEGER; -- of the event's reference
ALTER TABLE deliveries ADD COLUMN type      INTEGER; -- of the event's type

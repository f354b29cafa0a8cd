-- When an operator replayed the delivery: what its policy allows is counted
-- from then on.
ALTER TABLE deliveries ADD COLUMN replayed INTEGER;

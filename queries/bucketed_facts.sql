-- bucketed_facts.sql: unit facts whose arm is a bucket that the unit fell into at random.
-- Grain:   one row per unit of an analysed arm
-- Reads:   drawn_facts (the facts as they were, of analysed arms)
-- Binds:   $bucket: from the unit's number; $columns: all but the arm, as they were or with an
--          effect added to metrics
-- Returns: arm, the columns
select $bucket as arm, $columns
from drawn_facts

-- drawn_facts.sql: unit facts of analysed arms, kept while `facts` is made again from them.
-- Grain:   one row per unit of an analysed arm
-- Reads:   facts
-- Binds:   $analysed: numbers of the arms
-- Returns: all columns of facts
select facts.*
from facts
where facts.arm in ($analysed)

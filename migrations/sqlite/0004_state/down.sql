DROP TABLE vicishim_intended;
DROP TABLE vicishim_intentions;
ALTER TABLE vicishim_requests DROP COLUMN owner;
ALTER TABLE vicishim_dids DROP COLUMN did_pattern;

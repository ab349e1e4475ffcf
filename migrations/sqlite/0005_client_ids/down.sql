DROP TABLE vicishim_aliases;
DROP INDEX vicishim_tenants_client_id;
ALTER TABLE vicishim_tenants DROP COLUMN client_id;
DROP INDEX vicishim_schedules_client_id;
ALTER TABLE vicishim_schedules DROP COLUMN client_id;
DROP INDEX vicishim_extensions_client_id;
ALTER TABLE vicishim_extensions DROP COLUMN client_id;
DROP INDEX vicishim_dids_client_id;
ALTER TABLE vicishim_dids DROP COLUMN client_id;

DROP TABLE `vicishim_aliases`;
ALTER TABLE `vicishim_tenants` DROP COLUMN `client_id`;
ALTER TABLE `vicishim_schedules` DROP COLUMN `client_id`;
ALTER TABLE `vicishim_extensions` DROP COLUMN `client_id`;
ALTER TABLE `vicishim_dids` DROP COLUMN `client_id`;

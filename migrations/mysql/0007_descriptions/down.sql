ALTER TABLE `vicishim_tenants` DROP COLUMN `country`;
ALTER TABLE `vicishim_tenants` DROP COLUMN `number_form`;
ALTER TABLE `vicishim_dids` DROP COLUMN `description`;

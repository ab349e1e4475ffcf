-- What people write and VICIdial's columns cannot hold: descriptions of more than 50 characters, and how a tenant's new
-- numbers are stored.

ALTER TABLE vicishim_dids ADD COLUMN description TEXT COLLATE utf8_unicode_ci;
ALTER TABLE vicishim_tenants ADD COLUMN number_form VARCHAR(5) COLLATE utf8_unicode_ci;
ALTER TABLE vicishim_tenants ADD COLUMN country INT;

-- The ids that clients give to DIDs, extensions, schedules and tenants, and to what VICIdial has under names of its own.
-- They are compared letter by letter, and none is there twice.

ALTER TABLE vicishim_dids ADD COLUMN client_id VARCHAR(64);
CREATE UNIQUE INDEX vicishim_dids_client_id ON vicishim_dids (client_id);
ALTER TABLE vicishim_extensions ADD COLUMN client_id VARCHAR(64);
CREATE UNIQUE INDEX vicishim_extensions_client_id ON vicishim_extensions (client_id);
ALTER TABLE vicishim_schedules ADD COLUMN client_id VARCHAR(64);
CREATE UNIQUE INDEX vicishim_schedules_client_id ON vicishim_schedules (client_id);
ALTER TABLE vicishim_tenants ADD COLUMN client_id VARCHAR(64);
CREATE UNIQUE INDEX vicishim_tenants_client_id ON vicishim_tenants (client_id);

CREATE TABLE vicishim_aliases (
    alias_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    kind VARCHAR(12) COLLATE utf8_unicode_ci NOT NULL,
    name VARCHAR(101) COLLATE utf8_unicode_ci NOT NULL,
    UNIQUE (client_id),
    UNIQUE (kind, name)
);

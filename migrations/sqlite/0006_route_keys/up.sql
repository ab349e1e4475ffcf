-- The keys with which a dialplan asks where a call goes: of each its digest, and the addresses that it is taken from.
CREATE TABLE vicishim_route_keys (
    key_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name VARCHAR(40) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    networks TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX vicishim_route_keys_name ON vicishim_route_keys (name);
CREATE UNIQUE INDEX vicishim_route_keys_digest ON vicishim_route_keys (digest);

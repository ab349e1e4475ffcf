-- What our tables need to live beside a dialer's database (`--state`): the number to which a DID's settings belong, and the
-- changes of both databases that are under way.

ALTER TABLE vicishim_dids ADD COLUMN did_pattern VARCHAR(50) COLLATE utf8_unicode_ci NOT NULL DEFAULT '';
UPDATE vicishim_dids SET did_pattern =
    COALESCE((SELECT d.did_pattern FROM vicidial_inbound_dids d WHERE d.did_id = vicishim_dids.did_id), '');
INSERT INTO vicishim_dids (did_id, did_pattern)
    SELECT d.did_id, d.did_pattern FROM vicidial_inbound_dids d
    WHERE d.did_id IN (SELECT r.did_id FROM vicishim_did_routes r) AND d.did_id NOT IN (SELECT s.did_id FROM vicishim_dids s);

ALTER TABLE vicishim_requests ADD COLUMN owner VARCHAR(64) NOT NULL DEFAULT '';

CREATE TABLE vicishim_intentions (
    intention_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    owner VARCHAR(64) NOT NULL,
    planned LONGTEXT NOT NULL
);

CREATE TABLE vicishim_intended (
    subject VARCHAR(150) COLLATE utf8_unicode_ci NOT NULL,
    intention_id INT NOT NULL,
    PRIMARY KEY (subject)
);
CREATE INDEX vicishim_intended_intention_id ON vicishim_intended (intention_id);

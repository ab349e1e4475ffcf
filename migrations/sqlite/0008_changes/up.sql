-- What calls have changed, row by row, so that it can be read and taken back.
CREATE TABLE vicishim_changes (
    change_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    changed_at BIGINT NOT NULL,
    user VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL,
    client VARCHAR(64) NOT NULL,
    source VARCHAR(20) COLLATE utf8_unicode_ci NOT NULL,
    function VARCHAR(40) NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    undone_by BIGINT NOT NULL DEFAULT 0,
    undoes TEXT NOT NULL,
    subject VARCHAR(150) NOT NULL,
    detail LONGTEXT NOT NULL
);
CREATE INDEX vicishim_changes_subject ON vicishim_changes (subject);

-- What a change is about beside its first subject, such as `did 7275551212`.
CREATE TABLE vicishim_changed (
    subject VARCHAR(150) NOT NULL,
    change_id BIGINT NOT NULL,
    PRIMARY KEY (subject, change_id)
) WITHOUT ROWID;

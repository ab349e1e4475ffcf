-- The answers to calls that brought a request_id, so that a repeated one is answered as the first and not done again.
CREATE TABLE vicishim_requests (
    user VARCHAR(20) NOT NULL,
    function VARCHAR(40) NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    answered_at BIGINT NOT NULL,
    reply LONGTEXT NOT NULL,
    PRIMARY KEY (user, function, request_id)
);

CREATE INDEX vicishim_requests_answered_at ON vicishim_requests (answered_at);

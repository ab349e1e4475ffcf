DROP TABLE vicishim_requests;

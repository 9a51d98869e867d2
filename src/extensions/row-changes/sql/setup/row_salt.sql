-- Two random UUIDs have 244 random bits.
INSERT INTO audit_row_salt
  SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex');

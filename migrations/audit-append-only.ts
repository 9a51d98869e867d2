/** The statements that let nobody change or remove rows of a table of the log, its owner included. */
export function makeAppendOnly(table: string): readonly string[] {
  return [
    `CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
       FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse_change()`,
    `REVOKE ALL ON ${table} FROM PUBLIC`,
    `REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ${table} FROM CURRENT_USER`,
  ];
}

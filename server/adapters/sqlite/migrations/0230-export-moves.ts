import type { Migration } from '../file/migrate.ts'

/**
 * Exports go through records by their start. A CDR may say that a call started earlier or later than was thought, which would take
 * its record from what is still to be read to what was read, or back: then it would be missing, or come twice. So where a record
 * stood when the export began is noted for as long as that goes on. Starts are corrected once per call, if at all.
 */
export const exportMoves: Migration = {
  version: 230,
  name: 'records that move during an export',
  up: (db) =>
    db.exec(`
CREATE TABLE export_moves (
  export_no INTEGER NOT NULL REFERENCES exports (no) ON DELETE CASCADE,
  started_at_ms INTEGER NOT NULL,
  call_no INTEGER NOT NULL,
  PRIMARY KEY (export_no, started_at_ms, call_no),
  UNIQUE (export_no, call_no)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER call_records_moved AFTER UPDATE OF started_at_ms ON call_records
  WHEN new.started_at_ms <> old.started_at_ms BEGIN
  INSERT INTO export_moves (export_no, started_at_ms, call_no)
    SELECT no, old.started_at_ms, old.no FROM exports WHERE state = 'running' AND tenant_no = old.tenant_no AND last_no >= old.no
    ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER exports_over AFTER UPDATE OF state ON exports WHEN old.state = 'running' AND new.state <> 'running' BEGIN
  DELETE FROM export_moves WHERE export_no = old.no;
END;`),
}

import type { Migration } from '../file/migrate.ts'

const addNumbers = `
  INSERT INTO call_numbers (tenant_no, number) VALUES (new.tenant_no, new.from_number), (new.tenant_no, new.to_number)
  ON CONFLICT DO NOTHING;`
const dropNumbers = `
  DELETE FROM call_numbers WHERE tenant_no = old.tenant_no AND number IN (old.from_number, old.to_number)
  AND NOT EXISTS (SELECT 1 FROM call_records c WHERE c.is_pending = 0 AND c.tenant_no = call_numbers.tenant_no AND c.from_number = call_numbers.number)
  AND NOT EXISTS (SELECT 1 FROM call_records c WHERE c.is_pending = 0 AND c.tenant_no = call_numbers.tenant_no AND c.to_number = call_numbers.number);`

/**
 * A settled call that goes on is no longer among those whose numbers are searched by their parts. When it is erased before it is
 * settled again, nothing else would drop them.
 */
export const reopenedCalls: Migration = {
  version: 235,
  name: 'numbers of calls that go on again',
  up: (db) =>
    db.exec(`
CREATE TRIGGER call_records_reopened AFTER UPDATE OF is_pending ON call_records
  WHEN old.is_pending = 0 AND new.is_pending = 1 BEGIN ${dropNumbers}
END;
DROP TRIGGER call_records_renumbered;
CREATE TRIGGER call_records_renumbered AFTER UPDATE OF from_number, to_number ON call_records
  WHEN old.is_pending = 0 AND new.is_pending = 0 AND (new.from_number <> old.from_number OR new.to_number <> old.to_number)
  BEGIN ${addNumbers} ${dropNumbers}
END;`),
}

/** A value of one field of one record; null where the record has none. */
export type Cell = string | number | null

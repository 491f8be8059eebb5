import type { TObject, TSchema } from 'typebox'
import type { Role } from '../vocabulary.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * One thing the control plane can do. Types, validation, REST routes, OpenAPI and the IPC surface follow from it.
 * Path parameters (`:id`), query (GET, DELETE) and body are one flat input.
 */
export interface Operation {
  readonly method: Method
  readonly path: string
  /** The least role that may call it. `owner` is the site; `admin` and `analyst` hold for one tenant or all. */
  readonly access: Role
  readonly summary: string
  readonly input: TObject
  /** Absent: answers 204 without a body. */
  readonly output?: TSchema
  /** HTTP status of success; 200, or 204 without output, unless said. */
  readonly status?: 200 | 201 | 202
  /** `output` names a file, which HTTP sends in its place. */
  readonly isFile?: true
  /** Concerns who asks, and nothing else: who is bound to one tenant may do it although it names none. */
  readonly isOwn?: true
}

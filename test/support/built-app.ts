import { root } from '../../scripts/machine.ts'

/** The built app that the end-to-end tests drive: a folder with `out/` in it. */
export const builtApp = process.env.SWITCHYARD_TEST_APP_FOLDER ?? root

import { describe } from 'vitest'
import { capsHold } from './caps.suite.ts'

describe('a cap, counted by one process', () => capsHold(() => Promise.resolve({})))

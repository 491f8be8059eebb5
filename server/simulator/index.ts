export { startFakeApi, type ApiRequest, type FakeApi, type FakeApiSettings } from './fake-api.ts'
export { randomFaults, type Fault } from './fake-api-faults.ts'
export { createRandom } from './chance.ts'
export { createSessionBook, type SessionBook } from './session-book.ts'
export { readCxml } from './read-cxml.ts'
export type { PlayedCall } from './played-call.ts'
export { printSummary } from './print-summary.ts'
export {
  runSimulation,
  startSimulation,
  type Hooks,
  type Progress,
  type Simulation,
  type Target,
} from './run-simulation.ts'
export { parseScenario, ScenarioError, type Scenario, type ScenarioInput } from './scenario.ts'
export { isGood, type Summary } from './summary.ts'
export { assertListening } from './assert-listening.ts'
export type { ControlPlaneAccess } from './control-plane.ts'
export { fetchExpectations } from './expectations.ts'
export { judgeShares } from './judge-shares.ts'
export { verifyCalls, type Mismatch, type Verification } from './verify.ts'
export { planHistory, type History, type HistoryRange } from './history/plan-history.ts'
export type { HistoryUnit } from './history/in-full.ts'
export type { HistorySite } from './history/site.ts'

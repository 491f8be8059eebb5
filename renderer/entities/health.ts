import { useOperation } from '../client/use-client.ts'

/** Whether everything works, and the counters. Events renew it; asking now and then covers a stream that is down. */
export const useHealth = () => useOperation('system.health', {}, { refetchInterval: 10_000 })

export const useSystemInfo = () => useOperation('system.info', {}, { staleTime: 300_000 })

import { useCallback, useEffect, useMemo, useReducer, useState } from 'react';

import type { MonitoringSnapshot } from '../../../../shared/contracts/monitoring';
import {
  useGetIoEventLogQuery,
  useGetIoMonitoringStatsQuery,
  useLazyGetIoStatsQuery,
} from '../../../api/monitoring';
import type { RequestError } from '../../../utils/use-error-text';
import { usePolled } from '../../../utils/use-polled';
import { emptyLog, type EventLog, eventLogReducer } from './event-log';
import { liveSource, type MonitoringSource, restSource } from './source';
import { useWatch } from './use-watch';

/** `polling`: there is no live connection, REST is asked every now and then. */
export type Mode = 'connecting' | 'live' | 'polling';

/** A connection that takes longer is not waited for. */
const PATIENCE = 4_000;

const POLLING_INTERVAL = 5_000;

export interface Monitoring {
  mode: Mode;
  snapshot: MonitoringSnapshot | null;
  log: EventLog;
  /** Null until it is known where from. */
  source: MonitoringSource | null;
  /** The socket of this browser tab, which is one of those that are listed. */
  ownId: string | null;
  /** What went wrong when REST was asked last. */
  error: RequestError | undefined;
  /** Asks REST again at once. */
  retry: () => void;
}

/** True once `waiting` has been so for a while. */
function useImpatience(waiting: boolean): boolean {
  const [impatient, setImpatient] = useState(false);
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setTimeout(() => setImpatient(true), PATIENCE);
    return () => {
      clearTimeout(timer);
      setImpatient(false);
    };
  }, [waiting]);
  return impatient;
}

/** The figures and the log, asked for over REST. */
function useRest(polling: boolean) {
  const stats = usePolled(useGetIoMonitoringStatsQuery, POLLING_INTERVAL, polling);
  const log = usePolled(useGetIoEventLogQuery, POLLING_INTERVAL, polling);
  const { refetch } = stats;
  return { stats: stats.data, log: log.data, error: stats.error ?? log.error, refetch };
}

/** All that the page shows: live while there is a connection, else from REST. */
export function useMonitoring(): Monitoring {
  const [snapshot, setSnapshot] = useState<MonitoringSnapshot | null>(null);
  const [log, tellLog] = useReducer(eventLogReducer, emptyLog);

  const { live, socket, pending } = useWatch({
    onSnapshot: setSnapshot,
    onHistory: useCallback((entries) => tellLog({ type: 'merge', entries }), []),
    onLog: useCallback(({ entries, dropped }) => tellLog({ type: 'append', entries, dropped }), []),
  });
  const impatient = useImpatience(pending);
  const mode = live !== null ? 'live' : pending && !impatient ? 'connecting' : 'polling';

  const rest = useRest(mode === 'polling');
  const { stats } = rest;
  useEffect(() => {
    // The first one may be from the last time it was asked.
    if (stats !== undefined) {
      setSnapshot((last) => (last !== null && last.timestamp > stats.timestamp ? last : stats));
    }
  }, [stats]);
  useEffect(() => {
    if (rest.log !== undefined) tellLog({ type: 'merge', entries: rest.log });
  }, [rest.log]);

  // Whoever resets, here or elsewhere, empties the log.
  const lastReset = snapshot?.events.lastReset;
  useEffect(() => {
    if (lastReset !== undefined) tellLog({ type: 'reset', at: lastReset });
  }, [lastReset]);

  const [fetchStats] = useLazyGetIoStatsQuery();
  const source = useMemo(() => {
    if (live !== null) return liveSource(live);
    return mode === 'polling' ? restSource(() => fetchStats().unwrap()) : null;
  }, [live, mode, fetchStats]);

  return {
    mode,
    snapshot,
    log,
    source,
    ownId: socket?.id ?? null,
    error: mode === 'polling' ? rest.error : undefined,
    retry: () => void rest.refetch(),
  };
}

import { useEffect, useState } from 'react';
import type { Socket } from 'socket.io-client';

import type {
  MonitoringAcks,
  MonitoringEnded,
  MonitoringLog,
  MonitoringSnapshot,
} from '../../../../shared/contracts/monitoring';
import type { EventLogEntry } from '../../../../shared/monitoring';
import { useAdminSocket } from '../../../socket';

const ANSWER_TIMEOUT = 10_000;

/** Figures come every second. Without any for so long, the connection is not what it seems. */
const SILENCE = 6_000;

export interface WatchHandlers {
  onSnapshot: (snapshot: MonitoringSnapshot) => void;
  /** The end of the log as it stands: some of it may be known. */
  onHistory: (entries: EventLogEntry[]) => void;
  onLog: (log: MonitoringLog) => void;
}

export interface Watch {
  /** The socket, while it tells the figures. */
  live: Socket | null;
  /** The panel's socket, whatever it does. */
  socket: Socket | null;
  /** Whether an attempt is under way that may yet bring the figures. */
  pending: boolean;
}

/** Listens to what is told of the monitoring over the panel's socket, as long as it is shown. */
export function useWatch({ onSnapshot, onHistory, onLog }: WatchHandlers): Watch {
  const { socket, status } = useAdminSocket();
  const [live, setLive] = useState<Socket | null>(null);
  const [refused, setRefused] = useState(false);

  useEffect(() => {
    if (socket === null || status !== 'connected') return undefined;
    let silence: ReturnType<typeof setTimeout>;
    let over = false;

    const end = (): void => {
      setRefused(true);
      setLive(null);
    };
    const alive = (): void => {
      clearTimeout(silence);
      silence = setTimeout(end, SILENCE);
      setRefused(false);
      setLive(socket);
    };
    const hear = (snapshot: MonitoringSnapshot): void => {
      alive();
      onSnapshot(snapshot);
    };
    const ended = (_: MonitoringEnded): void => {
      clearTimeout(silence);
      end();
    };

    socket.on('monitoring:stats', hear);
    socket.on('monitoring:log', onLog);
    socket.on('monitoring:ended', ended);
    // Not a promise: what comes right after the answer must find it taken in.
    socket
      .timeout(ANSWER_TIMEOUT)
      .emit(
        'monitoring:watch',
        {},
        (error: Error | null, answer: MonitoringAcks['monitoring:watch']) => {
          if (over) return;
          if (error !== null || !answer.success) return end();
          onHistory(answer.log);
          hear(answer.stats);
        },
      );

    return () => {
      over = true;
      clearTimeout(silence);
      socket.off('monitoring:stats', hear);
      socket.off('monitoring:log', onLog);
      socket.off('monitoring:ended', ended);
      if (socket.connected) socket.emit('monitoring:unwatch', {}, () => undefined);
      setLive(null);
      setRefused(false);
    };
  }, [socket, status, onSnapshot, onHistory, onLog]);

  return { live, socket, pending: live === null && status !== 'offline' && !refused };
}

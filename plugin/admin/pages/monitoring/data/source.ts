/** Where the lists come from: asked for over the socket, or made from what REST tells. */
import type { Socket } from 'socket.io-client';

import type {
  GetStats,
  ListRequest,
  MonitoredSocket,
  MonitoringAcks,
} from '../../../../shared/contracts/monitoring';
import type { RoomStats } from '../../../../shared/monitoring';
import { request } from '../../../socket';
import { paginate, type Page } from './paginate';

export interface SubscriptionCount {
  uid: string;
  count: number;
}

/** What a list knows of a socket; REST does not tell all. */
export type ListedSocket = Omit<MonitoredSocket, 'transport'> & {
  transport: MonitoredSocket['transport'] | null;
};

export interface MonitoringSource {
  sockets(query: ListRequest): Promise<Page<ListedSocket>>;
  rooms(query: ListRequest): Promise<Page<RoomStats>>;
  subscriptions(query: ListRequest): Promise<Page<SubscriptionCount>>;
  /** Milliseconds between two refreshes of a list. */
  every: number;
}

type Answer<Event extends keyof MonitoringAcks> = Extract<MonitoringAcks[Event], { success: true }>;

/** Asks over the socket; rejects with why it was refused. */
async function ask<Event extends keyof MonitoringAcks>(
  socket: Socket,
  event: Event,
  query: ListRequest | object = {},
): Promise<Answer<Event>> {
  const answer = await request<Answer<Event>>(socket, event, query);
  if (!answer.success) throw new Error(answer.error);
  return answer;
}

const listSubscriptions = (byContentType: Record<string, number>, query: ListRequest) =>
  paginate(
    Object.entries(byContentType)
      .map(([uid, count]) => ({ uid, count }))
      .sort((a, b) => b.count - a.count || a.uid.localeCompare(b.uid)),
    query,
    ({ uid }) => [uid],
  );

export const liveSource = (socket: Socket): MonitoringSource => ({
  async sockets(query) {
    const { sockets, pagination } = await ask(socket, 'monitoring:sockets', query);
    return { rows: sockets, pagination };
  },
  async rooms(query) {
    const { rooms, pagination } = await ask(socket, 'monitoring:rooms', query);
    return { rows: rooms, pagination };
  },
  async subscriptions(query) {
    const { byContentType } = await ask(socket, 'monitoring:subscriptions');
    return listSubscriptions(byContentType, query);
  },
  every: 2_000,
});

type Stats = GetStats['Response']['data'];

export const restSource = (fetchStats: () => Promise<Stats>): MonitoringSource => ({
  async sockets(query) {
    const { connections } = await fetchStats();
    const sockets = connections.sockets.map((socket) => ({
      ...socket,
      transport: null,
      connectedAt: Date.parse(socket.handshake.time),
      admin: null,
      node: null,
    }));
    return paginate(sockets, query, ({ id, user, rooms, handshake }) => [
      id,
      user?.username ?? '',
      handshake.address,
      ...rooms,
    ]);
  },
  async rooms(query) {
    const { connections } = await fetchStats();
    const fullestFirst = [...connections.rooms].sort((a, b) => b.members - a.members);
    return paginate(fullestFirst, query, ({ name }) => [name]);
  },
  async subscriptions(query) {
    const { connections } = await fetchStats();
    return listSubscriptions(connections.entitySubscriptions.byContentType, query);
  },
  every: 5_000,
});

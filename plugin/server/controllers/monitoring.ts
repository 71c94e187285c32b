import type {
  DisconnectSocket,
  GetEventLog,
  GetMonitoringStats,
  GetStats,
  ResetStats,
  SendTestEvent,
} from '../../shared/contracts/monitoring';
import type { ServiceContext } from '../types';
import { getService } from '../utils/get-service';
import { parseDisconnection, parseEventLogQuery, parseTestEvent } from '../validation/requests';
import { type Context, respond } from './respond';

const createMonitoringController = ({ strapi }: ServiceContext) => {
  const monitoring = () => getService(strapi, 'monitoring');
  type Data<C extends { Response: { data: unknown } }> = C['Response']['data'];

  return {
    stats: (ctx: Context): Promise<void> =>
      respond<Data<GetStats>>(ctx, () => ({
        connections: monitoring().getConnectionStats(),
        events: monitoring().getEventStats(),
      })),

    summary: (ctx: Context): Promise<void> =>
      respond<Data<GetMonitoringStats>>(ctx, () => monitoring().snapshot()),

    eventLog: (ctx: Context): Promise<void> =>
      respond<Data<GetEventLog>>(ctx, () =>
        monitoring().getEventLog(parseEventLogQuery(ctx.query).limit),
      ),

    sendTestEvent: (ctx: Context): Promise<void> =>
      respond<Data<SendTestEvent>>(ctx, () => {
        const { eventName, data } = parseTestEvent(ctx.request.body);
        return monitoring().sendTestEvent(eventName, data);
      }),

    resetStats: (ctx: Context): Promise<void> =>
      respond<Data<ResetStats>>(ctx, () => {
        monitoring().resetStats();
        return monitoring().getEventStats();
      }),

    disconnect: (ctx: Context): Promise<void> | void => {
      const { id } = ctx.params as { id: string };
      if (!getService(strapi, 'server').io().of('/').sockets.has(id)) {
        (ctx.notFound as (message: string) => void)(
          `There is no socket ${JSON.stringify(id)} on this node`,
        );
        return;
      }
      return respond<Data<DisconnectSocket>>(ctx, () => {
        const { reason } = parseDisconnection(ctx.request.body);
        strapi.$io.disconnectSocket(id, reason);
        return { id };
      });
    },
  };
};

export default createMonitoringController;

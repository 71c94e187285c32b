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
  const lists = () => getService(strapi, 'monitoring-lists');
  type Data<C extends { Response: { data: unknown } }> = C['Response']['data'];

  return {
    stats: (ctx: Context): Promise<void> =>
      respond<Data<GetStats>>(ctx, async () => ({
        connections: await lists().connections(),
        events: monitoring().getEventStats(),
      })),

    summary: (ctx: Context): Promise<void> =>
      respond<Data<GetMonitoringStats>>(ctx, () => monitoring().snapshot()),

    eventLog: (ctx: Context): Promise<void> =>
      respond<Data<GetEventLog>>(ctx, () => lists().log(parseEventLogQuery(ctx.query).limit)),

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

    async disconnect(ctx: Context): Promise<void> {
      const { id } = ctx.params as { id: string };
      let isFound = true;
      await respond<Data<DisconnectSocket>>(ctx, async () => {
        const { reason } = parseDisconnection(ctx.request.body);
        isFound = await getService(strapi, 'helpers').disconnect(id, reason);
        return { id };
      });
      if (isFound) return;
      (ctx.notFound as (message: string) => void)(`There is no socket ${JSON.stringify(id)}`);
    },
  };
};

export default createMonitoringController;

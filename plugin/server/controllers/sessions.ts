import type {
  InvalidateSessionsResponse,
  SessionStatsResponse,
} from '../../shared/contracts/presence';
import type { AdminContext, ServiceContext } from '../types';
import { getService } from '../utils/get-service';

/** The session tokens of admins, for those who watch over them. */
const createSessionsController = ({ strapi }: ServiceContext) => ({
  async stats(ctx: AdminContext): Promise<void> {
    const body: SessionStatsResponse = {
      data: await getService(strapi, 'admin-sessions').stats(),
    };
    ctx.body = body;
  },

  async invalidate(ctx: AdminContext): Promise<void> {
    const { userId: text } = ctx.params as { userId: string };
    const userId = Number(text);
    if (!/^[1-9]\d*$/.test(text) || !Number.isSafeInteger(userId)) {
      return ctx.badRequest(`userId ${JSON.stringify(text)} is not the id of an admin`);
    }
    const count = await getService(strapi, 'admin-sessions').invalidate(userId);
    const message = `Successfully invalidated ${count} session(s)`;
    const body: InvalidateSessionsResponse = {
      data: { userId, invalidatedSessions: count, message },
    };
    ctx.body = body;
  },
});

export default createSessionsController;

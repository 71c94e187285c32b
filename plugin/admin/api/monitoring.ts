/** The endpoints of the monitoring page and the widgets. */
import { adminApi } from '@strapi/strapi/admin';

import type {
  DisconnectSocket,
  GetEventLog,
  GetMonitoringStats,
  GetStats,
  ResetStats,
  SendTestEvent,
} from '../../shared/contracts/monitoring';
import type { OnlineAdminsResponse } from '../../shared/contracts/presence';
import { type Data, dataOf } from './answer';

const monitoringApi = adminApi.enhanceEndpoints({ addTagTypes: ['IoMonitoring'] }).injectEndpoints({
  endpoints: (build) => ({
    getIoMonitoringStats: build.query<Data<GetMonitoringStats>, void>({
      query: () => '/io/monitoring/stats',
      transformResponse: dataOf<Data<GetMonitoringStats>>,
      providesTags: ['IoMonitoring'],
    }),
    /** Names up to 1,000 sockets and as many rooms: for where there is no live connection. */
    getIoStats: build.query<Data<GetStats>, void>({
      query: () => '/io/stats',
      transformResponse: dataOf<Data<GetStats>>,
    }),
    getIoEventLog: build.query<Data<GetEventLog>, void>({
      query: () => '/io/event-log?limit=200',
      transformResponse: dataOf<Data<GetEventLog>>,
      providesTags: ['IoMonitoring'],
    }),
    getIoOnlineAdmins: build.query<OnlineAdminsResponse['data'], void>({
      query: () => '/io/presence/online',
      transformResponse: dataOf<OnlineAdminsResponse['data']>,
    }),
    sendIoTestEvent: build.mutation<Data<SendTestEvent>, SendTestEvent['Request']>({
      query: (data) => ({ url: '/io/test-event', method: 'POST', data }),
      transformResponse: dataOf<Data<SendTestEvent>>,
    }),
    resetIoStats: build.mutation<Data<ResetStats>, void>({
      query: () => ({ url: '/io/reset-stats', method: 'POST', data: {} }),
      transformResponse: dataOf<Data<ResetStats>>,
      invalidatesTags: ['IoMonitoring'],
    }),
    disconnectIoSocket: build.mutation<
      Data<DisconnectSocket>,
      { id: string } & DisconnectSocket['Request']
    >({
      query: ({ id, ...data }) => ({
        url: `/io/sockets/${encodeURIComponent(id)}/disconnect`,
        method: 'POST',
        data,
      }),
      transformResponse: dataOf<Data<DisconnectSocket>>,
      invalidatesTags: ['IoMonitoring'],
    }),
  }),
});

export const {
  useGetIoMonitoringStatsQuery,
  useLazyGetIoStatsQuery,
  useGetIoEventLogQuery,
  useGetIoOnlineAdminsQuery,
  useSendIoTestEventMutation,
  useResetIoStatsMutation,
  useDisconnectIoSocketMutation,
} = monitoringApi;

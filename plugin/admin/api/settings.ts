/** The settings page's requests. */
import { adminApi } from '@strapi/strapi/admin';

import type {
  GetContentTypes,
  GetRoles,
  GetSettings,
  TestRedis,
  UpdateSettings,
} from '../../shared/contracts/settings';

type Data<C extends { Response: { data: unknown } }> = C['Response']['data'];

const data = <T>(response: { data: T }): T => response.data;

// The names are shared with Strapi and all its plugins. Nothing outlives the page: what another
// admin saved in the meantime must not be hidden by what was seen before.
const settingsApi = adminApi.injectEndpoints({
  endpoints: (build) => ({
    getSocketIoSettings: build.query<Data<GetSettings>, void>({
      query: () => '/io/settings',
      transformResponse: data<Data<GetSettings>>,
      keepUnusedDataFor: 0,
    }),
    getSocketIoContentTypes: build.query<Data<GetContentTypes>, void>({
      query: () => '/io/content-types',
      transformResponse: data<Data<GetContentTypes>>,
      keepUnusedDataFor: 0,
    }),
    getSocketIoRoles: build.query<Data<GetRoles>, void>({
      query: () => '/io/roles',
      transformResponse: data<Data<GetRoles>>,
      keepUnusedDataFor: 0,
    }),
    updateSocketIoSettings: build.mutation<Data<UpdateSettings>, UpdateSettings['Request']>({
      query: (patch) => ({ url: '/io/settings', method: 'PUT', data: patch }),
      transformResponse: data<Data<UpdateSettings>>,
      // The answer is the state after the change: no need to ask for it again.
      onQueryStarted: async (_patch, { dispatch, queryFulfilled }) => {
        try {
          const { settings, sources, restartRequired } = (await queryFulfilled).data;
          const state = { settings, sources, restartRequired };
          dispatch(settingsApi.util.updateQueryData('getSocketIoSettings', undefined, () => state));
        } catch {
          // Whoever asked for the change is told.
        }
      },
    }),
    testSocketIoRedis: build.mutation<Data<TestRedis>, TestRedis['Request']>({
      query: (body) => ({ url: '/io/redis/test', method: 'POST', data: body }),
      transformResponse: data<Data<TestRedis>>,
    }),
  }),
});

export const {
  useGetSocketIoSettingsQuery,
  useGetSocketIoContentTypesQuery,
  useGetSocketIoRolesQuery,
  useUpdateSocketIoSettingsMutation,
  useTestSocketIoRedisMutation,
} = settingsApi;

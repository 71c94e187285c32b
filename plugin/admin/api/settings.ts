/** The settings page's requests. */
import { adminApi } from '@strapi/strapi/admin';

import type {
  GetContentTypes,
  GetRoles,
  GetSettings,
  TestRedis,
  UpdateSettings,
} from '../../shared/contracts/settings';
import { type Data, dataOf } from './answer';

// The names are shared with Strapi and all its plugins. Nothing outlives the page: what another
// admin saved in the meantime must not be hidden by what was seen before.
const settingsApi = adminApi.injectEndpoints({
  endpoints: (build) => ({
    getIoSettings: build.query<Data<GetSettings>, void>({
      query: () => '/io/settings',
      transformResponse: dataOf<Data<GetSettings>>,
      keepUnusedDataFor: 0,
    }),
    getIoContentTypes: build.query<Data<GetContentTypes>, void>({
      query: () => '/io/content-types',
      transformResponse: dataOf<Data<GetContentTypes>>,
      keepUnusedDataFor: 0,
    }),
    getIoRoles: build.query<Data<GetRoles>, void>({
      query: () => '/io/roles',
      transformResponse: dataOf<Data<GetRoles>>,
      keepUnusedDataFor: 0,
    }),
    updateIoSettings: build.mutation<Data<UpdateSettings>, UpdateSettings['Request']>({
      query: (patch) => ({ url: '/io/settings', method: 'PUT', data: patch }),
      transformResponse: dataOf<Data<UpdateSettings>>,
      // The answer is the state after the change: no need to ask for it again.
      onQueryStarted: async (_patch, { dispatch, queryFulfilled }) => {
        try {
          const { settings, sources, restartRequired, notices } = (await queryFulfilled).data;
          const state = { settings, sources, restartRequired, notices };
          dispatch(settingsApi.util.updateQueryData('getIoSettings', undefined, () => state));
        } catch {
          // Whoever asked for the change is told.
        }
      },
    }),
    testIoRedis: build.mutation<Data<TestRedis>, TestRedis['Request']>({
      query: (body) => ({ url: '/io/redis/test', method: 'POST', data: body }),
      transformResponse: dataOf<Data<TestRedis>>,
    }),
  }),
});

export const {
  useGetIoSettingsQuery,
  useGetIoContentTypesQuery,
  useGetIoRolesQuery,
  useUpdateIoSettingsMutation,
  useTestIoRedisMutation,
} = settingsApi;

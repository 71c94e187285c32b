/** The settings page's endpoints under `/io`. */
import type { Settings, SettingSource, SettingsPatch } from '../settings';

/** Bad input: status 400, `error.details.errors` names each problem. */
export interface InvalidInput {
  path: string;
  message: string;
}

/** Something that is stored or written in config/plugins and is not in force. */
export interface SettingsNotice {
  source: 'stored' | 'file';
  /** Empty for the whole of the settings. */
  path: string;
  /** Why, and what is in force instead. */
  message: string;
}

/** GET /io/settings */
export interface GetSettings {
  Response: {
    data: {
      /** The password of `redis.url` is hidden; sent back as it is, it stays what it was. */
      settings: Settings;
      /** By path; those from the file cannot be changed here. */
      sources: Record<string, SettingSource>;
      /** Settings that are stored and take effect when Strapi starts again. */
      restartRequired: string[];
      /** Empty when everything that is stored or written is in force. */
      notices: SettingsNotice[];
    };
  };
}

/** PUT /io/settings */
export interface UpdateSettings {
  Request: SettingsPatch;
  Response: {
    data: GetSettings['Response']['data'] & {
      /** The paths whose value is another one now. */
      changed: string[];
    };
  };
}

/** GET /io/content-types */
export interface GetContentTypes {
  Response: {
    data: Array<{
      uid: string;
      displayName: string;
      kind: 'collectionType' | 'singleType';
      draftAndPublish: boolean;
      /** What its events are called before any custom name: `article` of `article:create`. */
      eventPrefix: string;
    }>;
  };
}

/** GET /io/roles: those of the users-permissions plugin. */
export interface GetRoles {
  Response: { data: Array<{ id: number | string; name: string; type: string }> };
}

/** POST /io/redis/test */
export interface TestRedis {
  /** Without a URL, the one of the settings. */
  Request: { url?: string };
  Response: { data: { success: boolean; error: string | null } };
}

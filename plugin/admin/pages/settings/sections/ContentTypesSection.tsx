import { RolePermissions } from './RolePermissions';
import { WatchedTypes } from './WatchedTypes';

export const ContentTypesSection = () => (
  <>
    <WatchedTypes />
    <RolePermissions />
  </>
);

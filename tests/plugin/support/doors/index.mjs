// Every door to content, by what it leads to.
import {
  contentManager,
  contentManagerInBulk,
  documentService,
  graphql,
  queryEngine,
  queryEngineInBulk,
  rest,
} from './entries.mjs';
import { filesGraphql, filesRest, mediaLibrary, mediaLibraryInBulk } from './files.mjs';
import { usersGraphql, usersPermissions, usersRest } from './users.mjs';

const all = { 'Document Service': documentService, 'query engine': queryEngine };
const many = { 'query engine, in bulk': queryEngineInBulk };

export const doors = {
  collection: {
    ...all,
    ...many,
    REST: rest,
    GraphQL: graphql,
    'Content Manager': contentManager,
    'Content Manager, in bulk': contentManagerInBulk,
  },
  single: { ...all, REST: rest, GraphQL: graphql, 'Content Manager': contentManager },
  user: {
    ...all,
    ...many,
    REST: usersRest,
    GraphQL: usersGraphql,
    'Content Manager': contentManager,
    'Content Manager, in bulk': contentManagerInBulk,
    'users-permissions': usersPermissions,
  },
  file: {
    ...all,
    ...many,
    REST: filesRest,
    GraphQL: filesGraphql,
    'Media Library': mediaLibrary,
    'Media Library, in bulk': mediaLibraryInBulk,
  },
};

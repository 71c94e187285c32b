import type { SanitizerAttribute, SanitizerModel } from '../../socket-io/native';
import type { Strapi } from '../types';

/** The parts of a schema the sanitizer asks for, of content types and components alike. */
export interface Schema {
  options?: { privateAttributes?: readonly string[]; populateCreatorFields?: unknown };
  attributes: Record<string, Attribute>;
}

interface Attribute {
  type: string;
  private?: boolean;
  relation?: string;
  target?: string;
  component?: string;
}

const describeAttribute = ([name, attribute]: [string, Attribute]): SanitizerAttribute => ({
  name,
  type: attribute.type,
  private: attribute.private === true,
  relation: attribute.relation ?? null,
  target: attribute.target ?? null,
  component: attribute.component ?? null,
});

/**
 * Every schema there is, with what makes its fields private. All of them, because a morph relation
 * or a dynamic zone may hold anything. To be read when plugins have had their say about schemas:
 * from bootstrap on.
 */
export function describeModels(strapi: Strapi): SanitizerModel[] {
  const everywhere = strapi.config.get<readonly string[] | null>(
    'api.responses.privateAttributes',
    [],
  );
  const schemas = { ...strapi.components, ...strapi.contentTypes } as unknown as Record<
    string,
    Schema
  >;
  return Object.entries(schemas).map(([uid, { options, attributes }]) => ({
    uid,
    privateAttributes: [...(everywhere ?? []), ...(options?.privateAttributes ?? [])],
    populateCreatorFields: Boolean(options?.populateCreatorFields),
    attributes: Object.entries(attributes).map(describeAttribute),
  }));
}

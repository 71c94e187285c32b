/** Where in a form a path leads, and what the edit view calls the fields on the way. */

interface Field {
  name: string;
  label: string;
  attribute: { type: string; component?: string };
}

/** The layout of an edit view, as far as fields are found in it. */
export interface Layout {
  layout: Field[][][];
  components: Record<string, { layout: Field[][]; settings: { displayName?: string } }>;
}

/** A name on the way: its label in the layout, and the key of a translation some applications have. */
export interface Label {
  label: string;
  key: string | null;
}

export interface FieldPlace {
  /** Of the innermost field: `content` for a change at `content.0.children`. */
  path: string;
  labels: Label[];
}

const valueAt = (values: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], values);

const isIndex = (segment: string | undefined): boolean => /^\d+$/.test(segment ?? '');

/** The component at a path: its type says which, in a dynamic zone only the value does. */
function componentAt({ attribute }: Field, values: unknown, path: string[]): string | undefined {
  if (attribute.type === 'component') return attribute.component;
  if (attribute.type !== 'dynamiczone') return undefined;
  const value = valueAt(values, path) as { __component?: string } | null | undefined;
  return value?.__component;
}

/** Follows a path as far as layout and values know it; null if not even its first field is known. */
export function findField(
  uid: string,
  { layout, components }: Layout,
  values: unknown,
  path: string,
): FieldPlace | null {
  const segments = path.split('.');
  const labels: Label[] = [];
  let fields = layout.flat(2);
  let scope = `content-types.${uid}`;
  let end = 0;
  while (end < segments.length) {
    const field = fields.find(({ name }) => name === segments[end]);
    if (field === undefined) break;
    labels.push({ label: field.label, key: `content-manager.${scope}.${field.name}` });
    end +=
      isIndex(segments[end + 1]) && /^(component|dynamiczone)$/.test(field.attribute.type) ? 2 : 1;
    const inner = componentAt(field, values, segments.slice(0, end));
    const component = inner === undefined ? undefined : components[inner];
    if (inner === undefined || component === undefined) break;
    if (field.attribute.type === 'dynamiczone') {
      labels.push({ label: component.settings.displayName ?? inner, key: null });
    }
    fields = component.layout.flat();
    scope = `components.${inner}`;
  }
  return labels.length === 0 ? null : { path: segments.slice(0, end).join('.'), labels };
}

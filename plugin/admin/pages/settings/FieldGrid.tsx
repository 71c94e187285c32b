import { Children, type ReactNode } from 'react';
import { Grid } from '@strapi/design-system';

/** Fields in two columns, in one where there is no room for two. */
export const FieldGrid = ({ children }: { children: ReactNode }) => (
  <Grid.Root gap={6}>
    {Children.map(children, (child) => (
      <Grid.Item col={6} s={12} xs={12} direction="column" alignItems="stretch">
        {child}
      </Grid.Item>
    ))}
  </Grid.Root>
);
